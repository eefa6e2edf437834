"""What people, and the clock, do to a transfer activity. One function is one act; none commits."""

from lms.learning.service import Opened
from lms.transfer.service.closing import cancel, reopen, waive
from lms.transfer.service.drafting import Saved, begin, restore, save_draft, submit, withdraw
from lms.transfer.service.field import NewLead, Tap, observe, release, tally
from lms.transfer.service.moves import hold
from lms.transfer.service.reminders import (
    cancel_ended,
    ended,
    escalate_due,
    follow_lines,
    remind,
    remind_due,
    waiting,
)
from lms.transfer.service.results import query, report_results, verify
from lms.transfer.service.review import (
    acknowledge,
    adjust,
    approve,
    note,
    open_review,
    override_preparation,
    return_,
)

__all__ = [
    "NewLead",
    "Opened",
    "Saved",
    "Tap",
    "acknowledge",
    "adjust",
    "approve",
    "begin",
    "cancel",
    "cancel_ended",
    "ended",
    "escalate_due",
    "follow_lines",
    "hold",
    "note",
    "observe",
    "open_review",
    "override_preparation",
    "query",
    "release",
    "remind",
    "remind_due",
    "reopen",
    "report_results",
    "restore",
    "return_",
    "save_draft",
    "submit",
    "tally",
    "verify",
    "waiting",
    "waive",
    "withdraw",
]
