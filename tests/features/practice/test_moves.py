"""Cards follow their course to new versions by the author's own word on what changed."""

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lms import clock
from lms.catalog import queries as catalog
from lms.learning import service as learning
from lms.policy import practice
from lms.policy.outline import Module
from lms.practice import queries, service
from lms.practice.models import PracticeCard, PracticeEntry
from lms.statements.models import OwedStatement
from lms.statements.vocabulary import Ext, Type
from tests.features.learning.samples import chunk, course, publish, single

MONDAY = date(2026, 3, 2)


def noon(person, days=0):
    return datetime.combine(MONDAY + timedelta(days=days), time(12), ZoneInfo(person.zone))


def made(*items, more=()):
    return course(Module("one", "Module one", (replace(chunk("a"), items=items), *more)), key="kept")


FIRST = (single("q0"), single("q1"), single("q2"))
REWORDED = replace(single("q0"), prompt="Asked in other words?")


def take_all(at):
    return sum(service.take_source(seq, at) for seq in queries.new_sources())


@pytest.fixture
def enrollment(rosa, milo, enid):
    version = publish(made(*FIRST), enid)
    return learning.enroll(rosa.id, version, by=milo, at=noon(rosa))


@pytest.fixture
def cards(session, enrollment, rosa):
    learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=noon(rosa))
    take_all(noon(rosa))
    return {card.item_key: card for card in session.scalars(select(PracticeCard))}


def answer(card, rosa, days):
    held = queries.card(card.id, for_update=True)
    service.answer(queries.asked(held), {"choice": "a"}, sent_id=uuid4(), by=rosa, at=noon(rosa, days))


def stands(card):
    """Where a card stands, which is always what its log says."""
    log = practice.replay(service.SCHEDULERS["leitner"], card.begun_on, queries.log(card.id), was_right=card.was_right)
    assert (card.due_on, card.interval, card.state, card.answers) == (
        log.due_on, log.interval, log.state.value, log.answers,
    )  # fmt: skip
    return card.due_on - MONDAY, card.state, card.answers


@pytest.mark.parametrize("change_class", ["cosmetic", "clarifying"])
def test_what_only_reads_better_keeps_its_schedule(session, cards, rosa, enid, change_class):
    answer(cards["q0"], rosa, 1)
    before = stands(cards["q0"])
    version = publish(made(REWORDED, *FIRST[1:]), enid, change_class=change_class)
    assert take_all(noon(rosa, 2)) == 3
    assert stands(cards["q0"]) == before
    assert queries.asked(cards["q0"]).item.prompt == "Asked in other words?"
    assert {card.version_id for card in cards.values()} == {version.id}
    kinds = session.scalars(select(PracticeEntry.kind).order_by(PracticeEntry.number)).all()
    assert kinds == ["answered", "moved"], "only the card whose question changed has a line of it"
    assert take_all(noon(rosa, 2)) == 0
    answer(cards["q0"], rosa, 4)
    last = queries.last_answer(cards["q0"].id)
    assert (last.item_version, cards["q0"].answers) == (2, 2), "evidence points to what was asked"


def test_what_means_something_else_begins_again(session, cards, rosa, enid):
    for card in cards.values():
        answer(card, rosa, 1)
    publish(made(REWORDED, *FIRST[1:]), enid, change_class="substantive")
    take_all(noon(rosa, 2))
    assert stands(cards["q0"])[0] == timedelta(days=3), "one day after the change"
    assert stands(cards["q1"])[0] == timedelta(days=4), "as it was: this question did not change"


def test_what_is_not_asked_any_more_is_retired_and_stays_so(cards, rosa, enid):
    publish(made(*FIRST[1:]), enid, change_class="clarifying")
    take_all(noon(rosa, 1))
    assert cards["q0"].state == "retired"
    publish(made(*FIRST), enid, change_class="clarifying")
    take_all(noon(rosa, 2))
    assert cards["q0"].state == "retired"


def test_a_question_that_moved_to_another_step_is_found(cards, rosa, enid):
    elsewhere = replace(chunk("b"), items=(FIRST[0],))
    publish(made(*FIRST[1:], more=(elsewhere,)), enid, change_class="clarifying")
    take_all(noon(rosa, 1))
    assert cards["q0"].state == "scheduled"
    assert queries.asked(cards["q0"]).item.key == "q0"


def test_leave_outlasts_a_move(cards, rosa, enid):
    service.leave(rosa, noon(rosa, 1))
    publish(made(REWORDED, *FIRST[1:]), enid, change_class="substantive")
    take_all(noon(rosa, 2))
    assert {card.state for card in cards.values()} == {"suspended"}
    service.come_back(rosa, noon(rosa, 10))
    assert {card.state for card in cards.values()} == {"scheduled"}
    assert stands(cards["q0"])[0] == timedelta(days=11)


def test_cards_made_later_read_from_the_newest_version(session, enrollment, rosa, enid):
    publish(made(REWORDED, *FIRST[1:]), enid, change_class="clarifying")
    newest = publish(made(REWORDED, FIRST[1]), enid, change_class="substantive")
    take_all(noon(rosa))
    learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=noon(rosa, 1))
    take_all(noon(rosa, 1))
    cards = {card.item_key: card for card in session.scalars(select(PracticeCard))}
    assert {key: card.state for key, card in cards.items()} == {
        "q0": "scheduled", "q1": "scheduled", "q2": "retired",
    }  # fmt: skip
    assert (cards["q0"].version_id, cards["q1"].version_id) == (newest.id, newest.id)
    assert catalog.course(enrollment.version_id).steps["one/a"][1].items[0].prompt == FIRST[0].prompt


def test_the_review_asks_the_new_wording(session, visit, cards, rosa, enid):
    publish(made(REWORDED), enid, change_class="clarifying")
    take_all(clock.now())
    body = visit(rosa).get("/practice").get_data(as_text=True)
    weekend = clock.local_day(clock.now(), rosa.zone).weekday() >= queries.SATURDAY
    assert ("Asked in other words?" in body) is not weekend


def test_an_answer_says_that_a_card_brought_it_back(session, cards, rosa, enid):
    answer(cards["q0"], rosa, 3)
    owed = session.scalars(select(OwedStatement).order_by(OwedStatement.seq.desc())).first()
    owed = json.loads(owed.body)
    [parent] = owed["context"]["contextActivities"]["parent"]
    assert parent["definition"]["type"] == Type.REINFORCEMENT_CARD
    assert parent["id"].endswith("/items/q0/card")
    assert owed["context"]["extensions"][Ext.STEP] == 0
    assert owed["context"]["extensions"][Ext.ELAPSED_DAYS] == 3
