"""What happens to cards. One function per act; nothing commits, nothing reads the clock. Every function appends to the
log; where a card stands follows from it.
"""

from lms.practice.service.answering import (
    Answered,
    answer,
    begin_again,
    drawn,
    drawn_before,
    shown,
    shown_before,
)
from lms.practice.service.card_log import SCHEDULERS
from lms.practice.service.settings import catch_up, come_back, configure, leave, remind
from lms.practice.service.sources import MOST_PER_MODULE, take_source, void_answers, worth_asking

__all__ = [
    "MOST_PER_MODULE",
    "SCHEDULERS",
    "Answered",
    "answer",
    "begin_again",
    "catch_up",
    "come_back",
    "configure",
    "drawn",
    "drawn_before",
    "leave",
    "remind",
    "shown",
    "shown_before",
    "take_source",
    "void_answers",
    "worth_asking",
]
