"""A broken question is repaired: who passes now, what it opens, what is said; and that nothing is taken back."""

import json
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select

from lms import clock, worker
from lms.assessment import queries, repair_queries, service
from lms.assessment.models import Grade, ItemRepair, RepairPreview
from lms.assessment.service import repairing
from lms.catalog import queries as catalog_queries
from lms.catalog.models import ItemLine
from lms.errors import RuleViolation
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.mail.models import Message
from lms.policy.outline import Item, ItemType, Module
from lms.policy.repair import Effect, Remedy
from lms.statements.models import LedgerEntry, OwedStatement
from tests.conftest import make_settings
from tests.factories import make_user
from tests.features.learning.samples import chunk, course, posttest, publish, single

AT = clock.now() - timedelta(days=20)
DAY = timedelta(days=1)
ITEMS = (
    *(single(f"q{n}") for n in range(4)),
    Item("gate", ItemType.SHORT, "What ends a stage?", "know", "It does.", accept=("exit criterion",)),
)


@pytest.fixture
def version(enid):
    made = course(
        Module("one", "Module one", (chunk("a"), replace(posttest(), items=ITEMS))),
        Module("two", "Module two", (chunk("b", prefix="two-"),), requires=("one",)),
        key="broken",
    )
    return publish(made, enid)


def sit(version, person, by, right, gate="exit criterion", *, submit=True):
    """An attempt with the first `right` choices right, and a word for the gate."""
    enrollment = learning.enroll(person.id, version, by=by, at=AT)
    learning.complete_step(enrollment, "one/a", how="read", by=person, at=AT)
    attempt = service.issue(enrollment, "one/posttest", by=person, at=AT + DAY)
    sitting = queries.sitting(attempt.id)
    answers = {f"q{n}": {"choice": "a" if n < right else "b"} for n in range(4)}
    service.save_answers(sitting, {**answers, "gate": {"text": gate}}, at=AT + DAY)
    if submit:
        service.submit(sitting, at=AT + DAY)
    return enrollment, attempt


def line(session, key):
    return session.scalars(select(ItemLine).where(ItemLine.key == key)).one()


def decide(session, enid, key, remedy, accepted=(), reason="The key was wrong."):
    return service.repair_item(line(session, key), 1, remedy, accepted, reason=reason, by=enid, at=AT + 2 * DAY).changed


def grades(session, attempt):
    return session.scalars(select(Grade).where(Grade.attempt_id == attempt.id).order_by(Grade.number)).all()


def test_a_repair_passes_who_should_have_passed(session, version, rosa, milo, enid):
    enrollment, attempt = sit(version, rosa, milo, right=3, gate="Proof point")
    assert [grade.passed for grade in grades(session, attempt)] == [False]
    assert decide(session, enid, "gate", Remedy.ACCEPT, ["proof point"]) == 1
    first, second = grades(session, attempt)
    assert (first.number, first.passed, first.earned_numerator) == (1, False, 3)
    assert (second.number, second.passed, second.earned_numerator, second.cause) == (2, True, 4, "repaired")
    assert learning_queries.done(enrollment.id)["one/posttest"].how == "passed"
    kinds = session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq)).all()
    assert kinds[-1] == "item_repaired"
    assert kinds.count("attempt_graded") == 2
    assert "module_opened" in kinds[kinds.index("attempt_graded") + 1 :]
    [letter] = session.scalars(select(Message).where(Message.kind == "item_repaired"))
    assert letter.user_id == rosa.id
    assert "You pass it now." in letter.text
    assert "The key was wrong." in letter.text


def test_the_statement_says_why(session, version, rosa, milo, enid):
    sit(version, rosa, milo, right=3, gate="Proof point")
    decide(session, enid, "gate", Remedy.NEUTRALIZE)
    said = [json.loads(body) for body in session.scalars(select(OwedStatement.body).order_by(OwedStatement.seq))]
    graded = [one for one in said if one["verb"]["id"].endswith("/passed")]
    [passed] = graded
    assert "repaired" in passed["context"]["extensions"].values()
    assert passed["result"]["score"]["raw"] == 4


