"""What a person can do to an enrollment. One function per act; nothing commits, nothing reads the clock."""

from lms.learning.service.enrolling import (
    activate,
    close,
    close_left,
    close_one_left,
    enroll,
    may_take,
    plan,
    reopen,
    withdraw,
)
from lms.learning.service.progress import Opened, bookmark, complete_step, test_out, waive
from lms.learning.service.record import locked

__all__ = [
    "Opened",
    "activate",
    "bookmark",
    "close",
    "close_left",
    "close_one_left",
    "complete_step",
    "enroll",
    "locked",
    "may_take",
    "plan",
    "reopen",
    "test_out",
    "waive",
    "withdraw",
]
