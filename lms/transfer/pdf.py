"""The worksheet as a PDF: the same content as the screen, tagged for screen readers (PDF/UA-1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from lms.policy.outline import Column, Field, FieldType, Sheet

TEMPLATE = Path(__file__).parent / "templates" / "transfer" / "worksheet.typ"


@dataclass(frozen=True, slots=True)
class Print:
    """What stands on the paper around the answers. `version` says which revision this is, in words."""

    company: str
    course: str
    rep: str
    version: str
    date: str
    note: str = ""


def worksheet_pdf(sheet: Sheet, content: Mapping[str, Any], about: Print, *, at: datetime) -> bytes:
    """The bytes of the PDF. Content is data to the template, never markup. Same input and `at`, same bytes."""
    data = {
        "title": sheet.title,
        "company": about.company,
        "course": about.course,
        "rep": about.rep,
        "version": about.version,
        "date": about.date,
        "note": about.note,
        "description": f"{sheet.title} by {about.rep}, {about.version}",
        "footer": f"{about.company} · {about.rep} · {about.version} · {about.date}",
        "sections": [
            {"title": section.title, "fields": [_field(field, content.get(field.key)) for field in section.fields]}
            for section in sheet.sections
        ],
    }
    try:
        return _compile(data, at, is_accessible=True)
    except typst.TypstError as wrong:
        if "could not be displayed" not in str(wrong):
            raise
        # PDF/UA forbids a character that no font here can draw. The paper is still wanted, tagged as before,
        # with that character shown as missing.
        return _compile(data, at, is_accessible=False)


def _compile(data: Mapping[str, object], at: datetime, *, is_accessible: bool) -> bytes:
    return typst.compile(
        _template(),
        format="pdf",
        sys_inputs={"data": json.dumps(data)},
        pdf_standards="ua-1" if is_accessible else None,
        timestamp=int(at.timestamp()),
    )


@cache
def _template() -> bytes:
    return TEMPLATE.read_bytes()


def _field(field: Field, value: object) -> dict[str, object]:
    if field.type is FieldType.ROWS:
        rows = value if isinstance(value, list) else []
        return {
            "label": field.label,
            "type": "rows",
            "columns": [column.label for column in field.columns],
            "rows": [[_text(column, row.get(column.key, "")) for column in field.columns] for row in rows],
        }
    return {"label": field.label, "type": "value", "value": _text(field, value)}


def _text(field: Field | Column, value: object) -> str:
    """The answer as the screen shows it: a choice by its words, a check as yes or no."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    text = "" if value is None else str(value)
    if isinstance(field, Field) and field.type is FieldType.CHOICE:
        return next((option.text for option in field.options if option.key == text), text)
    return text