@pytest.mark.parametrize(
    ("right", "gate", "remedy", "accepted", "effect"),
    [
        (3, "Proof point", Remedy.NEUTRALIZE, [], Effect.PASSES_NOW),
        (2, "Proof point", Remedy.NEUTRALIZE, [], Effect.MORE_POINTS),
        (4, "Proof point", Remedy.ACCEPT, ["proof point"], Effect.MORE_POINTS),
        (4, "exit criterion", Remedy.DROP, [], None),
        (3, "Proof point", Remedy.ACCEPT, ["gate"], None),
    ],
)
def test_the_preview_is_what_happens(session, version, rosa, milo, enid, right, gate, remedy, accepted, effect):
    _, attempt = sit(version, rosa, milo, right, gate)
    before = [grade.id for grade in grades(session, attempt)]
    shown = service.preview(line(session, "gate"), 1, remedy, accepted)
    assert shown.sat == 1
    assert [(change.person, change.effect) for change in shown.changes] == ([(rosa.name, effect)] if effect else [])
    assert [grade.id for grade in grades(session, attempt)] == before, "a preview writes nothing"
    assert decide(session, enid, "gate", remedy, accepted) == len(shown.changes)
    latest = grades(session, attempt)[-1]
    for change in shown.changes:
        assert change.earned == Fraction(latest.earned_numerator, latest.earned_denominator)
        assert (shown.passes, shown.gains) == (int(effect is Effect.PASSES_NOW), int(effect is Effect.MORE_POINTS))


def test_nobodys_pass_is_taken_back(session, version, rosa, milo, enid):
    enrollment, attempt = sit(version, rosa, milo, right=4)
    decide(session, enid, "q0", Remedy.DROP)
    decide(session, enid, "q1", Remedy.DROP)
    assert [grade.passed for grade in grades(session, attempt)] == [True]
    assert "one/posttest" in learning_queries.done(enrollment.id)


def test_an_open_attempt_is_graded_by_the_decision_when_it_is_handed_in(session, version, rosa, milo, enid):
    _, attempt = sit(version, rosa, milo, right=3, gate="Proof point", submit=False)
    assert decide(session, enid, "gate", Remedy.ACCEPT, ["proof point"]) == 0
    done = service.submit(queries.sitting(attempt.id), at=AT + 3 * DAY)
    assert done.passed
    assert [grade.cause for grade in grades(session, attempt)] == ["submitted"]


def test_repairs_add_up_over_time(session, version, rosa, milo, enid):
    _, attempt = sit(version, rosa, milo, right=2, gate="Proof point")
    decide(session, enid, "gate", Remedy.NEUTRALIZE)
    decide(session, enid, "q3", Remedy.ACCEPT, ["b"])
    assert [(grade.passed, grade.earned_numerator) for grade in grades(session, attempt)] == [
        (False, 2),
        (False, 3),
        (True, 4),
    ]


def test_only_the_version_that_was_wrong_is_repaired(session, version, rosa, milo, enid):
    _, attempt = sit(version, rosa, milo, right=3, gate="Proof point")
    with pytest.raises(RuleViolation) as refusal:
        service.repair_item(line(session, "gate"), 2, Remedy.DROP, (), reason="Wrong.", by=enid, at=AT)
    assert refusal.value.code == "item_unknown"
    assert len(grades(session, attempt)) == 1


@pytest.mark.parametrize(
    ("remedy", "accepted", "reason", "code"),
    [
        (Remedy.NEUTRALIZE, (), " ", "item_reason_missing"),
        (Remedy.ACCEPT, (), "Why.", "repair_answer_missing"),
        (Remedy.ACCEPT, ("  ",), "Why.", "repair_answer_missing"),
    ],
)
def test_what_is_refused_decides_nothing(session, version, enid, remedy, accepted, reason, code):
    with pytest.raises(RuleViolation) as refusal:
        decide(session, enid, "gate", remedy, accepted, reason)
    assert refusal.value.code == code
    assert session.scalars(select(ItemRepair)).all() == []


