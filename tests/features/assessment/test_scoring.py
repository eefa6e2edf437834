"""Answers that a person scores: handed in, scored once, and what that opens."""

import io
import json
import os
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from lms.assessment import queries, scoring_queries, service
from lms.assessment.models import AttemptScoring, Grade, ItemRepair, Recording
from lms.assessment.recordings import Store
from lms.assessment.service import Marks
from lms.catalog import bank_queries
from lms.db import db
from lms.demo.answers import spoken
from lms.errors import RuleViolation
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.mail.models import Message
from lms.people import service as people
from lms.policy import sequencing
from lms.policy.attempts import StartState
from lms.policy.outline import Module, Purpose
from lms.policy.repair import Remedy
from lms.practice.service.sources import worth_asking
from lms.statements.models import LedgerEntry, OwedStatement
from tests.features.learning.samples import AT, chunk, course, posttest, publish, recorded, single, written

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
TEST = posttest(attempts=2, cooldown_hours=0)
TEST = replace(TEST, items=(single("plain"), written("letter", points=3)), threshold_bp=7500)
TRY = replace(posttest(), key="try", purpose=Purpose.FORMATIVE, items=(recorded("said"),))
COURSE = course(
    Module("one", "Module one", (TEST,)),
    Module("two", "Module two", (TRY, chunk("after", items=0)), requires=("one",)),
    key="scored",
)
BEST = Marks({"reason": 3, "request": 4}, {"reason": "A fact, and theirs."})
MIDDLE = Marks({"reason": "2", "request": "3"})  # 1/2 and 2/3: 7/12 of three points


@pytest.fixture
def enrollment(rosa, milo, enid):
    return learning.enroll(rosa.id, publish(COURSE, enid), by=milo, at=AT)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "recordings", 1024 * 1024)


def held(attempt_id):
    found = queries.sitting(attempt_id, for_update=True)
    assert found is not None
    return found


def hand_in(enrollment, rosa, text="You start a second shift.", *, plain="a", at=AT):
    attempt = service.issue(enrollment, "one/posttest", by=rosa, at=at)
    answers = {"plain": {"choice": plain}, **({"letter": {"text": text}} if text else {})}
    service.save_answers(held(attempt.id), answers, at=at)
    return held(attempt.id), service.submit(held(attempt.id), at=at + MINUTE)


def entries(enrollment, kind):
    return list(
        db.session.scalars(
            select(LedgerEntry).where(LedgerEntry.registration == enrollment.id, LedgerEntry.kind == kind)
        )
    )


def statements():
    return [json.loads(body) for body in db.session.scalars(select(OwedStatement.body).order_by(OwedStatement.seq))]


def mails(kind):
    return list(db.session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))


def access(enrollment, at=AT):
    found = learning_queries.course_of(enrollment)
    facts = sequencing.Facts(learning_queries.done(enrollment.id), {}, scoring_queries.facts(enrollment.id, at))
    return sequencing.resolve(found, facts, at)


def refused(code):
    return pytest.raises(RuleViolation, match=code)


# ------------------------------------------------------------------------------------------- handing in


def test_what_a_person_scores_waits_for_that_person(session, enrollment, rosa, milo):
    sitting, handed_in = hand_in(enrollment, rosa)
    assert (handed_in.passed, handed_in.awaits, handed_in.opened.modules) == (False, True, ())
    assert (sitting.attempt.state, sitting.attempt.closed_at) == ("awaiting_review", AT + MINUTE)
    assert session.scalars(select(Grade)).all() == []
    (said,) = entries(enrollment, "attempt_handed_in")
    assert (said.facts["to_score"], said.facts["scorer"]["name"]) == (1, milo.name)
    (mail,) = mails("scoring_waits")
    assert (mail.to_address, rosa.name in mail.subject, "second shift" in mail.text) == (milo.email, True, False)
    locked = access(enrollment)["two/after"]
    assert (locked.code, locked.facts["who"], locked.facts["since"]) == ("waits_on_scoring", milo.name, AT + MINUTE)
    own = access(enrollment)["one/posttest"]
    assert (own.is_open, own.code, own.facts["who"]) == (True, "waiting_on_person", milo.name)


