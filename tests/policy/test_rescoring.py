"""Who may look at a score again, and what it may not do to the verdict."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from lms.errors import RuleViolation
from lms.policy.repair import Before
from lms.policy.rescoring import check, may_revise


@pytest.mark.parametrize(
    ("is_scorer", "is_built_on", "is_admin", "expected"),
    [
        (True, False, False, True),
        (True, False, True, True),
        (True, True, True, False),
        (False, False, True, False),
        (False, True, True, False),
        (True, True, False, "score_built_on"),
        (False, False, False, "score_of_somebody_else"),
        (False, True, False, "score_of_somebody_else"),
    ],
)
def test_who_may_and_as_what(is_scorer, is_built_on, is_admin, expected):
    given = {"is_scorer": is_scorer, "is_built_on": is_built_on, "is_admin": is_admin}
    if isinstance(expected, str):
        with pytest.raises(RuleViolation, match=expected):
            may_revise(**given)
    else:
        assert may_revise(**given) is expected


def outcome(earned, *, passed):
    return SimpleNamespace(verdict=SimpleNamespace(earned=Fraction(earned), possible=4), passed=passed)


@pytest.mark.parametrize(
    ("before", "then", "is_correction", "code"),
    [
        ((2, False), (4, True), True, None),
        ((2, False), (4, True), False, None),
        ((3, True), (4, True), False, None),
        ((2, False), (1, False), True, None),
        ((4, True), (3, True), True, None),
        ((4, True), (2, False), True, "score_takes_pass_back"),
        ((4, True), (2, False), False, "score_takes_pass_back"),
        ((2, False), (1, False), False, "score_repair_lowers"),
        ((4, True), (3, True), False, "score_repair_lowers"),
    ],
)
def test_what_it_may_do_to_the_verdict(before, then, is_correction, code):
    given = Before(Fraction(before[0]), 4, before[1]), outcome(then[0], passed=then[1])
    if code is None:
        check(*given, is_correction=is_correction)
    else:
        with pytest.raises(RuleViolation, match=code):
            check(*given, is_correction=is_correction)
