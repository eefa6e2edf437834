"""Cards in the database: made once, answered when due, set aside during leave, and always what their log says."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lms.assessment import service as assessment
from lms.catalog import bank
from lms.catalog.models import ItemLine
from lms.errors import RuleViolation
from lms.learning import service as learning
from lms.mail.models import Message
from lms.people.models import User
from lms.policy import practice
from lms.policy.item_states import ItemMove
from lms.policy.mastery import Standing
from lms.policy.outline import Module
from lms.policy.practice import CardState, Hold
from lms.practice import queries, service
from lms.practice.models import PracticeCard, PracticeEntry, PracticeSource
from lms.statements.models import LedgerEntry
from tests.features.learning.samples import chunk, conversation, course, every_type, posttest, publish, single

MONDAY = date(2026, 3, 2)


def noon(person, days=0, hour=12):
    """A moment of the person's own day, so many days after the Monday on which the module was done."""
    return datetime.combine(MONDAY + timedelta(days=days), time(hour), ZoneInfo(person.zone))


@pytest.fixture
def version(enid):
    modules = (
        Module("one", "Module one", (chunk("a", items=3), chunk("b", items=3))),
        Module("two", "Module two", (replace(chunk("c"), items=every_type()[:3]),), requires=("one",)),
    )
    return publish(course(*modules, key="kept"), enid)


@pytest.fixture
def rep(rosa):
    return rosa


@pytest.fixture
def enrollment(rep, milo, version):
    return learning.enroll(rep.id, version, by=milo, at=noon(rep))


def finish(enrollment, rep, *, days=0, keys=("one/a", "one/b")):
    for key in keys:
        learning.complete_step(enrollment, key, how="read", by=rep, at=noon(rep, days))


def take_all(at):
    return sum(service.take_source(seq, at) for seq in queries.new_sources())


@pytest.fixture
def cards(session, enrollment, rep):
    finish(enrollment, rep)
    assert take_all(noon(rep)) == 6
    return list(session.scalars(select(PracticeCard).order_by(PracticeCard.item_key)))


def answer(card, rep, days, *, right=True, sent_id=None):
    held = queries.card(card.id, for_update=True)
    return service.answer(
        queries.asked(held), {"choice": "a" if right else "b"}, sent_id=sent_id or uuid4(), by=rep, at=noon(rep, days)
    )


def today(rep, days):
    return queries.today(rep.id, MONDAY + timedelta(days=days))


def follows_its_log(card):
    scheduler = service.SCHEDULERS[queries.setting(card.user_id).scheduler]
    now = practice.replay(scheduler, card.begun_on, queries.log(card.id), was_right=card.was_right)
    return (card.due_on, card.last_on, card.interval, card.state, card.answers, card.wrong_in_row) == (
        now.due_on,
        now.last_on,
        now.interval,
        now.state.value,
        now.answers,
        now.wrong_in_row,
    )


def test_a_finished_module_becomes_cards_once(session, cards, rep):
    assert {card.item_key for card in cards} == {f"{step}-q{n}" for step in "ab" for n in range(3)}
    assert all((card.begun_on, card.due_on) == (MONDAY, MONDAY + timedelta(days=1)) for card in cards)
    assert take_all(noon(rep)) == 0
    looked_at = session.scalars(
        select(LedgerEntry.kind).join(PracticeSource, PracticeSource.entry_seq == LedgerEntry.seq)
    )
    assert sorted(looked_at) == ["course_published", "module_completed"]
    assert all(follows_its_log(card) for card in cards)


def test_an_open_module_makes_no_cards(session, enrollment, rep):
    finish(enrollment, rep, keys=("one/a",))
    assert take_all(noon(rep)) == 0


def test_what_applies_something_comes_first_and_a_conversation_never():
    many = tuple(single(f"s{n}") for n in range(12))
    module = Module("m", "M", (replace(chunk("a"), items=(*many, *every_type())), posttest()))
    chosen = [item.key for _, item in service.worth_asking(module)]
    assert len(chosen) == service.MOST_PER_MODULE
    assert chosen[:5] == ["i-judgment", "i-order", "i-best-worst", "i-ranking", "i-calculated"]
    talk = Module("t", "T", (replace(posttest(), items=(conversation(), single("x"))),))
    assert [item.key for _, item in service.worth_asking(talk)] == ["x"]


def test_the_day_asks_five_of_six_on_workdays(cards, rep):
    assert today(rep, 0).waiting == ()
    assert len(today(rep, 1).waiting) == 5
    assert today(rep, 5).waiting == (), "a Saturday"
    assert not today(rep, 5).is_workday
    assert len(today(rep, 7).waiting) == 5


