"""Strict numbers and dates: what is read, what is refused, and that what was typed comes back."""

import pytest
from wtforms import StringField
from wtforms.validators import InputRequired

from lms.web.forms import Form, FormDate, WholeNumber, error_summary, whole_number


class Sample(Form):
    calls = WholeNumber("Calls", maximum=500)
    extra = WholeNumber("Extra", required=False)
    held = FormDate("Held on")
    name = StringField("Name", [InputRequired("Enter a name.")])


@pytest.fixture
def read(app):
    def _read(**data: str) -> Sample:
        with app.test_request_context(method="POST", data={"name": "Rosa", "held": "2026-03-31", "calls": "1", **data}):
            form = Sample(meta={"csrf": False})
            form.validate()
            # Drawn while the request is there, as a page does.
            form.html = {field.name: str(field()) for field in form}
            return form

    return _read


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("42", 42),
        (" 42 ", 42),
        ("1,200", 1200),
        ("1 200", 1200),
        ("12,345,678", 12345678),
        ("0", 0),
        ("007", 7),
        ("−3", -3),
    ],
)
def test_whole_numbers_are_read(typed, value):
    assert whole_number(typed) == value


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "12.5",
        "1,2",
        "1,20",
        "1,2000",
        "4e2",
        "forty",
        "１２",
        "²",
        "1_000",
        "+-1",
        "--1",
        "1" * 13,
        "0x10",
        "1,200 300",
    ],
)
def test_whatever_is_not_a_whole_number_is_refused_in_words(typed):
    with pytest.raises(ValueError, match="whole number"):
        whole_number(typed, name="Calls")


def test_bounds_are_named():
    with pytest.raises(ValueError, match=r"Calls must be between 0 and 500\. You typed 501\."):
        whole_number("501", name="Calls", minimum=0, maximum=500)
    with pytest.raises(ValueError, match="must be 0 or more"):
        whole_number("-1", minimum=0)


def test_a_valid_form_has_values(read):
    form = read(calls="1,2".replace(",2", "2"), extra="")
    assert (form.calls.data, form.extra.data, form.errors) == (12, None, {})


def test_a_wrong_number_keeps_what_was_typed(read):
    form = read(calls="forty", extra="9" * 14)
    assert 'value="forty"' in form.html["calls"]
    assert form.calls.data is None
    assert "You typed “forty”" in form.calls.errors[0]
    assert form.extra.errors


def test_an_empty_number_says_what_to_enter(read):
    assert read(calls="").calls.errors == ["Calls needs a whole number, for example 12. Enter 0 if there was none."]


def test_dates(read):
    assert read(held=" 2026-03-31 ").held.data.isoformat() == "2026-03-31"
    assert read(held="3/31/2026").held.data.isoformat() == "2026-03-31"
    wrong = read(held="31.3.2026")
    assert wrong.held.errors == ["Held on must be a date such as 2026-03-31."]
    assert 'value="31.3.2026"' in wrong.html["held"]


def test_the_summary_names_the_fields_in_order(read):
    found = error_summary(read(calls="x", name=""))
    assert [id for id, _ in found] == ["calls", "name"]
    assert found[1][1] == "Enter a name."
    assert error_summary(None) == []
