"""Anybody tries anything at any moment, against the real services and database; the record must hold.

After every step: replaying the moves gives the stored status; each move has its entries and statements, no more and
no less; the verbs come in the order of the measurement rules 5.3; nobody decided about their own work; and
nothing is verified that no other person observed. What was done, the rulebook allowed for that capacity.
"""

from collections import Counter
from datetime import timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lms.db import db
from lms.errors import RuleViolation
from lms.people import service as people
from lms.policy import transfer as rules
from lms.policy.transfer import Capacity, Move, Status
from lms.transfer import queries, service
from tests.conftest import ON_POSTGRES
from tests.examples import SEARCH, examples
from tests.features.transfer import record
from tests.features.transfer.stage import ADJUSTED, BETTER, CLAIM, CONTENT, SCORES, OpensNext, Story

# The stories are drawn the same way on both databases: all of them in the SQLite half, where they cost half as much,
# and in the other half as many as come by every move.
EXAMPLES = 12 if ON_POSTGRES else 30
PEOPLE = ("rosa", "milo", "otis", "vera", "enid", "nils")
WHO = st.sampled_from(("approver",) * 8 + PEOPLE)  # the one whose turn it is, mostly
CONTENTS = st.sampled_from([CONTENT, BETTER, ADJUSTED, {"opening": ""}])
NOTHING_SEEN = {key: {"seen": "no_chance", "level": None} for key in SCORES}
REASONS = st.sampled_from(["Somebody is away.", "Somebody is away.", ""])


# What is tried in a tame run; in a wild one anything is, at any time.
AROUND = ("the_line_changes", "milo_names_a_delegate", "opens", "overrides", "waives")
SENSIBLE = {
    Status.PREPARING: ("types", "types", *("submits",) * 5, *AROUND),
    Status.RETURNED: (*("types",) * 4, *("submits",) * 4, *AROUND),
    Status.IN_REVIEW: (
        *("approves",) * 3,
        *("adjusts",) * 6,
        *("returns",) * 2,
        "withdraws",
        *("time_passes",) * 5,
        *AROUND,
    ),
    Status.APPROVED: (*("acknowledges",) * 5, *("releases",) * 5, *("time_passes",) * 2, "types", "submits", *AROUND),
    Status.IN_FIELD: (*("observes",) * 4, *("reports",) * 4, *AROUND),
    Status.RESULTS_IN: (*("observes",) * 3, *("verifies",) * 5, *("queries_numbers",) * 3, "time_passes", *AROUND),
    Status.VERIFIED: (*("reopens",) * 4, "verifies", "time_passes"),
    Status.WAIVED: ("approves", "types", "time_passes"),
    Status.CANCELLED: ("approves", "types", "time_passes"),
}
THE_WAY = (
    Move.SUBMIT,
    Move.RETURN,
    Move.ADJUST,
    Move.APPROVE,
    Move.ACKNOWLEDGE,
    Move.RELEASE,
    Move.OBSERVE,
    Move.REPORT,
    Move.QUERY,
    Move.VERIFY,
    Move.REOPEN,
    Move.REMIND,
    Move.ESCALATE,
)
ANYTHING = tuple(dict.fromkeys(name for names in SENSIBLE.values() for name in names))


