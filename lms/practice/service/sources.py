"""Where cards come from, and what else the ledger means for them: modules done, questions repaired or moved."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from lms import clock
from lms.catalog import bank_queries
from lms.catalog import queries as catalog
from lms.db import db
from lms.learning import service as learning
from lms.learning.models import Enrollment
from lms.learning.pause_queries import paused as paused_now
from lms.people.models import User
from lms.policy import later, practice
from lms.policy.item_states import ItemState
from lms.policy.items import SCORED_BY_PERSON, Item, ItemType
from lms.policy.lint.finding import items_of
from lms.policy.outline import Assessment, Chunk, Module, Purpose
from lms.policy.practice import CardState, Kind
from lms.practice import queries
from lms.practice.models import PracticeCard, PracticeEntry, PracticeSource
from lms.practice.service import card_log, moving
from lms.statements.models import LedgerEntry

MOST_PER_MODULE = 10
# To be asked by itself, a question must be answered in one go and say at once what the answer is worth.
NOT_ASKED = frozenset({ItemType.SCENARIO}) | SCORED_BY_PERSON
# Applying something comes back sooner than naming it.
APPLIES = frozenset({ItemType.JUDGMENT, ItemType.BEST_WORST, ItemType.RANKING, ItemType.CALCULATED, ItemType.ORDER})


def take_source(entry_seq: int, at: datetime) -> int:
    """Do to cards what an entry of the ledger means for them, once for each entry; how many cards it touched.

    A completed module makes cards of its questions. What a later check did not find any more comes back. A repaired
    question's answers count no more. A question that goes back to draft rests, a retired one is asked no more. Cards
    follow their course to a version that was published, and rest while it is paused for somebody.
    """
    entry = db.session.get_one(LedgerEntry, entry_seq)
    if db.session.get(PracticeSource, entry_seq) is not None:
        return 0
    db.session.add(PracticeSource(entry_seq=entry_seq, taken_at=at))
    db.session.flush()
    if entry.kind == "module_completed":
        return _make_cards(entry, at)
    if entry.kind == "course_published":
        return moving.follow_course(entry.record_id, at)
    if entry.kind == "objectives_slipped":
        return bring_back(entry, at)
    if entry.kind in queries.PAUSES:
        return _follow_pause(entry, at)
    facts, item = dict(entry.facts["facts"]), entry.facts["item"]
    line_id = UUID(facts["line_id"])
    if entry.kind == "item_repaired":
        return void_answers(line_id, item["key"], item["version"])
    return _follow_state(line_id, item["key"], ItemState(facts["state"]), at)


def _make_cards(entry: LedgerEntry, at: datetime) -> int:
    enrollment = db.session.get(Enrollment, entry.registration) if entry.registration else None
    if enrollment is None:
        return 0
    course = catalog.course(enrollment.version_id)
    module = course.module_by_key.get(entry.facts["place"]["module"]["key"])
    if module is None:
        return 0
    user = db.session.get_one(User, enrollment.user_id)
    known = set(
        db.session.scalars(
            select(PracticeCard.item_key).where(
                PracticeCard.user_id == user.id, PracticeCard.line_id == enrollment.line_id
            )
        )
    )
    firsts = queries.first_answers(enrollment.id)
    begun_on = clock.local_day(entry.at, user.zone)
    mine = queries.setting(user.id)
    resting = bank_queries.not_drawn(enrollment.line_id)
    made = 0
    for step_key, item in worth_asking(module):
        if item.key not in known and item.key not in resting:
            card = _begin(user, enrollment, step_key, item, begun_on, firsts.get(item.key, False), mine.scheduler)
            if mine.away_since is not None or enrollment.state == "paused":
                card_log.append(card, Kind.SUSPENDED, on=max(begun_on, mine.away_since or begun_on), at=at)
            moving.catch_up(card, enrollment.version_id, at)
            made += 1
    return made


def _follow_pause(entry: LedgerEntry, at: datetime) -> int:
    """Cards of a paused course are set aside, and go on with it, unless the person is on leave or a question rests."""
    if entry.subject_id is None:
        return 0
    user = db.session.get_one(User, entry.subject_id)
    day, is_away = clock.local_day(entry.at, user.zone), queries.setting(user.id).away_since is not None
    resumes = entry.kind == "enrollment_resumed"
    if resumes and is_away:  # the checks, too, which `learning` has just let go on
        learning.set_aside(user.id, day)
        return 0
    touched = 0
    for card in card_log.cards(user.id):
        if card.enrollment_id != entry.registration:
            continue
        if resumes and card.state == CardState.SUSPENDED.value:
            if card.item_key in bank_queries.not_drawn(card.line_id):
                continue
            card_log.append(card, Kind.RESUMED, on=max(card.last_on, day), at=at)
            touched += 1
        elif not resumes and card.state == CardState.SCHEDULED.value:
            card_log.append(card, Kind.SUSPENDED, on=max(card.last_on, day), at=at)
            touched += 1
    return touched


def _follow_state(line_id: UUID, item_key: str, state: ItemState, at: datetime) -> int:
    cards = card_log.cards_of(line_id, item_key)
    paused = paused_now(card.enrollment_id for card in cards)
    for card in cards:
        user = db.session.get_one(User, card.user_id)
        day = max(card.last_on, clock.local_day(at, user.zone))
        is_away = queries.setting(user.id).away_since is not None or card.enrollment_id in paused
        if state is ItemState.RETIRED:
            card_log.append(card, Kind.RETIRED, on=day, at=at)
        elif state is ItemState.LIVE and not is_away:
            card_log.append(card, Kind.RESUMED, on=day, at=at)
        elif state is ItemState.DRAFT:
            card_log.append(card, Kind.SUSPENDED, on=day, at=at)
    return len(cards)


def worth_asking(module: Module) -> tuple[tuple[str, Item], ...]:
    """(step key, item) of what comes back of a module: what applies something first, then in the course's order."""
    found: dict[str, tuple[str, Item]] = {}
    for key, step in module.keyed_steps:
        if isinstance(step, Chunk) or (isinstance(step, Assessment) and step.purpose is Purpose.POST):
            for item in items_of(step):
                if item.type not in NOT_ASKED:
                    found.setdefault(item.key, (key, item))
    ordered = sorted(found.values(), key=lambda one: one[1].type not in APPLIES)
    return tuple(ordered[:MOST_PER_MODULE])


