"""States of courses and transfer activities as a reader meets them on these pages."""

from collections.abc import Mapping

from lms.dashboard.queries import EnrollmentLine

STATUS_WORDS: Mapping[str, str] = {
    "preparing": "worksheet begun",
    "in_review": "waits for review",
    "returned": "returned for another round",
    "approved": "approved, before the field",
    "in_field": "in the field",
    "results_in": "numbers wait for confirmation",
    "verified": "verified",
    "waived": "waived",
    "cancelled": "cancelled",
}
STATE_WORDS: Mapping[str, str] = {
    "planned": "planned",
    "paused": "paused",
    "satisfied": "completed",
    "withdrawn": "withdrawn",
    "closed_unfinished": "ended unfinished",
}


def status_words(status: str) -> str:
    return STATUS_WORDS.get(status, status.replace("_", " "))


def course_state(line: EnrollmentLine) -> str:
    """Where somebody stands in a course: the transfer activity under way says most, then how much is done."""
    if line.state != "active":
        return STATE_WORDS.get(line.state, line.state)
    if line.open_activity:
        return status_words(line.open_activity)
    return "learning" if line.done.value else "not begun"