def test_answers_move_cards_and_use_up_the_day(session, cards, rep):
    for number, card_id in enumerate(today(rep, 1).waiting, 1):
        answer(queries.card(card_id), rep, 1, right=number > 1)
        assert today(rep, 1).answered == number
    assert today(rep, 1).waiting == (), "five are enough, though a sixth is due"
    dues = sorted(card.due_on for card in session.scalars(select(PracticeCard)))
    assert dues == [MONDAY + timedelta(days=days) for days in (1, 2, 4, 4, 4, 4)]
    assert all(follows_its_log(card) for card in session.scalars(select(PracticeCard)))
    kinds = session.scalars(select(LedgerEntry.kind).where(LedgerEntry.subject_id == rep.id)).all()
    assert kinds.count("question_answered") == 5


def test_the_same_page_twice_is_one_answer(session, cards, rep):
    card, page = queries.card(today(rep, 1).waiting[0]), uuid4()
    first = answer(card, rep, 1, sent_id=page)
    second = answer(card, rep, 1, right=False, sent_id=page)
    assert (first.is_new, second.is_new) == (True, False)
    assert second.entry.id == first.entry.id
    assert len(session.scalars(select(PracticeEntry)).all()) == 1


@pytest.mark.parametrize("days", [0, 5])
def test_what_is_not_asked_today_takes_no_answer(session, cards, rep, days):
    with pytest.raises(RuleViolation) as refusal:
        answer(cards[0], rep, days)
    assert refusal.value.code == "practice_not_due"
    assert session.scalars(select(PracticeEntry)).all() == []


def test_an_empty_answer_is_none(session, cards, rep):
    card = queries.card(today(rep, 1).waiting[0])
    with pytest.raises(RuleViolation) as refusal:
        service.answer(queries.asked(card), {}, sent_id=uuid4(), by=rep, at=noon(rep, 1))
    assert refusal.value.code == "answer_missing"


def test_three_wrong_rest_until_taken_up_again(session, cards, rep):
    service.configure(rep, scheduler="leitner", cap=20, hour=None)
    card = queries.card(today(rep, 1).waiting[0])
    for days in (1, 2, 3):
        answer(card, rep, days, right=False)
    assert card.state == CardState.STUCK.value
    assert card.id not in today(rep, 4).waiting
    service.begin_again(card, rep, noon(rep, 4))
    assert (card.state, card.due_on) == ("scheduled", MONDAY + timedelta(days=5))
    with pytest.raises(RuleViolation):
        service.begin_again(card, rep, noon(rep, 4))


def test_leave_sets_aside_and_costs_nothing(session, cards, rep):
    service.leave(rep, noon(rep, 0))
    service.leave(rep, noon(rep, 0))
    assert today(rep, 7).waiting == ()
    service.come_back(rep, noon(rep, 14))
    service.come_back(rep, noon(rep, 14))
    assert {card.due_on for card in cards} == {MONDAY + timedelta(days=15)}
    assert [entry.kind for entry in session.scalars(select(PracticeEntry))].count("suspended") == 6
    assert all(follows_its_log(card) for card in cards)


def test_cards_made_during_leave_rest_too(session, enrollment, rep):
    service.leave(rep, noon(rep, 0))
    finish(enrollment, rep)
    take_all(noon(rep))
    assert set(session.scalars(select(PracticeCard.state))) == {"suspended"}


def test_another_spacing_works_every_card_out_anew_and_back(session, cards, rep):
    for days in (1, 4):
        for card_id in today(rep, days).waiting:
            answer(queries.card(card_id), rep, days)
    before = [(card.due_on, card.interval) for card in cards]
    service.configure(rep, scheduler="fsrs", cap=5, hour=None)
    assert all(follows_its_log(card) for card in cards)
    assert [(card.due_on, card.interval) for card in cards] != before
    service.configure(rep, scheduler="leitner", cap=5, hour=None)
    assert [(card.due_on, card.interval) for card in cards] == before, "the log was enough"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"scheduler": "magic"}, "practice_scheduler_unknown"),
        ({"cap": 0}, "practice_cap_out_of_range"),
        ({"cap": 21}, "practice_cap_out_of_range"),
        ({"hour": 24}, "practice_hour_out_of_range"),
    ],
)
def test_settings_that_cannot_be_meant(rep, given, code):
    with pytest.raises(RuleViolation) as refusal:
        service.configure(rep, **{"scheduler": "leitner", "cap": 5, "hour": None, **given})
    assert refusal.value.code == code


def test_an_answer_in_the_course_that_was_wrong_begins_the_card_low(session, enrollment, rep):
    raw = {f"a-q{n}": {"choice": "b" if n == 0 else "a"} for n in range(3)}
    assessment.answer_check(enrollment, "one/a", raw, attempt_id=uuid4(), by=rep, at=noon(rep))
    learning.complete_step(enrollment, "one/b", how="read", by=rep, at=noon(rep))
    service.configure(rep, scheduler="fsrs", cap=5, hour=None)
    take_all(noon(rep))
    due = {card.item_key: (card.due_on - MONDAY).days for card in session.scalars(select(PracticeCard))}
    assert (due["a-q0"], due["a-q1"]) == (1, 2)


