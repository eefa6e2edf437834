"""Forms: the base every WTForms form extends, strict numbers and dates, and the error summary.

A field that could not be read keeps what was typed, and its message says what is expected.
"""

import re
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, Field
from wtforms.validators import StopValidation
from wtforms.widgets import TextInput

# Digits in groups of three, separated by one kind of separator: 1,200 or 1 200 or 12,345,678.
GROUPED = re.compile(r"\d{1,3}(?:(?P<mark>[,\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE} ])\d{3})(?:(?P=mark)\d{3})*")
MOST_DIGITS = 12


def whole_number(text: str, *, name: str = "This", minimum: int | None = None, maximum: int | None = None) -> int:
    """The whole number a person typed; raises ValueError with a sentence that says what is expected.

    `42`, ` 42 ` and `1,200` are read; `12.5`, `1,2`, `4e2`, `１２` and words are not guessed at.
    """
    typed = text.strip()
    if not typed:
        raise ValueError(f"{name} needs a whole number, for example 12. Enter 0 if there was none.")
    sign, digits = (-1, typed[1:]) if typed[0] in "-\N{MINUS SIGN}" else (1, typed)
    if GROUPED.fullmatch(digits):
        digits = re.sub(r"\D", "", digits)
    if not digits.isascii() or not digits.isdigit() or len(digits) > MOST_DIGITS:
        raise ValueError(
            f"{name} must be a whole number such as 42, without letters or decimals. You typed “{typed[:40]}”."
        )
    value = sign * int(digits)
    if minimum is not None and maximum is not None and not minimum <= value <= maximum:
        raise ValueError(f"{name} must be between {minimum:,} and {maximum:,}. You typed {value:,}.")
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be {minimum:,} or more. You typed {value:,}.")
    if maximum is not None and value > maximum:
        raise ValueError(f"{name} must be {maximum:,} or less. You typed {value:,}.")
    return value


class Form(FlaskForm):
    """Base of all forms."""


class WholeNumber(Field):
    """A strict whole number; `data` is an int or None, and the typed text is shown again when it does not fit."""

    widget = TextInput()

    def __init__(
        self,
        label: str | None = None,
        validators: Any = None,
        *,
        minimum: int | None = 0,
        maximum: int | None = None,
        required: bool = True,
        **kwargs: Any,
    ) -> None:
        render = {"inputmode": "numeric", "autocomplete": "off", "class": "short", **kwargs.pop("render_kw", {})}
        super().__init__(label, validators or (), render_kw=render, **kwargs)
        self.minimum, self.maximum, self.must = minimum, maximum, required
        self.flags.required = required
        self.data: int | None = None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = valuelist[0] if valuelist else ""
        if not text.strip() and not self.must:
            self.data = None
            return
        self.data = None
        self.data = whole_number(text, name=self.label.text, minimum=self.minimum, maximum=self.maximum)

    def pre_validate(self, form: Any) -> None:
        if self.must and self.data is None and not self.process_errors:
            raise StopValidation(f"{self.label.text} needs a whole number, for example 12. Enter 0 if there was none.")


class FormDate(DateField):
    """A day. Browsers send YYYY-MM-DD; a date typed by hand is read in that form or as 3/31/2026."""

    def __init__(self, label: str | None = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%d", "%m/%d/%Y"], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata([one.strip() for one in valuelist if one.strip()])
        except ValueError as wrong:
            raise ValueError(f"{self.label.text} must be a date such as 2026-03-31.") from wrong

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return self.data.isoformat() if isinstance(self.data, date) else ""


def error_summary(form: Any) -> list[tuple[str, str]]:
    """(element id, message) of everything wrong, in the order of the fields; form-wide messages have an empty id."""
    if form is None:
        return []
    found = [("", str(message)) for message in getattr(form, "form_errors", ())]
    for field in form:
        for message in field.errors:
            nested = isinstance(message, dict | list | tuple)
            found.append((field.id, "Something in this part does not fit." if nested else str(message)))
    return found
