"""What a person can do with an assessment. One function per act; nothing commits, nothing reads the clock."""

from lms.assessment.service.grading import Graded
from lms.assessment.service.saving import save_answer, save_answers
from lms.assessment.service.sitting import (
    answer_check,
    close_attempt,
    close_overdue,
    grant_attempt,
    held,
    issue,
    submit,
)

__all__ = [
    "Graded",
    "answer_check",
    "close_attempt",
    "close_overdue",
    "grant_attempt",
    "held",
    "issue",
    "save_answer",
    "save_answers",
    "submit",
]