class Transfers(RuleBasedStateMachine):
    """`cast` is set by the test; each run is a savepoint that is rolled back at its end."""

    cast = None
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = db.session.begin_nested()

    @initialize(
        is_wild=st.sampled_from([False, False, True]),
        observations=st.integers(0, 2),
        opens_next=st.sampled_from(OpensNext),
    )
    def begin(self, is_wild, observations, opens_next) -> None:
        self.is_wild = is_wild
        self.story = Story(self.cast, observations=observations, opens_next=opens_next)
        self.needed = max(observations, 1)
        self.story.typed(CONTENT)
        self.delegated_until = None

    def teardown(self) -> None:
        if hasattr(self, "story"):
            for row in record.moves(self.story.activity):
                self.reached.update((row.move, row.capacity))
        self.savepoint.rollback()
        db.session.expunge_all()
        super().teardown()

    @rule(data=st.data())
    def somebody_tries_something(self, data) -> None:
        status = Status(self.story.activity.status)
        name = data.draw(st.sampled_from(ANYTHING if self.is_wild else SENSIBLE[status]))
        note(f"{status}: {name}")
        getattr(self, name)(data.draw)

    def person(self, who: str):
        """The stand-in before the manager, so that escalations are used."""
        if who != "approver":
            return getattr(self.cast, who)
        approvers = queries.relation(self.story.activity, self.cast.milo.id, self.story.at)
        acting = approvers.escalated_to_id or approvers.manager_id
        return next(person for person in vars(self.cast).values() if person.id == acting)

    def attempt(self, act: Move, who: str, call) -> None:
        """Do it; whatever was decided, it was the rulebook that decided it."""
        story = self.story
        activity = story.activity
        before = Status(activity.status)
        count = len(record.moves(activity))
        person = self.person(who)
        is_rep_move = rules.CAPACITIES[act] == {Capacity.REP}
        capacity = queries.capacity_of(activity, person.id, story.at + timedelta(minutes=5))
        if person.id == self.cast.rosa.id:
            capacity = Capacity.REP if is_rep_move else None
        elif is_rep_move:
            capacity = None
        elif act in {Move.WAIVE, Move.OVERRIDE} or (act is Move.REOPEN and person.id == self.cast.enid.id):
            capacity = Capacity.ADMIN if person.id == self.cast.enid.id else None
        possible = capacity is not None and act in rules.may_do(before, capacity)
        nested = db.session.begin_nested()
        try:
            call(person)
        except RuleViolation:
            nested.rollback()
            assert Status(story.activity.status) is before
            assert len(record.moves(story.activity)) == count
            return
        nested.commit()
        made = len(record.moves(story.activity)) - count
        assert made in {0, 1}
        if made:
            assert possible, (act, before, who)
            assert record.moves(story.activity)[-1].capacity == capacity
        else:
            assert act in {Move.SUBMIT, Move.REPORT, Move.ACKNOWLEDGE}  # the same again
            assert Status(story.activity.status) is before

    def types(self, draw) -> None:
        content, is_stale = draw(CONTENTS), draw(st.booleans())
        lock = 0 if is_stale else self.story.lock
        before = self.story.activity.status
        try:
            saved = self.story.typed(content, lock=lock)
        except RuleViolation as refused:
            assert refused.code == "worksheet_locked"  # noqa: PT017 -- may or may not be raised
            return
        assert self.story.activity.status == before
        held = [saved.draft.content, *([saved.kept.content] if saved.kept else [])]
        assert any(one["opening"] == content["opening"] for one in held)  # nothing typed is lost

    def submits(self, draw) -> None:
        who = draw(st.sampled_from(["rosa", "rosa", "rosa", "milo"]))

        def call(person):
            service.submit(self.story.activity, by=person, at=self.story.later())

        self.attempt(Move.SUBMIT, who, call)

    def withdraws(self, draw) -> None:
        def call(person):
            service.withdraw(self.story.activity, by=person, at=self.story.later())

        self.attempt(Move.WITHDRAW, "rosa", call)

    def opens(self, draw) -> None:
        who = draw(st.sampled_from(PEOPLE))
        activity = self.story.activity
        before = (activity.status, len(record.moves(activity)))
        try:
            service.open_review(activity, by=getattr(self.cast, who), at=self.story.later())
        except RuleViolation as refused:
            assert refused.code in {"own_work", "below_the_rep", "not_approver"}  # noqa: PT017
        assert (activity.status, len(record.moves(activity))) == before

    def approves(self, draw) -> None:
        who, reason, is_all_marked = draw(WHO), draw(REASONS), draw(st.sampled_from([True, True, True, False]))
        changes = {} if is_all_marked else {"marks": {"reason": "met"}}

        def call(person):
            self.story.approved(
                by=person, reason=reason, revision=self.story.activity.submitted_revision or 0, **changes
            )
            assert is_all_marked

        self.attempt(Move.APPROVE, who, call)

    def adjusts(self, draw) -> None:
        who, reason, content = draw(WHO), draw(REASONS), draw(st.sampled_from([ADJUSTED, ADJUSTED, BETTER, CONTENT]))

        def call(person):
            revision = self.story.activity.submitted_revision or 0
            self.story.adjusted(by=person, reason=reason, content=content, revision=revision)

        self.attempt(Move.ADJUST, who, call)

    def returns(self, draw) -> None:
        who, reason = draw(WHO), draw(REASONS)

        def call(person):
            self.story.returned(by=person, reason=reason, revision=self.story.activity.submitted_revision or 0)

        self.attempt(Move.RETURN, who, call)

    def acknowledges(self, draw) -> None:
        self.attempt(Move.ACKNOWLEDGE, "rosa", lambda _person: self.story.acknowledged())

    def releases(self, draw) -> None:
        who, reason = draw(WHO), draw(REASONS)
        self.attempt(Move.RELEASE, who, lambda person: self.story.released(by=person, reason=reason))

    def observes(self, draw) -> None:
        who, reason, scores = draw(WHO), draw(REASONS), draw(st.sampled_from([SCORES, SCORES, NOTHING_SEEN]))
        self.attempt(Move.OBSERVE, who, lambda person: self.story.observed(by=person, reason=reason, scores=scores))

    def reports(self, draw) -> None:
        contacts = draw(st.sampled_from([20, 20, 10, 41]))

        def call(_person):
            self.story.reported(numbers={**CLAIM, "contacts": contacts})
            assert contacts <= CLAIM["calls"]

        self.attempt(Move.REPORT, "rosa", call)

    def queries_numbers(self, draw) -> None:
        who, reason = draw(WHO), draw(REASONS)
        self.attempt(Move.QUERY, who, lambda person: self.story.queried(by=person, reason=reason))

    def verifies(self, draw) -> None:
        who, reason, appointments = draw(WHO), draw(REASONS), draw(st.integers(0, 9))

        def call(person):
            self.story.verified(by=person, reason=reason, corrected={"appointments": appointments})
            seen = [row for row in queries.observations(self.story.activity.id) if row.scores != NOTHING_SEEN]
            assert sum(row.observer_id != self.cast.rosa.id for row in seen) >= self.needed

        self.attempt(Move.VERIFY, who, call)

    def reopens(self, draw) -> None:
        who, reason = draw(WHO), draw(REASONS)

        def call(person):
            service.reopen(self.story.activity, reason=reason, by=person, at=self.story.later())

        self.attempt(Move.REOPEN, who, call)

    def waives(self, draw) -> None:
        who = draw(st.sampled_from(("enid", "milo", "rosa")))
        is_meant = draw(st.integers(0, 5)) == 5
        reason = "No phone." if is_meant else ""

        def call(person):
            service.waive(self.story.activity, reason=reason, by=person, at=self.story.later())

        self.attempt(Move.WAIVE, who, call)

    def overrides(self, draw) -> None:
        who = draw(st.sampled_from(("enid", "milo")))

        def call(person):
            service.override_preparation(self.story.activity, reason="So.", by=person, at=self.story.later())

        self.attempt(Move.OVERRIDE, who, call)

    def time_passes(self, draw) -> None:
        """The clock reminds and escalates; it never changes a status."""
        at = self.story.later(days=draw(st.integers(1, 9)))
        before = self.story.activity.status
        service.remind_due(at)
        service.escalate_due(at)
        assert (service.remind_due(at), service.escalate_due(at), service.cancel_ended(at)) == (0, 0, 0)
        assert self.story.activity.status == before

    def the_line_changes(self, draw) -> None:
        manager = draw(st.sampled_from(["milo", "otis", "vera"]))
        day = self.story.today
        people.set_manager(
            self.cast.rosa, getattr(self.cast, manager), from_on=day, by=self.cast.enid, at=self.story.later()
        )

    def milo_names_a_delegate(self, draw) -> None:
        day = self.story.today
        if self.delegated_until is not None and day <= self.delegated_until:
            return
        self.delegated_until = day + timedelta(days=draw(st.integers(0, 3)))
        people.delegate(
            self.cast.milo,
            self.cast.otis,
            starts_on=day,
            ends_on=self.delegated_until,
            reason="Away",
            by=self.cast.milo,
            at=self.story.later(),
        )

    @invariant()
    def the_record_holds(self) -> None:
        if hasattr(self, "story"):
            record.check(self.story.activity)
            db.session.refresh(self.story.activity)
            status = Status(self.story.activity.status)
            assert (self.story.activity.waiting_since is None) or status in rules.WAITING


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.timeout(600 * max(SEARCH, 1))
def test_the_record_holds_whatever_people_try(cast):
    Transfers.cast = cast
    Transfers.reached = Counter()
    run_state_machine_as_test(
        Transfers,
        settings=settings(
            max_examples=examples(EXAMPLES),
            stateful_step_count=40,
            deadline=None,
            derandomize=not SEARCH,
            database=None,
            phases=(Phase.generate,),  # shrinking forty steps over a database takes minutes; the notes say enough
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # A machine that never gets anywhere would prove nothing.
    assert not [act for act in THE_WAY if not Transfers.reached[act.value]], Transfers.reached
