"""The item bank: what is published is in it, once per content; drafts come in and go through their review."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from lms.catalog import bank, bank_queries, queries
from lms.catalog.bank_queries import Wanted
from lms.catalog.models import CourseVersion, ItemLine, ItemUse, ItemVersion
from lms.errors import RuleViolation
from lms.policy import item_states
from lms.policy.item_states import MOVES, ItemMove, ItemState
from lms.policy.lint.finding import all_items
from lms.policy.outline import Module
from lms.statements.models import LedgerEntry
from tests.features.learning.samples import chunk, conversation, course, every_type, posttest, publish, single

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def one_module(*items, key="banked"):
    return course(Module("one", "Module one", (chunk("a"), replace(posttest(), items=items))), key=key)


def in_bank(version):
    """Every question that a course version asks, as the bank has it."""
    uses = [use for line in bank_queries.search(Wanted()).rows for use in bank_queries.uses(line.id)]
    assert uses
    found = {}
    for line in bank_queries.search(Wanted()).rows:
        for one in bank_queries.versions(line.id):
            found[line.key, one.number] = one.item
    return found


def test_what_is_published_is_in_the_bank_exactly(session, enid):
    version = publish(one_module(*every_type(), conversation()), enid)
    made = queries.course(version.id)
    found = in_bank(version)
    assert {(item.key, item.version): item for _, _, item in all_items(made)} == found
    assert session.scalar(select(func.count()).select_from(ItemUse)) == len(list(all_items(made)))
    assert set(session.scalars(select(ItemLine.state))) == {"live"}


def test_the_same_content_is_the_same_version_and_another_one_the_next(session, enid):
    first, other = single("q"), replace(single("q"), prompt="Asked otherwise?")
    numbers = []
    for item in (first, other, first):
        version = publish(one_module(item, single("kept")), enid)
        [found] = [one for _, _, one in all_items(queries.course(version.id)) if one.key == "q"]
        numbers.append(found.version)
    assert numbers == [1, 2, 1], "going back to the first wording is the first version again"
    line = session.scalars(select(ItemLine).where(ItemLine.key == "q")).one()
    assert [one.number for one in bank_queries.versions(line.id)] == [2, 1]
    assert [(use.course_number, use.item_number) for use in bank_queries.uses(line.id)] == [(3, 1), (2, 2), (1, 1)]
    kept = session.scalars(select(ItemLine).where(ItemLine.key == "kept")).one()
    assert len(bank_queries.versions(kept.id)) == 1


def test_publishing_the_same_files_again_is_no_new_version(session, enid):
    publish(one_module(single("q")), enid)
    publish(one_module(replace(single("q"), prompt="Asked otherwise?")), enid)
    publish(one_module(replace(single("q"), prompt="Asked otherwise?")), enid)
    assert session.scalars(select(CourseVersion.number).order_by(CourseVersion.number)).all() == [1, 2]
    assert session.scalar(select(func.count()).select_from(ItemVersion)) == 4  # two of q, two of the chunk


def test_drafts_are_asked_nobody_until_they_are_published(session, enid, milo):
    version = publish(one_module(single("q")), enid)
    made = bank.add_drafts(version.line_id, [single("new"), single("q")], by=milo, at=AT)
    assert [one.number for one in made] == [1], "what is known already changes nothing"
    assert bank_queries.not_drawn(version.line_id) == {"new"}
    assert bank.add_drafts(version.line_id, [single("new")], by=milo, at=AT) == ()
    publish(one_module(single("q"), single("new")), enid)
    assert bank_queries.not_drawn(version.line_id) == frozenset()
    line = session.scalars(select(ItemLine).where(ItemLine.key == "new")).one()
    assert [(note.move, note.said_by) for note in bank_queries.notes(line.id)] == [("release", enid.name)]


@pytest.fixture
def draft(session, enid, milo):
    version = publish(one_module(single("q")), enid)
    bank.add_drafts(version.line_id, [single("new")], by=milo, at=AT)
    return session.scalars(select(ItemLine).where(ItemLine.key == "new")).one()


def act(line, by_move, by, comment=""):
    return bank.move(line, by_move, comment=comment, lock=line.lock, by=by, at=AT)


def test_the_review_round(session, draft, enid):
    assert act(draft, ItemMove.REVIEW, enid) is ItemState.REVIEWED
    session.flush()
    assert act(draft, ItemMove.RELEASE, enid) is ItemState.LIVE
    session.flush()
    assert act(draft, ItemMove.RETURN, enid, "The key is disputed.") is ItemState.DRAFT
    assert [(note.move, note.text) for note in bank_queries.notes(draft.id)] == [
        ("review", ""),
        ("release", ""),
        ("return", "The key is disputed."),
    ]
    entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "item_moved")).all()
    assert len(entries) == 3


@pytest.mark.parametrize(
    ("by_move", "who", "comment", "code"),
    [
        (ItemMove.REVIEW, "milo", "", "item_own_review"),
        (ItemMove.RELEASE, "enid", "", "item_moved_on"),
        (ItemMove.RETIRE, "enid", "  ", "item_reason_missing"),
        (ItemMove.REVIVE, "enid", "", "item_moved_on"),
    ],
)
def test_moves_that_are_refused(session, cast, draft, by_move, who, comment, code):
    with pytest.raises(RuleViolation) as refusal:
        act(draft, by_move, getattr(cast, who), comment)
    assert refusal.value.code == code
    assert draft.state == "draft"
    assert bank_queries.notes(draft.id) == ()


def test_the_second_of_two_people_is_told_of_the_first(session, draft, enid):
    page = draft.lock
    act(draft, ItemMove.REVIEW, enid)
    session.flush()
    with pytest.raises(RuleViolation) as refusal:
        bank.move(draft, ItemMove.RETIRE, comment="Too easy.", lock=page, by=enid, at=AT)
    assert (refusal.value.code, refusal.value.facts["state"]) == ("item_moved_on", "reviewed")


def test_every_state_leads_on():
    for state in ItemState:
        moves = item_states.possible(state, is_own=False)
        assert moves
        assert all((state, one) in MOVES for one in moves)
    assert ItemMove.REVIEW not in item_states.possible(ItemState.DRAFT, is_own=True)
    assert [state for state in ItemState if item_states.is_drawn(state)] == [ItemState.LIVE]


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        (Wanted(), {"q", "other", "hard", "a-q0", "a-q1"}),
        (Wanted(words="question HARD"), {"hard"}),
        (Wanted(words="100%"), set()),
        (Wanted(words="a_q"), set()),
        (Wanted(band="hard"), {"hard"}),
        (Wanted(objective="more"), {"other"}),
        (Wanted(type="order"), set()),
        (Wanted(state="live", course_key="banked", objective="know"), {"q", "hard", "a-q0", "a-q1"}),
        (Wanted(course_key="elsewhere"), set()),
    ],
)
def test_search(session, enid, wanted, keys):
    publish(one_module(single("q"), single("other", "more"), replace(single("hard"), band="hard")), enid)
    found = bank_queries.search(wanted)
    assert {row.key for row in found.rows} == keys
    assert found.total == len(keys)


def test_pages_of_twenty_five(session, enid, count_statements):
    publish(one_module(*(single(f"q{number:03}") for number in range(30))), enid)
    first, second = bank_queries.search(Wanted(), 1), bank_queries.search(Wanted(), 2)
    assert (len(first.rows), len(second.rows), first.total) == (25, 7, 32)
    assert first.rows[-1].key < second.rows[0].key
    before = len(count_statements)
    bank_queries.search(Wanted(words="question"))
    assert len(count_statements) - before == 2
