"""What a person can do to an enrollment. One function per act; nothing commits, nothing reads the clock."""

from lms.learning.service.aside import close_check, note_carried, note_warm_up
from lms.learning.service.catching_up import catch_up
from lms.learning.service.checks import ask_again, let_go, set_aside, take_up, tell
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
from lms.learning.service.pausing import pause, resume
from lms.learning.service.progress import Opened, bookmark, complete_step, test_out, waive
from lms.learning.service.record import locked

__all__ = [
    "Opened",
    "activate",
    "ask_again",
    "bookmark",
    "catch_up",
    "close",
    "close_check",
    "close_left",
    "close_one_left",
    "complete_step",
    "enroll",
    "let_go",
    "locked",
    "may_take",
    "note_carried",
    "note_warm_up",
    "pause",
    "plan",
    "reopen",
    "resume",
    "set_aside",
    "take_up",
    "tell",
    "test_out",
    "waive",
    "withdraw",
]
