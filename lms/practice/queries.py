"""Reads of practice: what is due today, how well each thing is held, and where new cards can come from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from lms import clock
from lms.catalog import queries as catalog
from lms.db import db
from lms.learning import check_queries as checks
from lms.learning.check_queries import MasteredRow
from lms.learning.models import Enrollment
from lms.people.models import User
from lms.policy import later, mastery, practice
from lms.policy.items import Item
from lms.policy.lint.finding import items_of
from lms.policy.mastery import FirstTry, Standing
from lms.policy.outline import Course, Module
from lms.policy.practice import CAP, Card, CardState, Due, Entry, Hold, Kind
from lms.practice.models import PracticeCard, PracticeEntry, PracticeSetting, PracticeSource
from lms.statements.models import LedgerEntry

SATURDAY = 5
PAUSES = ("enrollment_paused", "enrollment_resumed")
SOURCES = ("module_completed", "item_repaired", "item_moved", "course_published", "objectives_slipped", *PAUSES)
ANSWERED = Kind.ANSWERED.value


@dataclass(frozen=True, slots=True)
class Setting:
    scheduler: str = "leitner"
    cap: int = CAP
    hour: int | None = None
    away_since: date | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A card with the question that it asks, as the version that the card has followed its course to has it."""

    card: PracticeCard
    enrollment: Enrollment
    course: Course
    module: Module
    item: Item


@dataclass(frozen=True, slots=True)
class Today:
    """`waiting`: ids of the cards of today's review, in the order of asking; `answered`: how many were done today."""

    waiting: tuple[UUID, ...]
    answered: int
    is_workday: bool
    next_on: date | None
    total: int


@dataclass(frozen=True, slots=True)
class HeldRow:
    """How well the questions of an objective are held, by counts of each word; and what all answers together say."""

    objective: str
    title: str
    counts: dict[Hold, int]
    standing: Standing


def setting(user_id: UUID) -> Setting:
    row = db.session.get(PracticeSetting, user_id)
    return Setting() if row is None else Setting(row.scheduler, row.cap, row.hour, row.away_since)


def card(card_id: UUID, *, for_update: bool = False) -> PracticeCard | None:
    statement = select(PracticeCard).where(PracticeCard.id == card_id)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(statement)


def cards_in(user_id: UUID, state: CardState) -> tuple[PracticeCard, ...]:
    """Somebody's cards in a state, oldest due first."""
    return tuple(
        db.session.scalars(
            select(PracticeCard)
            .where(PracticeCard.user_id == user_id, PracticeCard.state == state.value)
            .order_by(PracticeCard.due_on, PracticeCard.id)
        )
    )


def asked(row: PracticeCard) -> Asked | None:
    """None when the question is nowhere in the version that the card reads from."""
    enrollment = db.session.get_one(Enrollment, row.enrollment_id)
    course = catalog.course(row.version_id or enrollment.version_id)
    found = in_course(course, row.step_key, row.item_key)
    return None if found is None else Asked(row, enrollment, course, *found)


def in_course(course: Course, step_key: str, item_key: str) -> tuple[Module, Item] | None:
    """A question where it stood, or else wherever the course asks it first."""
    module, step = course.steps.get(step_key, (None, None))
    places = [(module, step)] if module is not None and step is not None else []
    for where, of in (*places, *course.steps.values()):
        for item in items_of(of):
            if item.key == item_key:
                return where, item
    return None


def today(user_id: UUID, day: date) -> Today:
    """The day's review, in three statements; in one for whoever has no cards."""
    is_workday = day.weekday() < SATURDAY
    rows = db.session.scalars(select(PracticeCard).where(PracticeCard.user_id == user_id)).all()
    if not rows:
        return Today((), 0, is_workday, None, 0)
    answered = answered_on(user_id, day)
    cards = [Due(str(row.id), as_card(row)) for row in rows]
    asked_today = practice.todays(cards, day, answered=answered, is_workday=is_workday, cap=setting(user_id).cap)
    waiting = tuple(UUID(one.key) for one in asked_today)
    later = [max(row.due_on, day) for row in rows if row.state == CardState.SCHEDULED.value and row.id not in waiting]
    return Today(waiting, answered, is_workday, min(later, default=None), len(rows))


def answered_on(user_id: UUID, day: date) -> int:
    counted = db.session.scalar(
        select(func.count())
        .select_from(PracticeEntry)
        .join(PracticeCard, PracticeCard.id == PracticeEntry.card_id)
        .where(PracticeCard.user_id == user_id, PracticeEntry.kind == ANSWERED, PracticeEntry.happened_on == day)
    )
    return counted or 0


def as_card(row: PracticeCard) -> Card:
    """What lists and words need of a card; its memory is worked out from the log when it is answered."""
    return Card(
        row.due_on,
        row.interval,
        row.last_on,
        answers=row.answers,
        wrong_in_row=row.wrong_in_row,
        state=CardState(row.state),
    )


