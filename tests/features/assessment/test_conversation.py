"""A conversation in a test, without JavaScript: turn by turn, and what was said first stays said."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from lms import clock
from lms.assessment import queries
from lms.assessment.models import Answer, Grade
from lms.learning import service as learning
from lms.policy.outline import Module
from tests.features.learning.samples import chunk, conversation, course, posttest, publish, single


@pytest.fixture
def attempt(rosa, milo, enid, visit):
    """The address of an open attempt on a conversation and a short answer."""
    test = replace(posttest(attempts=2), items=(conversation(), single("plain")))
    made = course(Module("one", "Module one", (chunk("a"), test)), key="talked")
    enrollment = learning.enroll(rosa.id, publish(made, enid), by=milo, at=clock.now() - timedelta(days=2))
    learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=clock.now() - timedelta(days=1))
    start = f"/courses/{enrollment.id}/assessments/one/posttest"
    return visit(rosa).send(start, page=start).location


def say(browser, attempt, **replies):
    """Press a reply: with it go the hidden fields of what was said before."""
    fields = {f"q-i-scenario.{turn}": reply for turn, reply in replies.items()}
    return browser.send(f"{attempt}/answers?said=q-i-scenario", fields, page=attempt)


def words(browser, attempt):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(attempt).get_data(as_text=True)))


def kept(session, attempt):
    session.expire_all()
    return queries.responses(attempt_id(attempt)).get("i-scenario")


def attempt_id(attempt):
    return UUID(attempt.rsplit("/", 1)[1])


def test_the_conversation_opens_turn_by_turn(session, visit, rosa, attempt):
    browser = visit(rosa)
    body = words(browser, attempt)
    assert "Send me an email." in body
    assert "What it costs." not in body, "what comes later is not given away"
    answered = say(browser, attempt, hello="ask")
    assert (answered.status_code, answered.location) == (303, f"{attempt}#q-i-scenario")
    assert "What it costs." in words(browser, attempt)
    say(browser, attempt, hello="ask", open="later")
    assert "Goodbye." in words(browser, attempt)
    assert kept(session, attempt) == {"replies": {"hello": "ask", "open": "later"}}


def test_what_was_said_first_stays_said(session, visit, rosa, attempt):
    browser = visit(rosa)
    say(browser, attempt, hello="yes")
    say(browser, attempt, hello="ask", open="number")  # the back button, and another reply
    assert kept(session, attempt) == {"replies": {"hello": "yes"}}
    page = browser.get(attempt).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    sent = {"item": "i-scenario", "response": {"replies": {"hello": "ask"}}, "client_id": "one"}
    answered = browser.post(f"{attempt}/answers", json=sent, headers={"X-CSRFToken": token})
    assert answered.status_code == 200
    assert kept(session, attempt) == {"replies": {"hello": "yes"}}
    assert session.scalars(select(Answer.response).order_by(Answer.number)).all()[-1] == {"replies": {"hello": "yes"}}


def test_it_is_graded_by_what_was_said(session, visit, rosa, attempt):
    browser = visit(rosa)
    say(browser, attempt, hello="ask")
    said = {"q-i-scenario.hello": "ask", "q-plain": "a"}
    asked = browser.send(f"{attempt}/submission", said, page=attempt)
    assert "The conversation is not over yet." in asked.get_data(as_text=True)
    say(browser, attempt, hello="ask", open="later")
    said["q-i-scenario.open"] = "later"
    browser.send(f"{attempt}/submission", said, page=attempt)
    [grade] = session.scalars(select(Grade))
    assert grade.detail["items"]["i-scenario"]["share"] == "2/3"
    statement = json.dumps(grade.detail)
    assert "plain" in statement


def test_the_result_tells_where_it_turned(visit, rosa, attempt):
    browser = visit(rosa)
    say(browser, attempt, hello="ask")
    say(browser, attempt, hello="ask", open="number")
    said = {"q-i-scenario.hello": "ask", "q-i-scenario.open": "number", "q-plain": "a"}
    done = browser.send(f"{attempt}/submission", said, page=attempt, follow_redirects=True)
    body = done.get_data(as_text=True)
    assert "It went on." in body
    assert "Passed" in body
