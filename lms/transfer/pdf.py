"""The worksheet as a PDF: the same content as the screen, tagged for screen readers (PDF/UA-1)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from lms.policy.outline import Sheet
from lms.transfer.stages import Answer, answers

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
            {"title": section.title, "fields": [_answer(one) for one in section.answers]}
            for section in answers(sheet, content)
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


def _answer(one: Answer) -> dict[str, object]:
    if one.type == "rows":
        return {
            "label": one.label,
            "type": "rows",
            "columns": list(one.columns),
            "rows": [list(row) for row in one.rows],
        }
    return {"label": one.label, "type": "value", "value": one.text}
