"""Answers whose worth a person says: what marks earn, what may be answered, what waits and what that locks."""

import io
import wave
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from lms.errors import RuleViolation
from lms.policy import attempts, grading, recordings, responses, rubric, sequencing
from lms.policy.attempts import Past, StartState
from lms.policy.grading import Mark
from lms.policy.items import SCORED_BY_PERSON, Item, ItemType, Option
from lms.policy.lint import items as lint
from lms.policy.outline import Assessment, Chunk, Course, Module, Purpose
from lms.policy.rubric import Criterion, Rubric
from lms.policy.sequencing import Done, Facts, ScoringFact

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
TAKE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
CALL = Rubric(
    "call",
    "The call",
    (
        Criterion("reason", "Reason", "Gives one.", ("None", "A product", "A fact", "A consequence")),
        Criterion("request", "Request", "Makes one.", ("None", "One")),
    ),
)


def item(type_=ItemType.LONG_TEXT, **parts):
    values = {"key": "x", "prompt": "Say it.", "objective": "know", "explanation": "So.", "rubric": CALL}
    return Item(type=type_, **{**values, **parts})


WRITTEN, SPOKEN = item(), item(ItemType.RECORDING)


@pytest.mark.parametrize(
    ("levels", "share"),
    [
        ({}, Fraction(0)),
        ({"reason": 1, "request": 1}, Fraction(0)),
        ({"reason": 4, "request": 2}, Fraction(1)),
        ({"reason": 3, "request": 2}, Fraction(5, 6)),
        ({"reason": 2, "request": 1}, Fraction(1, 6)),
        ({"request": 2}, Fraction(1, 2)),
    ],
)
def test_the_lowest_level_earns_nothing_and_the_highest_all(levels, share):
    assert rubric.share(CALL, levels) == share


def test_a_rubric_without_criteria_earns_nothing():
    assert rubric.share(Rubric("r", "R", ()), {}) == 0


def test_levels_come_in_the_rubrics_order_and_from_a_form():
    assert list(rubric.checked(CALL, {"request": "2", "reason": 4}).items()) == [("reason", 4), ("request", 2)]


@pytest.mark.parametrize("level", [None, "", 0, 5, -1, True, 2.0, "two", "\N{SUPERSCRIPT TWO}", "002"])
def test_what_is_no_level_of_the_rubric_is_asked_for(level):
    with pytest.raises(RuleViolation, match="score_level_missing"):
        rubric.checked(CALL, {"reason": level, "request": 1})


def test_the_answer_is_worth_what_was_marked_and_nothing_before():
    answer = {"text": "You start a second shift."}
    assert grading.grade(WRITTEN, answer).share == 0
    scored = grading.grade(WRITTEN, {**answer, "levels": {"reason": 3, "request": 1}})
    assert (scored.share, scored.mark) == (Fraction(1, 3), Mark.PARTLY)
    assert scored.marks == {"reason": Mark.PARTLY, "request": Mark.WRONG}
    assert not grading.grade(WRITTEN, {"text": " "}).is_answered


@pytest.mark.parametrize(
    ("one", "raw", "kept"),
    [
        (WRITTEN, {}, {}),
        (WRITTEN, {"text": " \r\n "}, {}),
        (WRITTEN, {"text": "One\r\ntwo \x00"}, {"text": "One\ntwo"}),
        (WRITTEN, {"text": "Mine", "levels": {"reason": 4}}, {"text": "Mine"}),
        (SPOKEN, {}, {}),
        (SPOKEN, {"file": ""}, {}),
        (SPOKEN, {"file": TAKE.upper(), "levels": {"reason": 4}}, {"file": TAKE}),
    ],
)
def test_what_is_kept_of_an_answer(one, raw, kept):
    assert responses.clean(one, raw) == kept
    assert responses.clean(one, kept) == kept
    assert responses.is_answered(one, kept) is bool(kept)
    assert responses.pattern(one, kept) == next(iter(kept.values()), "")
    assert responses.problem(one, kept) == ("" if kept else "answer_missing")


@pytest.mark.parametrize(
    ("one", "raw", "code"),
    [
        (item(max_length=10), {"text": "x" * 11}, "response_too_long"),
        (WRITTEN, {"text": 3}, "response_malformed"),
        (SPOKEN, {"file": "../../etc/passwd"}, "response_malformed"),
        (SPOKEN, {"file": ["a"]}, "response_malformed"),
    ],
)
def test_what_is_no_answer_is_refused(one, raw, code):
    with pytest.raises(RuleViolation, match=code):
        responses.clean(one, raw)


def test_the_end_of_a_line_is_one_sign_however_the_browser_sends_it():
    assert responses.clean(item(max_length=3), {"text": "a\r\nb"}) == {"text": "a\nb"}
    assert (responses.longest(item(max_length=3)), responses.longest(SPOKEN)) == (3, 250)


def test_a_recording_is_replaced_and_never_taken_away():
    other = {"file": str(UUID(int=7))}
    assert responses.settled(SPOKEN, {"file": TAKE}, {}) == {"file": TAKE}
    assert responses.settled(SPOKEN, {"file": TAKE}, other) == other
    assert responses.settled(WRITTEN, {"text": "Old"}, {}) == {}  # a text may be deleted


def test_only_what_was_answered_needs_a_person():
    plain = Item("p", ItemType.SINGLE, "?", "know", "", options=(Option("a", "A", Fraction(1)),))
    items = (plain, replace(WRITTEN, key="w"), replace(SPOKEN, key="s"))
    answers = {"p": {"choice": "a"}, "w": {"text": "Yes."}, "s": {}}
    assert [one.key for one in grading.needs_person(items, answers)] == ["w"]
    assert {one for one in ItemType if Item("k", one, "", "", "").is_scored_by_person} == SCORED_BY_PERSON