def log(card_id: UUID) -> tuple[Entry, ...]:
    """A card's log in the order in which things happened."""
    rows = db.session.scalars(
        select(PracticeEntry).where(PracticeEntry.card_id == card_id).order_by(PracticeEntry.number)
    )
    return tuple(Entry(Kind(row.kind), row.happened_on, row.is_right, row.is_void) for row in rows)


def last_answer(card_id: UUID) -> PracticeEntry | None:
    return db.session.scalar(
        select(PracticeEntry)
        .where(PracticeEntry.card_id == card_id, PracticeEntry.kind == ANSWERED)
        .order_by(PracticeEntry.number.desc())
        .limit(1)
    )


def held(user_id: UUID, day: date) -> tuple[HeldRow, ...]:
    """Every objective with cards, by title: how many of its questions are held how well, and whether it is mastered."""
    by_objective: dict[tuple[str, str], list[PracticeCard]] = {}
    homes: dict[tuple[str, str], tuple[str, str]] = {}
    rows = db.session.scalars(select(PracticeCard).where(PracticeCard.user_id == user_id).order_by(PracticeCard.id))
    for row in rows:
        question = asked(row) if row.state != CardState.RETIRED.value else None
        if question is not None:
            titles = {objective.key: objective.title for objective in question.course.objectives}
            key = question.item.objective
            named = (titles.get(key, key), key)
            by_objective.setdefault(named, []).append(row)
            homes[named] = later.objective_home(question.course, key)
    answers, shown = _answers(user_id), checks.mastered(user_id)
    return tuple(
        _held_row(key, title, cards, answers, day, shown.get(homes[title, key]))
        for (title, key), cards in sorted(by_objective.items())
    )


def _held_row(
    key: str,
    title: str,
    cards: list[PracticeCard],
    answers: Mapping[UUID, list[FirstTry]],
    day: date,
    shown: MasteredRow | None,
) -> HeldRow:
    counts = Counter(practice.hold(as_card(card), day) for card in cards)
    tries = [one for card in cards for one in answers.get(card.id, ())]
    taught_on = max(card.begun_on for card in cards)
    passed_on = shown.mastered_on if shown is not None else None
    standing = mastery.standing(tries, on=day, taught_on=taught_on, delayed_passed_on=passed_on)
    return HeldRow(key, title, dict(counts), standing)


def _answers(user_id: UUID) -> dict[UUID, list[FirstTry]]:
    """What counts of somebody's answers, by card: one a day, none to a wrong key."""
    rows = db.session.execute(
        select(PracticeEntry.card_id, PracticeEntry.happened_on, PracticeEntry.is_right)
        .join(PracticeCard, PracticeCard.id == PracticeEntry.card_id)
        .where(PracticeCard.user_id == user_id, PracticeEntry.kind == ANSWERED, PracticeEntry.is_void.is_(False))
        .order_by(PracticeEntry.card_id, PracticeEntry.number)
    )
    first: dict[tuple[UUID, date], bool] = {}
    for card_id, on, is_right in rows:
        first.setdefault((card_id, on), is_right)
    found: dict[UUID, list[FirstTry]] = {}
    for (card_id, on), is_right in first.items():
        found.setdefault(card_id, []).append(FirstTry(on, is_right))
    return found


def new_sources(limit: int = 100) -> tuple[int, ...]:
    """Ledger entries that mean something for cards and have not been looked at yet, oldest first."""
    return tuple(
        db.session.scalars(
            select(LedgerEntry.seq)
            .outerjoin(PracticeSource, PracticeSource.entry_seq == LedgerEntry.seq)
            .where(LedgerEntry.kind.in_(SOURCES), PracticeSource.entry_seq.is_(None))
            .order_by(LedgerEntry.seq)
            .limit(limit)
        )
    )


def first_answers(registration: UUID) -> dict[str, bool]:
    """Whether the first answer to each question in the course was wholly right."""
    rows = db.session.scalars(
        select(LedgerEntry.facts)
        .where(LedgerEntry.registration == registration, LedgerEntry.kind == "question_answered")
        .order_by(LedgerEntry.seq)
    )
    found: dict[str, bool] = {}
    facts: dict[str, Any]
    for facts in rows:
        found.setdefault(facts["item"]["key"], facts["share"] == "1")
    return found


def to_remind(at: Any, limit: int = 100) -> tuple[UUID, ...]:
    """People with a mail hour and something due, whoever was told today already; the sender sees to that."""
    return tuple(
        db.session.scalars(
            select(PracticeSetting.user_id)
            .join(User, User.id == PracticeSetting.user_id)
            .join(PracticeCard, PracticeCard.user_id == PracticeSetting.user_id)
            .where(
                PracticeSetting.hour.is_not(None),
                PracticeSetting.away_since.is_(None),
                PracticeCard.state == CardState.SCHEDULED.value,
                PracticeCard.due_on <= clock.local_day(at, "Pacific/Kiritimati"),  # the first place to see a day
                User.left_on.is_(None),
            )
            .distinct()
            .order_by(PracticeSetting.user_id)
            .limit(limit)
        )
    )
