"""The rulebook of transfer activities: every status with every move in every capacity, then each guard."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest

from lms.errors import RuleViolation
from lms.policy import transfer as rules
from lms.policy.outline import Criterion, Preparation
from lms.policy.transfer import Capacity, Move, Relation, Status

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
S, M = Status, Move
OPEN = (S.PREPARING, S.IN_REVIEW, S.RETURNED, S.APPROVED, S.IN_FIELD, S.RESULTS_IN)

# From, move, to; written out here a second time, by hand from the measurement rules 1.3 D.
ALLOWED = {
    (S.PREPARING, M.SUBMIT): S.IN_REVIEW,
    (S.RETURNED, M.SUBMIT): S.IN_REVIEW,
    (S.APPROVED, M.SUBMIT): S.IN_REVIEW,
    (S.IN_REVIEW, M.WITHDRAW): S.PREPARING,
    (S.IN_REVIEW, M.APPROVE): S.APPROVED,
    (S.IN_REVIEW, M.ADJUST): S.APPROVED,
    (S.IN_REVIEW, M.RETURN): S.RETURNED,
    (S.APPROVED, M.ACKNOWLEDGE): S.APPROVED,
    (S.APPROVED, M.RELEASE): S.IN_FIELD,
    (S.IN_FIELD, M.OBSERVE): S.IN_FIELD,
    (S.RESULTS_IN, M.OBSERVE): S.RESULTS_IN,
    (S.IN_FIELD, M.REPORT): S.RESULTS_IN,
    (S.RESULTS_IN, M.QUERY): S.IN_FIELD,
    (S.RESULTS_IN, M.VERIFY): S.VERIFIED,
    (S.VERIFIED, M.REOPEN): S.RESULTS_IN,
    **{(status, M.WAIVE): S.WAIVED for status in OPEN},
    **{(status, M.CANCEL): S.CANCELLED for status in OPEN},
    **{(status, M.OVERRIDE): status for status in OPEN},
    **{(status, M.REMIND): status for status in (S.IN_REVIEW, S.APPROVED, S.RESULTS_IN)},
    **{(status, M.ESCALATE): status for status in (S.IN_REVIEW, S.APPROVED, S.RESULTS_IN)},
}
REP_MOVES = {M.SUBMIT, M.WITHDRAW, M.ACKNOWLEDGE, M.REPORT, M.REMIND}
APPROVER_MOVES = {M.APPROVE, M.ADJUST, M.RETURN, M.RELEASE, M.OBSERVE, M.QUERY, M.VERIFY, M.REOPEN}
BY = {
    Capacity.REP: REP_MOVES,
    Capacity.MANAGER: APPROVER_MOVES,
    Capacity.DELEGATE: APPROVER_MOVES,
    Capacity.STAND_IN: APPROVER_MOVES,
    Capacity.ADMIN: APPROVER_MOVES | {M.WAIVE, M.CANCEL, M.OVERRIDE},
    Capacity.SYSTEM: {M.CANCEL, M.REMIND, M.ESCALATE},
}


@pytest.mark.parametrize(("status", "act", "capacity"), list(product(Status, Move, Capacity)))
def test_every_move(status, act, capacity):
    if act not in BY[capacity]:
        with pytest.raises(RuleViolation, match="may_not"):
            rules.move(status, act, capacity)
    elif (status, act) not in ALLOWED:
        with pytest.raises(RuleViolation, match="wrong_status"):
            rules.move(status, act, capacity)
    else:
        assert rules.move(status, act, capacity) is ALLOWED[status, act]


@pytest.mark.parametrize(("status", "capacity"), list(product(Status, Capacity)))
def test_what_is_offered_is_what_the_table_allows(status, capacity):
    expected = {act for act in Move if (status, act) in ALLOWED and act in BY[capacity]}
    assert rules.may_do(status, capacity) == expected


def test_the_clock_decides_nothing():
    for status, act in product(Status, (M.REMIND, M.ESCALATE)):
        if (status, act) in ALLOWED:
            assert rules.move(status, act, Capacity.SYSTEM) is status
    for act in (M.APPROVE, M.ADJUST, M.RETURN, M.VERIFY, M.WAIVE):
        assert Capacity.SYSTEM not in rules.CAPACITIES[act]


def test_nothing_leads_out_of_waived_and_cancelled():
    for status in (S.WAIVED, S.CANCELLED):
        assert all(not rules.may_do(status, capacity) for capacity in Capacity)


def test_replay_gives_the_status_after_the_moves():
    rep, manager = Capacity.REP, Capacity.MANAGER
    story = [
        (M.SUBMIT, rep),
        (M.RETURN, manager),
        (M.SUBMIT, rep),
        (M.ADJUST, manager),
        (M.ACKNOWLEDGE, rep),
        (M.RELEASE, manager),
        (M.OBSERVE, manager),
        (M.REPORT, rep),
        (M.QUERY, manager),
        (M.REPORT, rep),
        (M.VERIFY, manager),
    ]
    assert rules.replay(story) is S.VERIFIED
    assert rules.replay(story[:5]) is S.APPROVED
    assert rules.replay([]) is S.PREPARING


def test_replay_refuses_a_story_that_cannot_have_been():
    with pytest.raises(RuleViolation, match="wrong_status"):
        rules.replay([(M.VERIFY, Capacity.MANAGER)])


REP, MANAGER, DELEGATE, ABOVE, ADMIN, STRANGER = (uuid4() for _ in range(6))


def relation(actor, **changes):
    values = {
        "approvers": frozenset({MANAGER, DELEGATE}),
        "manager_id": MANAGER,
        "delegate_ids": frozenset({DELEGATE}),
    }
    return Relation(actor, REP, **{**values, **changes})


@pytest.mark.parametrize(
    ("stands", "capacity"),
    [
        (relation(MANAGER), Capacity.MANAGER),
        (relation(DELEGATE), Capacity.DELEGATE),
        (relation(ABOVE, escalated_to_id=ABOVE), Capacity.STAND_IN),
        (relation(ADMIN, approvers=frozenset({ADMIN}), manager_id=None), Capacity.ADMIN),
        # Both at once: the nearer relation counts, so that no reason is asked of the manager.
        (relation(MANAGER, escalated_to_id=MANAGER), Capacity.MANAGER),
    ],
)
def test_as_what_somebody_decides(stands, capacity):
    assert rules.deciding_capacity(stands) is capacity


@pytest.mark.parametrize(
    ("stands", "code"),
    [
        (relation(REP), "own_work"),
        (relation(REP, approvers=frozenset({REP}), manager_id=REP), "own_work"),
        (relation(REP, escalated_to_id=REP), "own_work"),
        (relation(DELEGATE, below=frozenset({DELEGATE})), "below_the_rep"),
        (relation(ADMIN, approvers=frozenset({ADMIN}), below=frozenset({ADMIN})), "below_the_rep"),
        (relation(STRANGER), "not_approver"),
        (relation(ABOVE), "not_approver"),  # nothing has been escalated
    ],
)
def test_who_may_not_decide(stands, code):
    with pytest.raises(RuleViolation) as refused:
        rules.deciding_capacity(stands)
    assert refused.value.code == code


def criterion(key):
    return Criterion(key, key.title(), "does it", ("poor", "fair", "good", "strong"))


CRITERIA = (criterion("reason"), criterion("question"))


@pytest.mark.parametrize(
    "marks", [{}, {"reason": "met"}, {"reason": "met", "question": ""}, {"reason": "met", "question": "5"}]
)
def test_approving_needs_every_mark(marks):
    with pytest.raises(RuleViolation) as refused:
        rules.may_approve(CRITERIA, marks)
    assert "Question" in refused.value.facts["criteria"]


def test_a_criterion_may_be_marked_not_yet():
    rules.may_approve(CRITERIA, {"reason": "met", "question": "not_yet"})


@pytest.mark.parametrize("reasons", [{}, {"reason": "  "}, {"elsewhere": "no"}])
def test_returning_needs_a_reason(reasons):
    with pytest.raises(RuleViolation, match="reasons_missing"):
        rules.may_return(CRITERIA, reasons)


def test_reasons_come_back_in_the_order_of_the_rubric():
    given = rules.may_return(CRITERIA, {"question": " closed ", "reason": "about us", "elsewhere": "no"})
    assert list(given.items()) == [("reason", "about us"), ("question", "closed")]


@pytest.mark.parametrize(
    ("observers", "needed", "is_enough"),
    [
        ([], 1, False),
        ([REP], 1, False),
        ([REP, REP, MANAGER], 2, False),
        ([MANAGER], 1, True),
        ([MANAGER, MANAGER], 2, True),
        ([MANAGER, REP], 1, True),
        ([], 0, False),  # a course that asks for none still gets one
    ],
)
def test_verifying_needs_observations_by_others(observers, needed, is_enough):
    if is_enough:
        rules.may_verify(observers, rep_id=REP, needed=needed)
    else:
        with pytest.raises(RuleViolation, match="observations_missing"):
            rules.may_verify(observers, rep_id=REP, needed=needed)


@pytest.mark.parametrize(
    ("rule", "is_prepared", "is_overridden", "blocks"),
    [
        (Preparation.REQUIRED, False, False, True),
        (Preparation.REQUIRED, True, False, False),
        (Preparation.REQUIRED, False, True, False),
        (Preparation.ADVISED, False, False, False),
        (Preparation.NONE, False, False, False),
    ],
)
def test_preparation(rule, is_prepared, is_overridden, blocks):
    found = rules.blocks_unprepared(rule, is_prepared=is_prepared, is_overridden=is_overridden)
    assert found is blocks


def test_withdrawing_ends_when_the_review_was_opened():
    rules.may_withdraw(None, "")
    with pytest.raises(RuleViolation) as refused:
        rules.may_withdraw(AT, "Milo")
    assert refused.value.facts == {"by": "Milo", "at": AT}


@pytest.mark.parametrize("capacity", list(Capacity))
def test_only_a_stand_in_must_say_why(capacity):
    rules.stand_in_gives_reason(capacity, "Milo is ill")
    if capacity is Capacity.STAND_IN:
        with pytest.raises(RuleViolation, match="stand_in_needs_reason"):
            rules.stand_in_gives_reason(capacity, "  ")
    else:
        rules.stand_in_gives_reason(capacity, "")


@pytest.mark.parametrize(
    ("capacity", "days", "may"),
    [
        (Capacity.MANAGER, 7, True),
        (Capacity.MANAGER, 8, False),
        (Capacity.STAND_IN, 8, False),
        (Capacity.ADMIN, 300, True),
    ],
)
def test_reopening_has_an_end_for_approvers(capacity, days, may):
    if may:
        rules.may_reopen(capacity, AT, AT + timedelta(days=days))
    else:
        with pytest.raises(RuleViolation, match="reopen_too_late"):
            rules.may_reopen(capacity, AT, AT + timedelta(days=days))


def test_a_decision_is_bound_to_what_was_read():
    rules.may_decide_revision(3, 3)
    with pytest.raises(RuleViolation, match="review_outdated"):
        rules.may_decide_revision(3, 4)


def test_small_guards():
    rules.may_adjust(1)
    with pytest.raises(RuleViolation, match="nothing_adjusted"):
        rules.may_adjust(0)
    rules.may_release(False)
    with pytest.raises(RuleViolation, match="acknowledge_first"):
        rules.may_release(True)


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"seen": "maybe"},
        {"seen": "yes", "level": None},
        {"seen": "yes", "level": 0},
        {"seen": "yes", "level": 5},
        {"seen": "yes", "level": True},
        {"seen": "yes", "level": "3"},
    ],
)
def test_scores_that_are_not_complete(question):
    with pytest.raises(RuleViolation) as refused:
        rules.check_scores(CRITERIA, {"reason": {"seen": "no"}, "question": question})
    assert refused.value.facts["criteria"] == ("Question",)


def test_a_level_counts_only_where_it_was_seen():
    clean = rules.check_scores(
        CRITERIA, {"reason": {"seen": "no_chance", "level": 4}, "question": {"seen": "yes", "level": 3}}
    )
    assert clean == {"reason": {"seen": "no_chance", "level": None}, "question": {"seen": "yes", "level": 3}}
    assert rules.points(CRITERIA, clean) == (3, 4)  # no chance is missing, not zero
    assert rules.levels(clean) == (("reason", None), ("question", 3))


def test_not_seen_earns_nothing_of_what_was_possible():
    clean = rules.check_scores(CRITERIA, {"reason": {"seen": "no"}, "question": {"seen": "yes", "level": 4}})
    assert rules.points(CRITERIA, clean) == (4, 8)