# --------------------------------------------------------------------------------------------- attempts


def test_no_attempt_begins_while_one_waits():
    test = Assessment("t", "T", Purpose.POST, (WRITTEN,), cooldown_hours=0)
    waits, failed = Past(1, AT, None, awaits=True), Past(1, AT, passed=False)
    assert attempts.may_start(test, (waits,), 0, AT + timedelta(days=1)).state is StartState.AWAITING
    assert attempts.may_start(test, (failed, replace(waits, number=2)), 0, AT).state is StartState.AWAITING
    assert attempts.may_start(test, (failed,), 0, AT).state is StartState.MAY_START
    assert attempts.may_start(test, (Past(1, None, None),), 0, AT).state is StartState.RESUME
    passed = Past(2, AT, passed=True)
    assert attempts.may_start(test, (passed, waits), 0, AT).state is StartState.PASSED


def test_a_test_that_waits_is_open_for_nobody_and_locks_with_a_name():
    test = Assessment("t", "The opening", Purpose.POST, (WRITTEN,))
    course = Course(
        "c", "C", (Module("one", "One", (test,)), Module("two", "Two", (Chunk("a", "A", 3, "A"),), requires=("one",)))
    )
    waits = Facts(scoring={"one/t": ScoringFact("Milo", AT, UUID(int=2))})
    found = sequencing.resolve(course, waits, AT)
    assert (found["one/t"].is_open, found["one/t"].code, found["one/t"].facts["who"]) == (
        True,
        "waiting_on_person",
        "Milo",
    )
    lock = found["two/a"]
    assert (lock.code, lock.facts["who"], lock.facts["who_id"], lock.facts["since"]) == (
        "waits_on_scoring",
        "Milo",
        UUID(int=2),
        AT,
    )
    assert sequencing.resolve(course, Facts(), AT)["two/a"].code == "opens_after_pass"
    after = Facts({"one/t": Done(AT, "passed")}, scoring=waits.scoring)
    assert sequencing.resolve(course, after, AT)["two/a"].is_open


# ------------------------------------------------------------------------------------------------- lint


def codes(step):
    return [finding.code for finding in lint.check(Course("c", "C", (Module("one", "One", (step,)),)))]


@pytest.mark.parametrize("one", [WRITTEN, SPOKEN])
def test_it_stands_where_an_answer_may_wait(one):
    assert codes(Assessment("t", "T", Purpose.POST, (one,))) == []
    assert codes(Assessment("t", "T", Purpose.FORMATIVE, (one,))) == []
    for purpose in (Purpose.PRE, Purpose.TEST_OUT, Purpose.DELAYED):
        assert "person_in_pretest" in codes(Assessment("t", "T", purpose, (one,)))
    assert codes(Chunk("a", "A", 3, "A", items=(one,))) == ["person_in_chunk"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"rubric": None}, ["rubric_missing"]),
        ({"rubric": Rubric("r", "R", ())}, ["rubric_missing"]),
        ({"rubric": Rubric("r", "R", (Criterion("a", "A", "A", ("One",)),))}, ["levels_too_few"]),
        ({"points": 0}, ["points_zero"]),
    ],
)
def test_it_can_be_scored(changes, expected):
    assert [finding.code for finding in lint.check_item(item(**changes))] == expected


# ------------------------------------------------------------------------------------------- recordings


def wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return out.getvalue()


EBML = b"\x1a\x45\xdf\xa3" + bytes(30)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(30)


@pytest.mark.parametrize(
    ("head", "tail", "found"),
    [
        (wav(), b"", "audio/wav"),
        (EBML + b"A_OPUS", b"", "audio/webm"),
        (EBML + b"V_VP8 A_OPUS", b"", "video/webm"),
        (b"\x00\x00\x00\x1cftypM4A " + bytes(30), b"moov soun", "audio/mp4"),
        (MP4, b"moov hdlr vide soun", "video/mp4"),  # what a phone writes last
        (MP4 + b"hdlr soun", b"", "audio/mp4"),
        (b"\x00\x00\x00\x14ftypqt  " + bytes(30), b"vide", "video/quicktime"),
        (b"OggS" + bytes(24) + b"OpusHead", b"", "audio/ogg"),
        (b"OggS" + bytes(24) + b"\x80theora", b"", "video/ogg"),
        (b"ID3\x04" + bytes(30), b"", "audio/mpeg"),
        (b"\xff\xfb\x90\x00" + bytes(30), b"", "audio/mpeg"),
        (b"\xff\xf1\x50\x80" + bytes(30), b"", "audio/aac"),
        (b"fLaC" + bytes(30), b"", "audio/flac"),
        (b"#!AMR\n" + bytes(30), b"", "audio/amr"),
        (b"", b"", None),
        (b"\xff", b"", None),
        (b"\xff\xd8\xff\xe0" + bytes(30), b"", None),  # a photograph
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"", None),
        (b"<!doctype html>", b"", None),
        (b"<svg xmlns=", b"", None),
        (b"%PDF-1.7", b"vide", None),
        (b"PK\x03\x04", b"", None),
        (b"\x7fELF", b"", None),
    ],
)
def test_a_recording_is_known_by_its_bytes(head, tail, found):
    assert recordings.media_type(head, tail) == found
    assert found is None or found in recordings.SUFFIX
