"""What has stayed of a module, in words that do not contradict what stands beside them."""

from datetime import date

import pytest

from lms.learning.standings import in_words
from lms.policy.later import CheckFact, CheckState, Due
from lms.web import formats

DAY = date(2026, 10, 28)


@pytest.mark.parametrize(
    ("mastered", "slipped", "words"),
    [
        (("a", "b"), (), "Mastered on {day}"),
        (("a",), ("b",), "Passed on {day}; 1 objective slipped"),
        ((), ("a", "b"), "Passed on {day}; 2 objectives slipped"),
    ],
)
def test_a_passed_check_is_not_called_mastered_beside_what_slipped(app, mastered, slipped, words):
    fact = CheckFact("checks/one", 1, CheckState.PASSED, Due(DAY, DAY), DAY, mastered, slipped)
    with app.app_context():
        assert in_words(fact, date(2026, 11, 1)) == (
            "done",
            words.format(day=formats.day(DAY)),
        )  # with its year, once that is over
