"""What a person can do with an assessment. One function per act; nothing commits, nothing reads the clock."""

from lms.assessment.service.grading import Graded
from lms.assessment.service.previewing import ask_preview, preview, work_off_preview
from lms.assessment.service.recording import give_up, keep_recording, sweep
from lms.assessment.service.repairing import is_large, repair_item, version_of, wanted, work_off
from lms.assessment.service.rescoring import is_correction, revise_score
from lms.assessment.service.saving import check_answer, save_answer, save_answers
from lms.assessment.service.scoring import Marks, score_attempt
from lms.assessment.service.sitting import (
    answer_check,
    close_attempt,
    close_overdue,
    grant_attempt,
    held,
    issue,
    let_check_go,
    submit,
)
from lms.assessment.service.waiting import watch_scoring

__all__ = [
    "Graded",
    "Marks",
    "answer_check",
    "ask_preview",
    "check_answer",
    "close_attempt",
    "close_overdue",
    "give_up",
    "grant_attempt",
    "held",
    "is_correction",
    "is_large",
    "issue",
    "keep_recording",
    "let_check_go",
    "preview",
    "repair_item",
    "revise_score",
    "save_answer",
    "save_answers",
    "score_attempt",
    "submit",
    "sweep",
    "version_of",
    "wanted",
    "watch_scoring",
    "work_off",
    "work_off_preview",
]