def _begin(
    user: User, enrollment: Enrollment, step_key: str, item: Item, on: date, was_right: bool, scheduler: str
) -> PracticeCard:
    begun = practice.begin(card_log.SCHEDULERS[scheduler], on, was_right=was_right)
    card = PracticeCard(
        id=uuid4(),
        user_id=user.id,
        line_id=enrollment.line_id,
        enrollment_id=enrollment.id,
        step_key=step_key,
        item_key=item.key,
        item_version=item.version,
        begun_on=on,
        was_right=was_right,
        due_on=begun.due_on,
        last_on=begun.last_on,
        interval=begun.interval,
        state=begun.state.value,
    )
    db.session.add(card)
    db.session.flush()
    return card


def bring_back(entry: LedgerEntry, at: datetime) -> int:
    """The cards of objectives that have slipped begin again at the first step, those that had graduated too."""
    homes = {(course_key, objective) for course_key, objective in entry.facts["homes"]}
    if entry.subject_id is None:
        return 0
    user = db.session.get_one(User, entry.subject_id)
    day = clock.local_day(at, user.zone)
    touched = 0
    for card in card_log.cards(user.id):
        question = queries.asked(card)
        if question is None or later.objective_home(question.course, question.item.objective) not in homes:
            continue
        if card.state in {CardState.SCHEDULED.value, CardState.GRADUATED.value}:
            card_log.append(card, Kind.RESTARTED, on=max(card.last_on, day), at=at)
            touched += 1
    return touched


def void_answers(line_id: UUID, item_key: str, version: int) -> int:
    """The key of this version was wrong: its answers count no more, and each card is worked out without them."""
    cards = card_log.cards_of(line_id, item_key)
    for card in cards:
        rows = db.session.scalars(
            select(PracticeEntry).where(
                PracticeEntry.card_id == card.id,
                PracticeEntry.item_version == version,
                PracticeEntry.kind == Kind.ANSWERED.value,
            )
        )
        for row in rows:
            row.is_void = True
        db.session.flush()
        card_log.refresh(card)
    return len(cards)
