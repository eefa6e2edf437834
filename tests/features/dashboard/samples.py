"""Pages as text, and people on courses in numbers."""

import re
from datetime import UTC, datetime
from html import unescape
from uuid import uuid4

from lms.db import db
from lms.learning.models import Enrollment, StepCompletion
from lms.transfer.models import TransferActivity
from tests.factories import make_user
from tests.features.transfer.stage import STEP

SINCE = datetime(2026, 2, 2, 15, 0, tzinfo=UTC)


def words(answer) -> str:
    """What a reader sees, in one line."""
    main = answer.get_data(as_text=True).partition("<main")[2].partition(">")[2].partition("</main>")[0]
    main = re.sub(r'<span class="cell-note only-narrow">.*?</span>', "", main)  # what only a phone shows
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def make_enrollment(user, version, **overrides) -> Enrollment:
    values = {"user_id": user.id, "line_id": version.line_id, "version_id": version.id, "assigned_at": SINCE}
    row = Enrollment(id=uuid4(), **{**values, "activated_at": SINCE, **overrides})
    db.session.add(row)
    db.session.flush()
    return row


def make_activity(enrollment, status="in_review", **overrides) -> TransferActivity:
    values = {"enrollment_id": enrollment.id, "step_key": STEP, "rep_id": enrollment.user_id, "status": status}
    row = TransferActivity(id=uuid4(), title="Your call script", round=1, **{**values, **overrides})
    if status in {"in_review", "results_in"}:
        row.waiting_since = overrides.get("waiting_since", SINCE)
    db.session.add(row)
    db.session.flush()
    return row


def complete(enrollment, *keys, how="read") -> None:
    for key in keys:
        db.session.add(StepCompletion(enrollment_id=enrollment.id, step_key=key, completed_at=SINCE, how=how))
    db.session.flush()


def make_waiting_team(size: int, version, *, manager, name="Rep"):
    """`size` reps of `manager`, each with a worksheet that waits for review."""
    people = [make_user(f"{name} {number:03}", roles=("rep",), manager=manager) for number in range(size)]
    for person in people:
        make_activity(make_enrollment(person, version))
    return people


def statements_of(visit, person, page, counter) -> int:
    browser = visit(person)
    browser.get(page)  # what is read once per process is read
    counter.statements.clear()
    assert browser.get(page).status_code == 200
    return len(counter)
