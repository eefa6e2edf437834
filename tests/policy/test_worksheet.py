"""Worksheets: cleaning, problems by path, completeness, and what changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import worksheet
from lms.policy.outline import Column, Field, FieldType, Option, Section, Sheet
from lms.policy.worksheet import ChangeKind, WordKind

TEXT, LONG, NUMBER, DATE = FieldType.TEXT, FieldType.LONG, FieldType.NUMBER, FieldType.DATE
CONCERNS = Field(
    "concerns",
    FieldType.ROWS,
    "Concern",
    min_rows=2,
    max_rows=3,
    columns=(Column("concern", "They say", required=True), Column("answer", "You say", LONG, max_length=20)),
)
SHEET = Sheet(
    "Call script",
    (
        Section(
            "opening",
            "Opening",
            (
                Field("line", LONG, "Your opening", required=True, max_length=40),
                Field("seconds", NUMBER, "Seconds"),
                Field("day", DATE, "Day"),
                Field("tone", FieldType.CHOICE, "Tone", options=(Option("warm", "Warm"), Option("dry", "Dry"))),
                Field("aloud", FieldType.CHECK, "Said aloud", required=True),
            ),
        ),
        Section("answers", "Answers", (CONCERNS,)),
    ),
)
FULL = {
    "line": "Hello, this is Rosa.",
    "seconds": "19",
    "day": "2026-03-02",
    "tone": "warm",
    "aloud": True,
    "concerns": [{"concern": "No time", "answer": "Two minutes"}, {"concern": "Send mail", "answer": ""}],
}


def codes(content, *, complete=True):
    return {path: problem.code for path, problem in worksheet.validate(SHEET, content, complete=complete).items()}


def test_a_full_worksheet_has_no_problem():
    assert codes(FULL) == {}
    assert worksheet.percent(SHEET, FULL) == 100


def test_an_empty_one_says_everything_that_is_missing():
    assert codes({}) == {"line": "required", "aloud": "required", "concerns": "rows_too_few"}
    assert worksheet.percent(SHEET, {}) == 0


def test_a_draft_may_be_unfinished_but_not_too_long():
    assert codes({}, complete=False) == {}
    assert codes({"line": "x" * 41}, complete=False) == {"line": "too_long"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"line": "x" * 40}, {}),
        ({"line": "x" * 41}, {"line": "too_long"}),
        ({"line": "   "}, {"line": "required"}),
        ({"seconds": ""}, {}),
        ({"seconds": "19.5"}, {}),
        ({"seconds": "-3"}, {}),
        ({"seconds": "1_9"}, {"seconds": "not_a_number"}),
        ({"seconds": "NaN"}, {"seconds": "not_a_number"}),
        ({"seconds": "1e999"}, {"seconds": "not_a_number"}),
        ({"seconds": "many"}, {"seconds": "not_a_number"}),
        ({"day": "2026-02-30"}, {"day": "not_a_date"}),
        ({"day": "2.3.2026"}, {"day": "not_a_date"}),
        ({"day": "20260302"}, {"day": "not_a_date"}),
        ({"tone": "loud"}, {"tone": "not_an_option"}),
        ({"aloud": "off"}, {"aloud": "required"}),
        ({"aloud": "on"}, {}),
        ({"concerns": [{"concern": "a"}]}, {"concerns": "rows_too_few"}),
        ({"concerns": [{"concern": "a"}] * 3}, {}),
        ({"concerns": [{"concern": "a"}] * 4}, {"concerns": "rows_too_many"}),
        ({"concerns": [{"concern": "a"}, {"answer": "b"}]}, {"concerns.1.concern": "required"}),
        ({"concerns": [{"concern": "a"}, {"concern": "b", "answer": "x" * 21}]}, {"concerns.1.answer": "too_long"}),
        # An empty row in between does not count, so the numbers of paths follow the rows that stay.
        ({"concerns": [{"concern": "a"}, {"concern": " "}, {"answer": "b"}]}, {"concerns.1.concern": "required"}),
    ],
)
def test_problems(change, problem):
    assert codes({**FULL, **change}) == problem


@pytest.mark.parametrize("junk", [None, 7, True, [], {}, [1, "a", None], {"concern": "a"}, "text"])
def test_content_of_the_wrong_shape_is_survived(junk):
    content = dict.fromkeys(FULL, junk)
    clean = worksheet.normalize(SHEET, content)
    assert worksheet.normalize(SHEET, clean) == clean
    assert isinstance(clean["line"], str)
    assert isinstance(clean["aloud"], bool)
    assert isinstance(clean["concerns"], list)
    worksheet.validate(SHEET, content)
    worksheet.diff(SHEET, content, FULL)


def test_normalize_drops_what_the_sheet_does_not_know_and_what_a_database_cannot_hold():
    clean = worksheet.normalize(
        SHEET, {"line": " a\x00b\r\nc\ud800 ", "evil": "x", "concerns": [{"concern": "a", "x": "y"}]}
    )
    assert clean["line"] == "ab\nc"
    assert "evil" not in clean
    assert clean["concerns"] == [{"concern": "a", "answer": ""}]


@pytest.mark.parametrize(
    ("content", "percent"),
    [
        ({"line": "x"}, 33),
        ({"line": "x", "aloud": True}, 66),
        ({"line": "x", "aloud": True, "concerns": [{"concern": "a"}]}, 83),
        ({"line": "x", "aloud": True, "concerns": [{"concern": "a"}, {"answer": "b"}]}, 83),
        # Enough full rows, and one that was begun: not yet 100, because it cannot be submitted like this.
        ({"line": "x", "aloud": True, "concerns": [{"concern": "a"}, {"concern": "b"}, {"answer": "c"}]}, 83),
    ],
)
def test_percent(content, percent):
    assert worksheet.percent(SHEET, content) == percent
    assert codes(content)


def test_what_does_not_fit_is_not_there_yet():
    wrong = {**FULL, "seconds": "abc", "concerns": [{"concern": "a"}, {"concern": "b", "answer": "x" * 21}]}
    assert worksheet.filled(SHEET, FULL) == set(FULL)
    assert worksheet.filled(SHEET, wrong) == set(FULL) - {"seconds", "concerns"}
    assert worksheet.percent(SHEET, {**FULL, "seconds": "abc"}) == 75  # optional, but it would be refused
    assert worksheet.percent(SHEET, wrong) == 62
    # An answer that is merely missing is not wrong: what stands beside it counts.
    assert worksheet.filled(SHEET, {"concerns": [{"concern": "a"}]}) == {"concerns"}


def test_percent_counts_every_field_where_none_is_required():
    sheet = Sheet("Loose", (Section("a", "A", (Field("one", TEXT, "One"), Field("two", TEXT, "Two"))),))
    assert worksheet.percent(sheet, {"one": "x"}) == 50


def test_no_difference():
    assert worksheet.diff(SHEET, FULL, {**FULL, "line": FULL["line"] + "  ", "unknown": 1}) == ()


def test_differences_by_field():
    new = {**FULL, "line": "Hello, this is Rosa Diaz.", "seconds": "12", "tone": "dry", "aloud": False}
    changes = worksheet.diff(SHEET, FULL, new)
    assert [(one.path, one.old, one.new) for one in changes] == [
        ("line", "Hello, this is Rosa.", "Hello, this is Rosa Diaz."),
        ("seconds", "19", "12"),
        ("tone", "Warm", "Dry"),
        ("aloud", "Yes", "No"),
    ]
    assert [(word.kind, word.text) for word in changes[0].words] == [
        (WordKind.SAME, "Hello, this is Rosa"),
        (WordKind.ADDED, " Diaz"),
        (WordKind.SAME, "."),
    ]
    assert [(word.kind, word.text) for word in changes[1].words] == [(WordKind.REMOVED, "19"), (WordKind.ADDED, "12")]
    assert {one.section for one in changes} == {"Opening"}


def test_a_cell_that_changed():
    rows = [{"concern": "No time", "answer": "One minute"}, FULL["concerns"][1]]
    (change,) = worksheet.diff(SHEET, FULL, {**FULL, "concerns": rows})
    assert (change.path, change.label, change.kind) == ("concerns.0.answer", "Concern 1: You say", ChangeKind.CHANGED)


def test_a_row_put_in_on_top_leaves_the_others_alone():
    rows = [{"concern": "Too dear", "answer": "Against what?"}, *FULL["concerns"]]
    changes = worksheet.diff(SHEET, FULL, {**FULL, "concerns": rows})
    assert [(one.path, one.kind, one.new) for one in changes] == [
        ("concerns.0.concern", ChangeKind.ROW_ADDED, "Too dear"),
        ("concerns.0.answer", ChangeKind.ROW_ADDED, "Against what?"),
    ]


def test_a_row_taken_out():
    changes = worksheet.diff(SHEET, FULL, {**FULL, "concerns": FULL["concerns"][1:]})
    assert [(one.path, one.kind, one.old) for one in changes] == [
        ("concerns.0.concern", ChangeKind.ROW_REMOVED, "No time"),
        ("concerns.0.answer", ChangeKind.ROW_REMOVED, "Two minutes"),
    ]


TEXTS = st.text(alphabet="ab c.,'’-\néß1", max_size=60)


@given(TEXTS, TEXTS)
def test_a_redline_reads_as_the_old_and_as_the_new(old, new):
    words = worksheet.redline(old, new)
    assert "".join(word.text for word in words if word.kind is not WordKind.ADDED) == old
    assert "".join(word.text for word in words if word.kind is not WordKind.REMOVED) == new
    if old == new:
        assert all(word.kind is WordKind.SAME for word in words)


def test_a_redline_strikes_words_not_letters():
    words = worksheet.redline("We don't call today", "We can't call today")
    assert [(word.kind, word.text) for word in words] == [
        (WordKind.SAME, "We "),
        (WordKind.REMOVED, "don't"),
        (WordKind.ADDED, "can't"),
        (WordKind.SAME, " call today"),
    ]


CELLS = st.text(alphabet="abc ", max_size=5)
CONTENTS = st.fixed_dictionaries(
    {
        "line": TEXTS,
        "aloud": st.booleans(),
        "concerns": st.lists(st.fixed_dictionaries({"concern": CELLS, "answer": CELLS}), max_size=4),
    }
)


@given(CONTENTS, CONTENTS)
def test_there_is_a_difference_exactly_where_the_clean_contents_differ(old, new):
    clean = [worksheet.normalize(SHEET, content) for content in (old, new)]
    assert bool(worksheet.diff(SHEET, old, new)) == (clean[0] != clean[1])


@given(CONTENTS)
def test_100_percent_exactly_when_it_can_be_submitted(content):
    assert (worksheet.percent(SHEET, content) == 100) == (not worksheet.validate(SHEET, content))