def test_what_is_said_about_a_typed_answer_is_its_length(session, enrollment, rosa):
    hand_in(enrollment, rosa, "You start a second shift.")
    said = [
        one["result"]
        for one in statements()
        if one["verb"]["id"].endswith("/answered") and "long-fill-in" in str(one["object"])
    ]
    assert len(said) == 1
    assert list(said[0]["extensions"].values()) == [25]
    assert said[0].keys() == {"extensions"}


def test_handing_in_twice_tells_nobody_twice(enrollment, rosa):
    sitting, _ = hand_in(enrollment, rosa)
    again = service.submit(sitting, at=AT + DAY)
    assert (again.awaits, again.is_new) == (True, False)
    assert len(mails("scoring_waits")) == len(entries(enrollment, "attempt_handed_in")) == 1


def test_an_empty_answer_needs_nobody(enrollment, rosa):
    sitting, handed_in = hand_in(enrollment, rosa, "")
    assert (handed_in.awaits, sitting.attempt.state) == (False, "graded")
    (row,) = queries.attempts_of(enrollment.id, "one/posttest")
    assert (row.grade.earned, row.grade.possible) == (1, 4)


def test_no_other_attempt_begins_meanwhile(enrollment, rosa):
    hand_in(enrollment, rosa)
    rows = queries.attempts_of(enrollment.id, "one/posttest")
    assert queries.start_of(TEST, rows, (), AT + DAY).state is StartState.AWAITING
    with refused("attempt_awaiting_review"):
        service.issue(enrollment, "one/posttest", by=rosa, at=AT + DAY)


def test_what_the_clock_closes_waits_too(enrollment, rosa, milo, enid):
    timed = replace(COURSE, key="timed", modules=(Module("one", "One", (replace(TEST, minutes=10),)),))
    short = learning.enroll(rosa.id, publish(timed, enid), by=milo, at=AT)
    attempt = service.issue(short, "one/posttest", by=rosa, at=AT)
    service.save_answers(held(attempt.id), {"letter": {"text": "Half a sent"}}, at=AT + MINUTE)
    assert service.close_overdue(AT + 11 * MINUTE) == 1
    assert held(attempt.id).attempt.state == "awaiting_review"
    scored = service.score_attempt(held(attempt.id), {"letter": BEST}, by=milo, at=AT + DAY)
    assert (scored.passed, held(attempt.id).attempt.state) == (True, "expired")


# ---------------------------------------------------------------------------------------------- scoring


def test_a_pass_opens_the_next_module_in_the_same_act(session, enrollment, rosa, milo):
    sitting, _ = hand_in(enrollment, rosa)
    scored = service.score_attempt(sitting, {"letter": BEST}, by=milo, at=AT + DAY)
    assert (scored.passed, scored.opened.modules) == (True, ("two",))
    (row,) = queries.attempts_of(enrollment.id, "one/posttest")
    assert (row.state, row.grade.earned, row.grade.possible, row.grade.cause) == ("graded", 4, 4, "scored")
    assert access(enrollment)["two/try"].is_open
    (said,) = entries(enrollment, "answer_scored")
    assert (said.actor_id, said.facts["levels"], said.facts["share"]) == (milo.id, [["reason", 3], ["request", 4]], "1")
    (graded,) = entries(enrollment, "attempt_graded")
    assert (graded.actor_id, graded.facts["passed"]) == (milo.id, True)
    (mail,) = mails("attempt_scored")
    assert (mail.to_address, "passed" in mail.text, "theirs" in mail.text) == (rosa.email, True, False)
    verbs = [one["verb"]["display"]["en-US"] for one in statements()]
    assert {"submitted", "scored", "passed"} <= set(verbs)


def test_the_verdict_is_exact(enrollment, rosa, milo):
    """1 + 3·7/12 = 11/4 of four points: 68.75 percent, and 75 are needed."""
    sitting, _ = hand_in(enrollment, rosa)
    scored = service.score_attempt(sitting, {"letter": MIDDLE}, by=milo, at=AT + DAY)
    (row,) = queries.attempts_of(enrollment.id, "one/posttest")
    assert (scored.passed, row.grade.earned) == (False, Fraction(11, 4))
    assert row.grade.detail["items"]["letter"]["share"] == "7/12"
    start = queries.start_of(TEST, queries.attempts_of(enrollment.id, "one/posttest"), (), AT + DAY)
    assert (start.state, start.left) == (StartState.MAY_START, 1)


