"""A person looks again at what a person scored: who may, until when, and what it may not do to the verdict."""

from fractions import Fraction

from lms.errors import RuleViolation
from lms.policy.attempts import Outcome
from lms.policy.repair import Before


def may_revise(*, is_scorer: bool, is_built_on: bool, is_admin: bool) -> bool:
    """Whether this is the scorer's own correction; otherwise it is a repair by an admin, or it is refused.

    `is_scorer`: the standing score is theirs. `is_built_on`: the learner has gone on since they were told.
    """
    if is_scorer and not is_built_on:
        return True
    if is_admin:
        return False
    if is_scorer:
        raise RuleViolation("score_built_on")
    raise RuleViolation("score_of_somebody_else")


def check(before: Before, outcome: Outcome, *, is_correction: bool) -> None:
    """No pass is taken back by anybody; and what is repaired later is never worse than it was."""
    if before.passed and not outcome.passed:
        raise RuleViolation("score_takes_pass_back")
    possible = outcome.verdict.possible
    share = outcome.verdict.earned / possible if possible else Fraction(0)
    if not is_correction and share < before.share:
        raise RuleViolation("score_repair_lowers")