def test_the_same_decision_twice_is_one(session, version, rosa, milo, enid):
    _, attempt = sit(version, rosa, milo, right=3, gate="Proof point")
    decide(session, enid, "gate", Remedy.NEUTRALIZE)
    with pytest.raises(RuleViolation) as refusal:
        decide(session, enid, "gate", Remedy.NEUTRALIZE)
    assert refusal.value.code == "repair_decided_already"
    assert len(grades(session, attempt)) == 2


def test_the_learners_page_says_so(session, visit, version, rosa, milo, enid):
    _, attempt = sit(version, rosa, milo, right=3, gate="Proof point")
    decide(session, enid, "gate", Remedy.NEUTRALIZE)
    body = visit(rosa).get(f"/attempts/{attempt.id}/result").get_data(as_text=True)
    assert "A question was repaired" in body
    assert "What ends a stage?" in body
    assert "Passed on attempt 1" in body


def test_a_preview_takes_as_many_statements_for_many_as_for_few(session, version, milo, enid, count_statements):
    def counted():
        session.expire_all()
        item = line(session, "gate")
        before = len(count_statements)
        found = service.preview(item, 1, Remedy.ACCEPT, ["proof point"])
        return len(count_statements) - before, found.sat, len(found.changes)

    for name in ("Ada Holm", "Ben Roth"):
        sit(version, make_user(name, roles=("rep",)), milo, right=3, gate="Proof point")
    few, *told = counted()
    assert told == [2, 2]
    for number in range(4):
        sit(version, make_user(f"Rep {number}", roles=("rep",)), milo, right=3, gate="Proof point")
    many, *told = counted()
    assert told == [6, 6]
    assert many == few


def test_many_are_worked_off_a_part_at_a_time_and_the_page_says_how_far(
    session, visit, version, milo, enid, monkeypatch
):
    """Also when the worker dies in between, and what is handed in meanwhile is graded by the decision."""
    monkeypatch.setattr(repairing, "AT_ONCE", 2)
    monkeypatch.setattr(repairing, "PART", 2)
    people = [make_user(f"Rep {n}") for n in range(5)]
    sat = [sit(version, person, milo, right=3, gate="Proof point")[1] for person in people]
    _, late = sit(version, make_user("Late"), milo, right=3, gate="Proof point", submit=False)
    assert decide(session, enid, "gate", Remedy.ACCEPT, ["proof point"]) == 0
    [repair_id] = repair_queries.unfinished_repairs()
    item = line(session, "gate")
    assert "0</strong> of 5 tests looked through" in visit(enid).get(f"/admin/items/{item.id}").get_data(as_text=True)
    with session.begin_nested() as part:
        service.work_off(repair_id, AT + 3 * DAY)
        part.rollback()
    session.expire_all()
    service.work_off(repair_id, AT + 3 * DAY)
    service.submit(queries.sitting(late.id), at=AT + 3 * DAY)
    body = visit(enid).get(f"/admin/items/{item.id}/repairs").get_data(as_text=True)
    assert "2</strong> of 5 tests looked through" in body
    assert 'hx-get="' in body
    while repair_queries.unfinished_repairs():
        service.work_off(repair_id, AT + 4 * DAY)
    assert [len(grades(session, attempt)) for attempt in (*sat, late)] == [2, 2, 2, 2, 2, 1]
    assert all(grades(session, attempt)[-1].passed for attempt in (*sat, late))
    letters = session.scalars(select(Message).where(Message.kind == "item_repaired")).all()
    assert len(letters) == 5
    row = session.get(ItemRepair, repair_id)
    assert row.changed == 5, "the late one had no more to get, whether it was looked at or not"
    assert "5 results became better." in visit(enid).get(f"/admin/items/{item.id}").get_data(as_text=True)
    assert service.work_off(repair_id, AT + 5 * DAY).changed == 5