@pytest.mark.parametrize(
    ("marks", "code"),
    [
        (Marks({}), "score_level_missing"),
        (Marks({"reason": 3}), "score_level_missing"),
        (Marks({"reason": 4, "request": 4}), "score_level_missing"),
        (Marks({"reason": 0, "request": 4}), "score_level_missing"),
        (Marks({"reason": True, "request": 4}), "score_level_missing"),
        (Marks({"reason": 3, "request": 4, "charm": 1}), "score_criterion_unknown"),
        (Marks({"reason": 3, "request": 4}, {"reason": "x" * 1001}), "score_comment_too_long"),
    ],
)
def test_half_a_score_is_no_score(session, enrollment, rosa, milo, marks, code):
    sitting, _ = hand_in(enrollment, rosa)
    with refused(code):
        service.score_attempt(sitting, {"letter": marks}, by=milo, at=AT + DAY)
    assert held(sitting.attempt.id).attempt.state == "awaiting_review"
    assert session.scalars(select(AttemptScoring)).all() == []


def test_nobody_scores_their_own_answer(enrollment, rosa):
    sitting, _ = hand_in(enrollment, rosa)
    with refused("own_work"):
        service.score_attempt(sitting, {"letter": BEST}, by=rosa, at=AT + DAY)


def test_the_second_scorer_hears_what_the_first_decided(enrollment, rosa, milo, enid):
    sitting, _ = hand_in(enrollment, rosa)
    service.score_attempt(sitting, {"letter": MIDDLE}, by=milo, at=AT + DAY)
    with refused("attempt_scored_already") as second:
        service.score_attempt(sitting, {"letter": BEST}, by=enid, at=AT + DAY + MINUTE)
    assert (second.value.facts["who"], second.value.facts["at"], second.value.facts["result"]) == (
        milo.name,
        AT + DAY,
        "not passed yet",
    )
    with refused("attempt_scored_already"):  # another opinion of the same person is one too
        service.score_attempt(sitting, {"letter": BEST}, by=milo, at=AT + DAY + MINUTE)


def test_the_same_score_sent_twice_is_one(session, enrollment, rosa, milo):
    sitting, _ = hand_in(enrollment, rosa)
    for minutes in range(2):
        scored = service.score_attempt(sitting, {"letter": BEST}, by=milo, at=AT + DAY + minutes * MINUTE)
    assert (scored.passed, scored.is_new) == (True, False)
    assert len(session.scalars(select(Grade)).all()) == len(mails("attempt_scored")) == 1


def test_an_open_attempt_has_nothing_to_score(enrollment, rosa, milo):
    attempt = service.issue(enrollment, "one/posttest", by=rosa, at=AT)
    with refused("attempt_not_awaiting"):
        service.score_attempt(held(attempt.id), {"letter": BEST}, by=milo, at=AT)


def test_a_score_stands_after_the_course_was_ended(enrollment, rosa, milo, enid):
    sitting, _ = hand_in(enrollment, rosa)
    learning.withdraw(enrollment, reason="Moves.", by=enid, at=AT + DAY)
    scored = service.score_attempt(sitting, {"letter": BEST}, by=milo, at=AT + 2 * DAY)
    assert (scored.passed, scored.opened.modules) == (True, ())


# ----------------------------------------------------------------------------------------------- repair


def repair(enrollment, key, enid, remedy=Remedy.NEUTRALIZE):
    line = next(row for row in bank_queries.search(bank_queries.Wanted(), 1).rows if row.key == key)
    return service.repair_item(
        bank_queries.item_line(line.id), 1, remedy, (), reason="Nobody could know.", by=enid, at=AT + 3 * DAY
    ).changed


def test_a_repair_keeps_what_the_person_marked(enrollment, rosa, milo, enid):
    """Without the plain question 7/12 of three points are left; with it right all the same, 11/4 of four."""
    sitting, _ = hand_in(enrollment, rosa, plain="b")
    service.score_attempt(sitting, {"letter": MIDDLE}, by=milo, at=AT + DAY)
    assert repair(enrollment, "plain", enid) == 1
    row = queries.attempts_of(enrollment.id, "one/posttest")[0]
    assert (row.grade.number, row.grade.earned, row.grade.possible) == (2, Fraction(11, 4), 4)


