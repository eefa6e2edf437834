"""The words of a transfer activity's states, moves and capacities, for screens and paper."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

STATUS: Mapping[str, str] = {
    "preparing": "Preparing",
    "in_review": "In review",
    "returned": "Returned",
    "approved": "Approved, not in the field yet",
    "in_field": "In the field",
    "results_in": "Results reported",
    "verified": "Verified",
    "waived": "Waived",
    "cancelled": "Cancelled",
}
MOVES: Mapping[str, str] = {
    "submit": "submitted round {round}",
    "withdraw": "took the submission back",
    "approve": "approved",
    "adjust": "approved with edits",
    "return": "returned it",
    "acknowledge": "acknowledged the edits",
    "release": "handed over to the field",
    "observe": "observed",
    "report": "reported results",
    "query": "asked about the numbers",
    "verify": "confirmed the numbers",
    "waive": "waived it",
    "cancel": "cancelled it",
    "reopen": "reopened it",
    "remind": "reminded the reviewer",
    "escalate": "escalated it",
    "override": "let it be decided without preparation",
}
CAPACITIES: Mapping[str, str] = {
    "rep": "",
    "manager": "",
    "delegate": "as delegate",
    "stand_in": "as stand-in",
    "admin": "as admin",
    "system": "",
}
MODES = (
    ("live", "Live, beside the rep"),
    ("joint", "Joint call or meeting"),
    ("recorded", "From a recording"),
)
SEEN: Mapping[str, str] = {"yes": "Did it", "no": "Did not do it", "no_chance": "No chance to show it"}
MARKS = (("met", "Met"), ("not_yet", "Not yet"))


def full_day(day: date) -> str:
    """`March 2, 2026`: with the year, for what is printed and kept."""
    return f"{day:%B} {day.day}, {day.year}"


def move_words(move: Any) -> str:
    """`Milo Hart returned it as delegate`."""
    said = MOVES.get(move.move, move.move).format(round=move.round)
    capacity = CAPACITIES.get(move.capacity, "")
    return " ".join(part for part in (move.by_name or "The clock", said, capacity) if part)


def rounds_of(moves: Iterable[Any]) -> dict[int, int]:
    """Round by revision: in which round each state of the worksheet was handed on."""
    handed = {"submit", "approve", "adjust"}
    return {move.revision: move.round for move in moves if move.move in handed and move.revision is not None}


def version_name(revision: Any, rounds: Mapping[int, int]) -> str:
    """`Round 1 (version 3)`; a draft that was kept belongs to no round."""
    if revision.kind == "draft" or revision.number not in rounds:
        return f"Version {revision.number}"
    return f"Round {rounds[revision.number]} (version {revision.number})"


def revision_words(revision: Any, activity: Any, rounds: Mapping[int, int]) -> str:
    """Which state of the worksheet this is: on screen and on paper."""
    if revision.kind == "draft":
        return f"Kept draft, version {revision.number}"
    name = version_name(revision, rounds)
    words = f"{name}, " + ("edited by the manager" if revision.kind == "adjusted" else "submitted")
    if activity.approved_revision == revision.number:
        words = f"{name}, approved"
        if revision.kind == "adjusted":
            words += " with edits"
    return words