def test_the_worker_finishes_what_was_decided(session, version, milo, enid, monkeypatch, tmp_path):
    monkeypatch.setattr(repairing, "AT_ONCE", 0)
    _, attempt = sit(version, make_user("Rep"), milo, right=3, gate="Proof point")
    decide(session, enid, "gate", Remedy.ACCEPT, ["proof point"])
    session.commit()
    [duty] = [one for one in worker.duties(make_settings("sqlite://", tmp_path), {}) if one.name == "regrade"]
    assert duty.run(clock.now())
    assert not duty.run(clock.now())
    assert grades(session, attempt)[-1].passed


def test_what_many_tests_would_become_is_found_out_by_the_worker(
    session, visit, version, milo, enid, monkeypatch, tmp_path
):
    """A part at a time, with progress on the page, and the same as it would be in the request."""
    monkeypatch.setattr(repairing, "AT_ONCE", 2)
    monkeypatch.setattr(repairing, "PART", 2)
    for number in range(5):
        sit(version, make_user(f"Rep {number}"), milo, right=2 + number % 2, gate="Proof point")
    item = line(session, "gate")
    where, browser = f"/admin/items/{item.id}/repair", visit(enid)
    sent = {"version": "1", "remedy": "accept", "accepted": "proof point"}
    assert browser.send(f"{where}/preview", {**sent, "accepted": ""}, page=where).status_code == 422
    answer = browser.send(f"{where}/preview", sent, page=where)
    browser.send(f"{where}/preview", sent, page=where)  # asked twice, found out once
    [preview_id] = repair_queries.unfinished_previews()
    fragment = f"{where}/preview?version=1&remedy=accept&accepted=proof+point"
    body = browser.get(answer.location).get_data(as_text=True)
    assert "0</strong> of 5 tests looked through" in body
    assert "Decide and regrade" not in body
    service.work_off_preview(preview_id, AT + 2 * DAY)
    body = browser.get(fragment).get_data(as_text=True)
    assert "2</strong> of 5 tests looked through" in body
    assert 'hx-get="' in body
    session.commit()
    [duty] = [one for one in worker.duties(make_settings("sqlite://", tmp_path), {}) if one.name == "preview-repair"]
    while duty.run(clock.now()):
        pass
    body = browser.get(fragment).get_data(as_text=True)
    assert "5 attempts had this version. 2 would pass now, 3 would have more points, 0 stay as they are." in body
    assert "Decide and regrade" in body
    found = service.preview(line(session, "gate"), 1, Remedy.ACCEPT, ["proof point"])
    kept = repair_queries.preview_row(session.get(RepairPreview, preview_id))
    assert (kept.sat, kept.passes, kept.gains) == (found.sat, found.passes, found.gains)
    assert {one.attempt_id: one for one in kept.changes} == {one.attempt_id: one for one in found.changes}
    assert len(session.scalars(select(Grade)).all()) == 5, "nothing is decided by it"
    # Once something is decided, what was found before is not true any more.
    service.repair_item(line(session, "q0"), 1, Remedy.DROP, [], reason="Wrong.", by=enid, at=clock.now())
    assert browser.get(fragment).status_code == 404


def test_the_page_offers_to_accept_what_is_not_right_already(session, visit, version, enid):
    item = line(session, "q0")
    body = visit(enid).get(f"/admin/items/{item.id}/repair").get_data(as_text=True)
    assert "Another wrong answer" in body
    assert "The right answer to q0" not in body
    steps = [step.title for module in catalog_queries.course(version.id).modules for _, step in module.keyed_steps]
    page = visit(enid).get(f"/admin/items/{item.id}").get_data(as_text=True)
    assert any(f": {title}</a>" in page for title in steps)