def test_a_repair_turns_a_fail_into_a_pass_and_never_back(session, enrollment, rosa, milo, enid):
    sitting, _ = hand_in(enrollment, rosa)
    service.score_attempt(sitting, {"letter": MIDDLE}, by=milo, at=AT + DAY)
    assert repair(enrollment, "letter", enid) == 1
    assert queries.attempts_of(enrollment.id, "one/posttest")[0].grade.passed
    assert repair(enrollment, "plain", enid, Remedy.DROP) == 0
    assert queries.attempts_of(enrollment.id, "one/posttest")[0].grade.passed
    assert len(session.scalars(select(ItemRepair)).all()) == 2


def test_a_repair_waits_for_the_score(enrollment, rosa, milo, enid):
    sitting, _ = hand_in(enrollment, rosa, plain="b")
    assert repair(enrollment, "plain", enid, Remedy.DROP) == 0
    service.score_attempt(sitting, {"letter": BEST}, by=milo, at=AT + 4 * DAY)
    (row,) = queries.attempts_of(enrollment.id, "one/posttest")
    assert (row.grade.earned, row.grade.possible, row.grade.passed) == (3, 3, True)


# -------------------------------------------------------------------------------------------- the queue


def waiting(person, *, at=AT + DAY, **more):
    return [row.learner for row in scoring_queries.waiting_on(person.id, at.date(), at, **more)]


def test_it_waits_on_the_manager_and_the_delegate_and_no_other(enrollment, cast, rosa, milo):
    assert waiting(milo) == []
    hand_in(enrollment, rosa)
    assert waiting(milo) == [rosa.name]
    assert waiting(cast.otis) == waiting(cast.vera) == waiting(cast.enid) == waiting(rosa, facilitates=True) == []
    people.delegate(milo, cast.otis, starts_on=AT.date(), ends_on=AT.date() + 3 * DAY, reason="Away", by=milo, at=AT)
    assert waiting(cast.otis) == [rosa.name]
    assert waiting(cast.olga, facilitates=True) == [rosa.name]


def test_a_facilitator_is_not_asked_about_their_own_manager(cast, rosa, milo, enid):
    own = learning.enroll(milo.id, publish(COURSE, enid), by=enid, at=AT)
    hand_in(own, milo)
    assert waiting(rosa, facilitates=True) == []
    assert waiting(cast.olga, facilitates=True) == [milo.name]


# ------------------------------------------------------------------------------------------- recordings


@pytest.fixture
def trying(enrollment, rosa, milo):
    sitting, _ = hand_in(enrollment, rosa)
    service.score_attempt(sitting, {"letter": BEST}, by=milo, at=AT + DAY)
    return service.issue(enrollment, "two/try", by=rosa, at=AT + DAY).id


def keep(attempt_id, store, data=None, at=AT + DAY):
    data = spoken("rosa") if data is None else data
    return service.keep_recording(held(attempt_id), "said", io.BytesIO(data), store, at=at)


def test_a_take_is_the_answer_and_the_next_replaces_it(trying, store):
    first, second = keep(trying, store), keep(trying, store, spoken("milo"))
    assert queries.responses(trying) == {"said": {"file": str(second.id)}}
    assert (first.media_type, store.path(first.sha256).read_bytes()) == ("audio/wav", spoken("rosa"))
    service.save_answers(held(trying), {"said": {}}, at=AT + DAY)  # an empty field takes nothing away
    assert queries.responses(trying) == {"said": {"file": str(second.id)}}


def test_the_same_bytes_lie_there_once(trying, store):
    keep(trying, store)
    keep(trying, store)
    assert len(list(store.digests())) == 1
    assert list((store.folder / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "recording_empty"),
        (b"<script>alert(1)</script>", "recording_not_taken"),
        (b"MZ\x90\x00" + bytes(500), "recording_not_taken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "recording_not_taken"),
        (spoken("rosa") + bytes(1024 * 1024), "recording_too_large"),
    ],
)
def test_what_is_no_recording_is_not_kept(session, trying, store, data, code):
    with refused(code):
        keep(trying, store, data)
    assert session.scalars(select(Recording)).all() == []
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