def move(session, key, by, what, at):
    line = session.scalars(select(ItemLine).where(ItemLine.key == key)).one()
    bank.move(line, what, comment="Disputed.", lock=line.lock, by=by, at=at)
    session.flush()


def test_a_question_under_review_rests_and_a_retired_one_is_asked_no_more(session, cards, rep, enid):
    move(session, "a-q0", enid, ItemMove.RETURN, noon(rep, 1))
    move(session, "a-q1", enid, ItemMove.RETIRE, noon(rep, 1))
    take_all(noon(rep, 1))
    assert [card.state for card in cards[:3]] == ["suspended", "retired", "scheduled"]
    assert len(today(rep, 1).waiting) == 4
    other = session.scalars(select(User).where(User.id != enid.id)).first()
    move(session, "a-q0", other, ItemMove.REVIEW, noon(rep, 2))
    move(session, "a-q0", enid, ItemMove.RELEASE, noon(rep, 2))
    take_all(noon(rep, 2))
    assert [card.state for card in cards[:2]] == ["scheduled", "retired"]


def test_answers_to_a_wrong_key_are_voided(session, cards, rep):
    card = next(card for card in cards if card.id in today(rep, 1).waiting)
    answer(card, rep, 1, right=False)
    assert card.wrong_in_row == 1
    assert service.void_answers(card.line_id, card.item_key, 1) == 1
    assert (card.wrong_in_row, card.answers, card.due_on) == (0, 0, MONDAY + timedelta(days=1))
    assert follows_its_log(card)


def test_one_mail_a_workday_from_ones_own_hour_on(session, cards, rep):
    service.configure(rep, scheduler="leitner", cap=5, hour=9)
    assert queries.to_remind(noon(rep, 1)) == (rep.id,)
    assert not service.remind(rep.id, noon(rep, 1, hour=8), "https://lms.example/practice")
    assert service.remind(rep.id, noon(rep, 1, hour=9), "https://lms.example/practice")
    assert not service.remind(rep.id, noon(rep, 1, hour=10), "https://lms.example/practice")
    assert not service.remind(rep.id, noon(rep, 5, hour=10), "https://lms.example/practice"), "a Saturday"
    assert service.remind(rep.id, noon(rep, 7, hour=10), "https://lms.example/practice")
    letters = session.scalars(select(Message).where(Message.kind == "practice_due")).all()
    assert [letter.subject for letter in letters] == ["Today's review: 5 questions"] * 2
    assert "https://lms.example/practice" in letters[0].text


def test_nobody_is_told_who_did_not_ask_or_is_away(session, cards, rep):
    assert queries.to_remind(noon(rep, 1)) == ()
    assert not service.remind(rep.id, noon(rep, 1), "x")
    service.configure(rep, scheduler="leitner", cap=5, hour=9)
    service.leave(rep, noon(rep, 1))
    assert queries.to_remind(noon(rep, 1)) == ()


def test_how_well_things_are_held(cards, rep):
    [row] = queries.held(rep.id, MONDAY)
    assert (row.title, row.counts, row.standing) == ("Know it", {Hold.NEW: 6}, Standing.UNKNOWN)
    answer(queries.card(today(rep, 1).waiting[0]), rep, 1, right=False)
    [row] = queries.held(rep.id, MONDAY + timedelta(days=1))
    assert row.counts == {Hold.NEW: 5, Hold.SLIPPED: 1}


def test_mastery_comes_a_week_after_the_module_and_on_two_days(cards, rep):
    """Six right on the next day are fresh; six right after a week, on two days, are mastery."""

    def standing(days):
        [row] = queries.held(rep.id, MONDAY + timedelta(days=days))
        return row.standing

    service.configure(rep, scheduler="leitner", cap=20, hour=None)
    for card in cards:
        answer(card, rep, 1)
    assert standing(1) is Standing.UNKNOWN
    for number, card in enumerate(cards):
        answer(card, rep, 7 if number < 3 else 8)
    assert standing(8) is Standing.MASTERED
    assert standing(8 + 181) is Standing.UNKNOWN, "half a year later it has to be shown again"


def test_wrong_answers_after_a_week_say_shaky(cards, rep):
    service.configure(rep, scheduler="leitner", cap=20, hour=None)
    for card in cards[:3]:
        answer(card, rep, 8, right=False)
    [row] = queries.held(rep.id, MONDAY + timedelta(days=8))
    assert row.standing is Standing.SHAKY


def test_the_day_takes_few_statements(cards, rep, count_statements):
    before = len(count_statements)
    today(rep, 1)
    assert len(count_statements) - before <= 4
