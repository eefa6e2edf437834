"""From what a browser sends to what the services take: nothing typed is lost, nothing sent makes it stumble."""

from datetime import UTC, date, datetime

import pytest
from werkzeug.datastructures import MultiDict

from lms.policy import worksheet
from lms.transfer import forms
from tests.features.transfer.pages import FORM
from tests.features.transfer.stage import CONTENT, activity_step

STEP = activity_step()
SHEET = STEP.sheet
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_a_form_and_an_autosave_mean_the_same():
    assert forms.sheet_content(SHEET, FORM) == CONTENT
    assert forms.sheet_content(SHEET, {**FORM, "f-tone": ["warm"]}) == CONTENT
    assert forms.sheet_content(SHEET, MultiDict(FORM)) == CONTENT


def test_rows_keep_their_order_and_close_their_gaps():
    sent = {"r-concerns-10-concern": "last", "r-concerns-2-concern": "first", "r-concerns-2-answer": "a"}
    rows = forms.sheet_content(SHEET, sent)["concerns"]
    assert [row["concern"] for row in rows] == ["first", "last"]


@pytest.mark.parametrize(
    "sent",
    [
        {"r-concerns-9999-concern": "too far"},
        {"r-nothing-0-x": "unknown"},
        {"r-concerns--1-concern": "x"},
        {"f-opening": None},
        {"f-opening": ["a", "b"]},
        {"f-opening": {"a": 1}},
        {"f-tone": True},
        {"": ""},
    ],
)
def test_whatever_is_sent_becomes_content_that_can_be_checked(sent):
    content = forms.sheet_content(SHEET, sent)
    assert set(content) == {one.key for one in SHEET.fields}
    worksheet.validate(SHEET, content)


def test_problems_stand_where_they_were_typed_whatever_rows_are_empty():
    long = "x" * (tuple(SHEET.fields)[-1].columns[0].max_length + 1)
    sent = {"r-concerns-0-concern": " ", "r-concerns-3-concern": "fits", "r-concerns-5-concern": long}
    assert list(forms.messages_where_typed(SHEET, {**FORM, **sent})) == ["r-concerns-5-concern"]
    assert forms.messages_where_typed(SHEET, {}) == {}  # what is missing is no problem while one types


def test_problems_point_at_their_controls():
    problems = forms.messages(worksheet.validate(SHEET, {"concerns": [{"answer": "x"}]}))
    assert list(problems) == ["f-opening", "r-concerns-0-concern"]
    assert forms.labelled(STEP, problems) == [
        ("f-opening", "Your opening: Fill this in."),
        ("r-concerns-0-concern", "Concern 1, They say: Fill this in."),
    ]


def test_a_sentence_that_names_its_number_is_not_named_twice():
    told = {"n-contacts": "Contacts is 9, but Calls is only 3.", "met_manager": "Confirm it."}
    assert forms.labelled(STEP, told) == list(told.items())


@pytest.mark.parametrize(
    ("text", "found"),
    [("2026-03-02", date(2026, 3, 2)), (" 2026-03-02 ", date(2026, 3, 2)), ("2026-02-30", None), ("02.03.2026", None)],
)
def test_days(text, found):
    read = forms.Read()
    assert read.day(MultiDict({"on": text}), "on", "the day") == found
    assert bool(read.problems) is (found is None)


@pytest.mark.parametrize(
    ("text", "found"), [("1", 1), ("600", 600), ("0", None), ("601", None), ("-5", None), ("²", None), ("1e2", None)]
)
def test_whole_numbers_in_bounds(text, found):
    read = forms.Read()
    assert read.integer(MultiDict({"minutes": text}), "minutes", "the minutes", 1, 600) == found
    assert bool(read.problems) is (found is None)


def test_scores_say_what_is_missing():
    found, problems = forms.scores(STEP.field_rubric, {"seen-reason": "yes", "level-reason": "5"})
    assert found == {}
    assert list(problems) == ["level-reason", "seen-question"]
    found, problems = forms.scores(
        STEP.field_rubric, {"seen-reason": "yes", "level-reason": "4", "seen-question": "no", "level-question": "2"}
    )
    assert found == {"reason": {"seen": "yes", "level": 4}, "question": {"seen": "no", "level": None}}
    assert not problems


@pytest.mark.parametrize("level", ["²", "１", "9" * 5000, "-1", "1.0", ""])
def test_a_level_that_only_looks_like_a_number(level):
    found, problems = forms.scores(STEP.field_rubric, {"seen-reason": "yes", "level-reason": level})
    assert "reason" not in found
    assert "level-reason" in problems


def test_an_integer_of_thousands_of_digits_is_out_of_range():
    read = forms.Read()
    assert read.integer(MultiDict({"minutes": "9" * 5000}), "minutes", "the minutes", 1, 600) is None
    assert "minutes" in read.problems


@pytest.mark.parametrize("at", ["0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_tap_at_the_edge_of_time_counts_now(at):
    assert forms.taps({"taps": [{"client_id": "a", "kind": "calls", "at": at}]}, AT)[0].tapped_at == AT


def test_leads_are_lines():
    found, problem = forms.leads({"leads": "Adler; CRM-1; note; with; semicolons\n\n  Birch  \n"})
    assert not problem
    assert [(one.name, one.crm_key, one.note) for one in found] == [
        ("Adler", "CRM-1", "note; with; semicolons"),
        ("Birch", "", ""),
    ]
    assert forms.leads({"leads": "a\n" * 501})[1]


def test_a_tap_from_a_phone_whose_clock_is_ahead_counts_now():
    sent = {"taps": [{"client_id": "a", "kind": "calls", "at": "2027-01-01T00:00:00+00:00"}]}
    assert forms.taps(sent, AT)[0].tapped_at == AT
    sent = {"taps": [{"client_id": "a", "kind": "calls", "at": "2026-03-01T09:00:00"}]}
    assert forms.taps(sent, AT)[0].tapped_at == AT  # without a zone it could be any time