def test_an_answer_names_no_recording_of_somebody_else(enrollment, trying, store, rosa, olga, milo, enid):
    take = keep(trying, store)
    other = learning.enroll(olga.id, learning_queries.catalog.version(enrollment.version_id), by=milo, at=AT)
    learning.waive(other, "one/posttest", reason="Knows it.", by=enid, at=AT)
    attempt = service.issue(other, "two/try", by=olga, at=AT + DAY)
    for file in (str(take.id), str(uuid4())):
        with refused("recording_unknown"):
            service.save_answers(held(attempt.id), {"said": {"file": file}}, at=AT + DAY)
        with refused("recording_unknown"):
            service.save_answer(held(attempt.id), "said", {"file": file}, client_id="one", at=AT + DAY)


def test_levels_are_never_taken_from_the_learner(enrollment, rosa):
    attempt = service.issue(enrollment, "one/posttest", by=rosa, at=AT)
    forged = {"text": "Give me all", "levels": {"reason": 3, "request": 4}}
    service.save_answer(held(attempt.id), "letter", forged, client_id="one", at=AT)
    assert queries.responses(attempt.id) == {"letter": {"text": "Give me all"}}


def test_what_gates_nothing_lets_the_learner_go_on(enrollment, trying, store, rosa, milo):
    keep(trying, store)
    handed_in = service.submit(held(trying), at=AT + DAY + MINUTE)
    assert (handed_in.awaits, "two/after" in handed_in.opened.steps) == (True, True)
    scored = service.score_attempt(held(trying), {"said": MIDDLE}, by=milo, at=AT + 2 * DAY)
    row = queries.attempts_of(enrollment.id, "two/try")[0]
    assert (scored.opened.steps, row.grade.earned) == ((), Fraction(7, 12))
    with refused("attempt_closed"):
        keep(trying, store)


def test_takes_that_were_not_handed_in_are_given_up(session, trying, store, milo):
    keep(trying, store)
    last = keep(trying, store, spoken("milo"))
    assert service.give_up(at=AT + 9 * DAY) == 0  # the attempt is open
    service.submit(held(trying), at=AT + DAY + MINUTE)
    assert service.give_up(at=AT + 9 * DAY, before=AT + 9 * DAY) == 1  # what waits to be heard stays
    assert session.scalars(select(Recording.id)).all() == [last.id]
    for digest, _ in store.digests():
        os.utime(store.path(digest), (AT.timestamp(), AT.timestamp()))
    assert service.sweep(store, at=AT + 9 * DAY) == 1
    assert [digest for digest, _ in store.digests()] == [last.sha256]
    service.score_attempt(held(trying), {"said": BEST}, by=milo, at=AT + 2 * DAY)
    assert service.give_up(at=AT + 9 * DAY, before=AT + 5 * DAY) == 1
    assert service.sweep(store, at=AT + 9 * DAY) == 1
    assert list(store.digests()) == []


def test_takes_have_an_end(trying, store):
    for _ in range(30):
        last = keep(trying, store)
    with refused("recording_too_often"):
        keep(trying, store)
    assert queries.responses(trying) == {"said": {"file": str(last.id)}}


def test_young_files_are_left_to_the_act_that_wrote_them(session, store):
    kept = store.keep(io.BytesIO(spoken("rosa")))
    written = store.path(kept.sha256).stat().st_mtime
    at = AT.fromtimestamp(written, AT.tzinfo)
    assert service.sweep(store, at=at + timedelta(hours=23)) == 0
    assert service.sweep(store, at=at + timedelta(hours=25)) == 1


# -------------------------------------------------------------------------------------------- practice


def test_no_card_is_made_of_what_a_person_scores():
    asked = {item.key for module in COURSE.modules for _, item in worth_asking(module)}
    assert asked == {"plain"}


def test_levels_by_which_it_was_scored_are_those_of_the_form(enrollment, rosa, milo, enid):
    """A course published meanwhile with another rubric changes nothing for what was handed in."""
    sitting, _ = hand_in(enrollment, rosa)
    letter = written(
        "letter", points=3, rubric=replace(TEST.items[1].rubric, criteria=TEST.items[1].rubric.criteria[:1])
    )
    newer = replace(COURSE, modules=(Module("one", "Module one", (replace(TEST, items=(TEST.items[0], letter)),)),))
    publish(newer, enid, at=AT + MINUTE)
    with refused("score_level_missing"):
        service.score_attempt(sitting, {"letter": Marks({"reason": 3})}, by=milo, at=AT + DAY)
    assert service.score_attempt(sitting, {"letter": BEST}, by=milo, at=AT + DAY).passed
    assert UUID(sitting.form.version_id) == enrollment.version_id
