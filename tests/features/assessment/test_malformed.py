"""Answers that no page of ours would send: refused in words for every type, nothing kept, never an error of ours."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.assessment.models import Answer
from lms.learning import service as learning
from lms.policy.outline import Module
from tests.features.learning.samples import chunk, conversation, course, every_type, posttest, publish

ITEMS = (*every_type(), conversation())
LONG = "x" * 100_000
ANSWERS = {200, 400, 409}
NUL, LONE = "a\x00b", "\ud800"
SHAPES = (
    None,
    [],
    0,
    {"nonsense": 1},
    {"choice": ["a"]},
    {"choice": {"a": 1}},
    {"choice": LONG},
    {"choice": LONE},
    {"choices": "ab"},
    {"choices": [["a"], {}]},
    {"choices": [LONE]},
    {"choices": ["a"] * 10_000 + ["zz"]},
    {"best": 1, "worst": []},
    {"best": "zz", "worst": "a"},
    {"number": 12.5},
    {"number": LONG},
    {"number": LONE},
    {"places": {"a": 0}},
    {"places": {"a": 10**30}},
    {"places": {"a": 1.5}},
    {"places": {"a": True}},
    {"places": {"zz": 1}},
    {"places": [["a", 1]]},
    {"pairs": {"a": ["b"]}},
    {"pairs": {"a": 5}},
    {"pairs": {LONE: "a"}},
    {"text": LONG},
    {"text": LONE},
    {"text": ["a"]},
    {"gaps": {"one": "zz"}},
    {"gaps": {"two": LONG}},
    {"gaps": {"two": LONE}},
    {"gaps": {"one": {"a": 1}}},
    {"gaps": [1]},
    {"replies": {"hello": ["ask"]}},
    {"replies": {"open": {}}},
    {"replies": {LONE: "ask"}},
    {"replies": "ask"},
)


@pytest.fixture
def attempt(rosa, enid, visit):
    made = course(Module("one", "One", (replace(posttest(), items=ITEMS),)), key="malformed")
    enrollment = learning.enroll(rosa.id, publish(made, enid), by=enid, at=clock.now() - timedelta(days=1))
    start = f"/courses/{enrollment.id}/assessments/one/posttest"
    return visit(rosa).send(start, page=start).location


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.type.value)
def test_no_shape_of_answer_is_an_error_of_ours(session, visit, rosa, attempt, item):
    browser = visit(rosa)
    headers = {"X-CSRFToken": browser.token_for(attempt), "Accept": "application/json"}
    for number, shape in enumerate(SHAPES):
        sent = {"item": item.key, "client_id": str(number), "response": shape}
        answer = browser.post(f"{attempt}/answers", json=sent, headers=headers)
        assert answer.status_code in ANSWERS, (shape, answer.status_code)
        if answer.status_code != 200:
            assert answer.get_json()["message"], shape
    kept = session.scalars(select(Answer.response)).all()
    assert all(response == {} for response in kept), "what means nothing for this type is no answer"
    assert browser.get(attempt).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"item": NUL, "response": {}},
        {"item": LONE, "response": {}},
        {"item": "i-short", "client_id": NUL, "response": {"text": NUL}},
        {"item": "i-short", "client_id": LONE, "response": {"text": "a"}},
        {"item": "i-short", "client_id": {"a": 1}, "response": {"text": "a"}},
        {"fields": {"q-i-short": NUL, "was-i-short": LONE}},
        {"fields": {"q-i-multiple": [[], {}], "q-i-order.a": 1e308}},
        {"fields": {"q-i-short": LONE}},
        {"lock_version": LONE, "fields": {}},
        [1],
        "a",
    ],
    ids=str,
)
def test_no_envelope_is_an_error_of_ours(visit, rosa, attempt, sent):
    browser = visit(rosa)
    headers = {"X-CSRFToken": browser.token_for(attempt), "Accept": "application/json"}
    answer = browser.post(f"{attempt}/answers", json=sent, headers=headers)
    assert answer.status_code in ANSWERS
    assert browser.get(attempt).status_code == 200


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (NUL, 400, "NUL"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}", 200, "There is a problem"),
        (LONG, 200, "There is a problem"),
    ],
    ids=["nul", "override", "long"],
)
def test_no_field_of_a_form_is_an_error_of_ours(visit, rosa, attempt, text, status, said):
    browser = visit(rosa)
    names = [f"q-{item.key}{tail}" for item in ITEMS for tail in ("", ".a", ".one", ".best", ".hello")]
    answer = browser.send(f"{attempt}/submission", {**dict.fromkeys(names, text), "client_id": text}, page=attempt)
    assert answer.status_code == status
    assert said in answer.get_data(as_text=True)


def test_a_text_that_is_too_long_for_a_check_comes_back_to_be_shortened(visit, rosa, enid):
    made = course(Module("one", "One", (replace(chunk("a"), items=every_type()), posttest())), key="checked")
    enrollment = learning.enroll(rosa.id, publish(made, enid), by=enid, at=clock.now() - timedelta(days=1))
    typed = {"q-i-short": "x" * 251, "q-i-cloze.two": "y" * 251, "q-i-numeric": "12"}
    page = f"/courses/{enrollment.id}/steps/one/a"
    answer = visit(rosa).send(f"/courses/{enrollment.id}/checks/one/a", typed, page=page)
    assert answer.status_code == 422
    body = answer.get_data(as_text=True)
    for text in typed.values():
        assert f'value="{text}"' in body
    assert "too long" in body
