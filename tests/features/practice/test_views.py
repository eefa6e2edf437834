"""The day's review through HTTP, without JavaScript: one question at a time, nothing doubled, nobody else's."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from lms.practice import queries, service
from lms.practice.models import PracticeCard, PracticeEntry
from tests.features.practice.test_service import (
    MONDAY,
    cards,
    enrollment,
    noon,
    rep,
    today,
    version,
)

__all__ = ["cards", "enrollment", "rep", "version"]


@pytest.fixture
def tuesday(rep):
    with time_machine.travel(noon(rep, 1), tick=False):
        yield


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def card_on(page):
    return re.search(r'action="(/practice/[0-9a-f-]{36})"', page.get_data(as_text=True))[1]


def fields(page, right=True):
    body = page.get_data(as_text=True)
    name = re.search(r'name="(q-[a-z0-9-]+)"', body)[1]
    return {name: "a" if right else "b", "sent_id": re.search(r'name="sent_id" value="([^"]+)"', body)[1]}


def test_the_review_from_first_to_last(session, visit, cards, rep, tuesday):
    browser = visit(rep)
    for number in range(5):
        page = browser.get("/practice")
        assert f"{number} of 5 questions of today" in text(page)
        done = browser.send(card_on(page), fields(page, right=number != 2), page="/practice", follow_redirects=True)
        said = text(done)
        assert ("Not right yet" in said) == (number == 2)
        assert "It comes back on" in said
        assert "Because" in said, "the reason is shown at once"
    assert "Done for today" in text(done)
    assert "5 questions answered" in text(browser.get("/practice"))
    assert len(session.scalars(select(PracticeEntry)).all()) == 5


def test_an_unanswered_question_is_asked_again(session, visit, cards, rep, tuesday):
    browser = visit(rep)
    page = browser.get("/practice")
    answer = browser.send(card_on(page), {"sent_id": str(uuid4())}, page="/practice")
    assert answer.status_code == 422
    assert "Answer this question." in text(answer)
    assert session.scalars(select(PracticeEntry)).all() == []


def test_a_double_click_is_one_answer(session, visit, cards, rep, tuesday):
    browser = visit(rep)
    page = browser.get("/practice")
    sent = fields(page)
    for _ in range(2):
        assert browser.send(card_on(page), sent, page="/practice").status_code == 303
    assert len(session.scalars(select(PracticeEntry)).all()) == 1


@pytest.mark.parametrize("who", ["milo", "otis", "enid"])
def test_nobody_elses_cards(visit, cast, cards, tuesday, who):
    browser = visit(getattr(cast, who))
    where = f"/practice/{cards[0].id}"
    assert browser.get(where).status_code == 404
    assert browser.send(where, {}, page="/practice").status_code == 404
    assert browser.send(f"{where}/again", {}, page="/practice").status_code == 404


def test_before_the_first_module_the_page_teaches(visit, rosa):
    assert "No questions yet" in text(visit(rosa).get("/practice"))


def test_a_card_that_was_never_answered_has_no_result(visit, cards, rep, tuesday):
    assert visit(rep).get(f"/practice/{cards[0].id}").status_code == 303


def test_what_is_stuck_is_taken_up_again(session, visit, cards, rep):
    service.configure(rep, scheduler="leitner", cap=20, hour=None)
    card = queries.card(today(rep, 1).waiting[0])
    for days in (1, 2, 3):
        service.answer(queries.asked(card), {"choice": "b"}, sent_id=uuid4(), by=rep, at=noon(rep, days))
    session.commit()
    with time_machine.travel(noon(rep, 5), tick=False):
        browser = visit(rep)
        assert "wrong three times" in text(browser.get("/practice"))
        done = browser.send(f"/practice/{card.id}/again", {}, page="/practice", follow_redirects=True)
        assert "in your review again" in text(done)
    session.expire_all()
    assert queries.card(card.id).state == "scheduled"


def test_settings_and_leave(session, visit, cards, rep, tuesday):
    browser = visit(rep)
    sent = {"scheduler": "fsrs", "cap": "3", "hour": "8"}
    assert browser.send("/practice/settings", sent, page="/practice/settings").status_code == 303
    kept = queries.setting(rep.id)
    assert (kept.scheduler, kept.cap, kept.hour) == ("fsrs", 3, 8)
    refused = browser.send("/practice/settings", {**sent, "cap": "0"}, page="/practice/settings")
    assert (refused.status_code, "from 1 to 20" in text(refused)) == (422, True)
    browser.send("/practice/leave", {}, page="/practice/settings")
    assert "Your review rests" in text(browser.get("/practice"))
    browser.send("/practice/leave", {"back": "yes"}, page="/practice/settings")
    assert "of today" in text(browser.get("/practice")) or "Nothing is due" in text(browser.get("/practice"))
    assert {card.state for card in session.scalars(select(PracticeCard))} == {"scheduled"}


@pytest.mark.parametrize(("who", "status"), [("rosa", 200), ("milo", 200), ("enid", 200), ("otis", 404), ("olga", 404)])
def test_who_sees_what_is_held(visit, cast, cards, rep, who, status):
    answer = visit(getattr(cast, who)).get(f"/people/{rep.id}/practice")
    assert answer.status_code == status
    if status == 200:
        assert "6 " in text(answer)
        assert "Know it" in text(answer)


def test_a_weekend_asks_nothing(visit, cards, rep):
    with time_machine.travel(noon(rep, 5), tick=False):
        assert "rests on weekends" in text(visit(rep).get("/practice"))
    assert (MONDAY + timedelta(days=5)).weekday() == 5


def test_today_tells_of_the_review_until_it_is_done(visit, cards, rep, tuesday):
    browser = visit(rep)
    assert "5 questions, about 3 min" in text(browser.get("/"))
    page = browser.get("/practice")
    browser.send(card_on(page), fields(page), page="/practice")
    body = text(browser.get("/"))
    assert "4 questions, about 2 min" in body
    assert "Go on with today’s review" in body
    for _ in range(4):
        page = browser.get("/practice")
        browser.send(card_on(page), fields(page), page="/practice")
    assert "today’s review" not in text(browser.get("/"))
