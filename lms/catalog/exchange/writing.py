"""The formats that questions can be written in, by name."""

from collections.abc import Callable, Mapping, Sequence

from lms.catalog.exchange.csv_writer import write_csv
from lms.catalog.exchange.gift_writer import write_gift
from lms.catalog.exchange.model import Question
from lms.catalog.exchange.moodle_writer import write_moodle
from lms.catalog.exchange.qti_writer import write_package
from lms.catalog.exchange.report import Writing

WRITERS: Mapping[str, Callable[[Sequence[Question]], Writing]] = {
    "gift": write_gift,
    "moodle-xml": write_moodle,
    "qti-2.2": lambda questions: write_package(questions, "2.2"),
    "qti-3.0": lambda questions: write_package(questions, "3.0"),
    "csv": write_csv,
}
FORMATS = tuple(WRITERS)


def write(questions: Sequence[Question], form: str) -> Writing:
    """The questions in one of `FORMATS`, and what it could not hold."""
    return WRITERS[form](questions)
