"""Every path through the workflow of a transfer activity, however long, says verbs in the order that was promised.

The promise is the pattern of section 5.3 of the measurement rules, written out below. The paths are all that the
rulebook allows; what each move says comes from the builder of statements. (That the services record exactly these
events for each move is held by tests/features/transfer/test_machine.py against the database.)
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from uuid import uuid4

import pytest

from lms.errors import RuleViolation
from lms.policy import transfer as rules
from lms.policy.transfer import CAPACITIES, Capacity, Move, Status
from lms.statements import build
from lms.statements.home import Home
from tests.features.statements.samples import EVENTS
from tests.features.transfer.record import ENTRIES

# submit (return submit)* update? approve assign? (performed-offline | evaluated | reported)+ verified completed
PROMISED = {
    ("nothing", "submit"): "submitted",
    ("submitted", "return"): "returned",
    ("returned", "submit"): "submitted",
    ("submitted", "update"): "updated",
    ("submitted", "approve"): "approved",
    ("updated", "approve"): "approved",
    ("approved", "assign"): "in the field",
    ("in the field", "evaluated"): "in the field",
    ("in the field", "reported"): "in the field",
    ("in the field", "verified"): "verified",
    ("verified", "completed"): "completed",
    # Beyond the pattern: an approved worksheet may be edited before the field, a confirmation may be taken back.
    ("approved", "submit"): "submitted",
    ("completed", "open"): "in the field",
}
ENDS = {"waived", "cancel"}


@dataclass(frozen=True, slots=True)
class Said:
    """Where in the pattern the statements stand that were not taken back."""

    place: str = "nothing"
    before: str = "nothing"  # where it stood before the submission that is being read now
    is_evaluated: bool = False
    is_reported: bool = False

    def then(self, verb: str) -> "Said":
        if verb in ENDS:
            assert self.place not in {"completed", "ended"}, f"{verb} after the end"
            return replace(self, place="ended")
        assert (self.place, verb) in PROMISED, f"{verb} while {self.place}"
        if verb == "verified":
            assert self.is_evaluated, "verified, but nobody evaluated"
            assert self.is_reported, "verified, but nothing was reported"
        return Said(
            PROMISED[self.place, verb],
            self.place if verb == "submit" else self.before,
            self.is_evaluated or verb == "evaluated",
            self.is_reported or verb == "reported",
        )

    def without(self, kind: str) -> "Said":
        """After an earlier statement was voided."""
        if kind == "submission_withdrawn":
            assert self.place == "submitted"
            return replace(self, place=self.before)
        if kind == "results_queried":
            assert self.is_reported
            return replace(self, is_reported=False)
        assert kind == "transfer_reopened"
        return self  # "completed" is gone; "open" before it says why


@cache
def verbs(kind: str) -> tuple[str, ...]:
    """What the builder says of an event of this kind."""
    (event,) = (one for one in EVENTS if type(one).kind == kind)
    made = build.statements(event, Home("https://learn.example.com"))
    return tuple(statement["verb"]["id"].rpartition("/")[2] for statement in made)


def spoken(said: Said, move: Move) -> Said:
    for kind in ENTRIES[move]:
        for verb in verbs(kind):
            said = said.without(kind) if verb == "voided" else said.then(verb)
    return said


@dataclass(frozen=True, slots=True)
class Where:
    status: Status = Status.PREPARING
    needs_acknowledgment: bool = False
    is_observed: bool = False


def follow(where: Where, move: Move) -> Where | None:
    """The rulebook's answer; None when it refuses."""
    rep, observer = uuid4(), uuid4()
    try:
        status = rules.move(where.status, move, next(iter(CAPACITIES[move])))
        if move is Move.RELEASE:
            rules.may_release(where.needs_acknowledgment)
        if move is Move.VERIFY:
            rules.may_verify([observer] if where.is_observed else [rep], rep_id=rep, needed=0)
    except RuleViolation:
        return None
    return Where(
        status,
        move is Move.ADJUST or (where.needs_acknowledgment and move not in {Move.ACKNOWLEDGE, Move.APPROVE}),
        where.is_observed or move is Move.OBSERVE,
    )


def everything() -> Iterator[tuple[Where, Said, tuple[Move, ...]]]:
    """Every reachable state with one shortest path to it: finite, whatever the length of the paths."""
    start = (Where(), Said())
    seen = {start}
    waiting: deque[tuple[Where, Said, tuple[Move, ...]]] = deque([(*start, ())])
    while waiting:
        where, said, path = waiting.popleft()
        yield where, said, path
        for move in Move:
            following = follow(where, move)
            if following is None:
                continue
            try:
                heard = spoken(said, move)
            except AssertionError as wrong:
                raise AssertionError(f"{' → '.join((*path, move))}: {wrong}") from None
            if (following, heard) not in seen:
                seen.add((following, heard))
                waiting.append((following, heard, (*path, move)))


PLACES = {
    Status.PREPARING: {"nothing", "returned", "approved"},
    Status.IN_REVIEW: {"submitted"},
    Status.RETURNED: {"returned"},
    Status.APPROVED: {"approved"},
    Status.IN_FIELD: {"in the field"},
    Status.RESULTS_IN: {"in the field"},
    Status.VERIFIED: {"completed"},
    Status.WAIVED: {"ended"},
    Status.CANCELLED: {"ended"},
}


def test_every_path_says_the_verbs_in_order():
    reached = set()
    for where, said, path in everything():
        assert said.place in PLACES[where.status], f"{' → '.join(path)}: {where.status} but {said.place}"
        reached.add(where.status)
    assert reached == set(Status)


def test_no_path_leads_to_verified_without_another_persons_eyes():
    found = [(where, said) for where, said, _ in everything() if where.status is Status.VERIFIED]
    assert found
    assert all(where.is_observed and said.is_evaluated and said.is_reported for where, said in found)


def test_nobody_but_an_approver_verifies():
    assert not CAPACITIES[Move.VERIFY] & {Capacity.REP, Capacity.SYSTEM}


@pytest.mark.parametrize(
    "wrong",
    [
        ("approve",),
        ("submit", "return", "approve"),
        ("submit", "approve", "verified"),
        ("submit", "approve", "assign", "reported", "verified"),
        ("submit", "approve", "assign", "evaluated", "verified"),
        ("submit", "approve", "assign", "evaluated", "reported", "completed"),
        ("submit", "waived", "submit"),
    ],
    ids=" ".join,
)
def test_the_pattern_refuses(wrong):
    said = Said()
    with pytest.raises(AssertionError):  # noqa: PT012 -- the last word, or one before it, is the wrong one
        for verb in wrong:
            said = said.then(verb)
