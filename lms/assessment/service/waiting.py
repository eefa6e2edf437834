"""What the clock does about answers that nobody has scored: it reminds, and then asks the next one above.

The rule and its words are those of a slow review of a transfer activity. It never scores.
"""

from datetime import datetime
from uuid import UUID, uuid5

from lms import clock
from lms.assessment import queries, waiting_queries
from lms.assessment.models import ScoringWait
from lms.assessment.queries import Sitting
from lms.assessment.service import grading, telling
from lms.assessment.service.sitting import held
from lms.db import db
from lms.learning import queries as learning_queries
from lms.people import queries as people
from lms.people.queries import PersonRow
from lms.statements import ledger
from lms.statements.events import Person, ScoringEscalated, ScoringReminded


def watch_scoring(attempt_id: UUID, at: datetime) -> bool:
    """Follow changed lines, remind and escalate, each once per waiting; whether anything was done."""
    sitting = queries.sitting(attempt_id)
    if sitting is None:
        return False
    sitting = held(sitting)
    if sitting.attempt.state != "awaiting_review":
        return False
    learner_id = sitting.enrollment.user_id
    manager = people.acting_manager(learner_id, at)
    wait = waiting_queries.wait(attempt_id)
    if wait is None:
        # Handed in before waits were kept: the clock is fair to whoever has it now.
        grading.begin_wait(sitting, at)
        return True
    if wait.waiting_on_id != (manager.id if manager else None):
        _hand_on(sitting, wait, manager, at)
        return True
    if wait.escalated_to_id and people.standing_in(learner_id, wait.escalated_to_id, at) is None:
        wait.escalated_to_id = wait.escalated_at = None
    turn = waiting_queries.turn_of(wait, learner_id)
    if people.is_reminder_due(turn, manager, at):
        _remind(sitting, wait, manager, at)
        return True
    stand_in = people.next_stand_in(turn, manager, at) if manager else None
    if manager is None or stand_in is None:
        return False
    _escalate(sitting, wait, manager, stand_in, at)
    return True


def _hand_on(sitting: Sitting, wait: ScoringWait, manager: PersonRow | None, at: datetime) -> None:
    """The acting manager is somebody else today: the clock begins again for them, and they are told."""
    grading.start_clock(wait, manager, at)
    wait.reminded_at = wait.escalated_to_id = wait.escalated_at = None
    db.session.flush()
    if manager is None:
        return
    learner, title = grading.learner_of(sitting).name, sitting.form.title
    telling.tell_late(
        sitting,
        (manager,),
        f"now/{clock.company_day(at)}",  # the line may come back on another day
        f"Now with you: {title}",
        f"{learner} reports to you now, and waits for you to score “{title}”.",
        at=at,
    )


def _remind(sitting: Sitting, wait: ScoringWait, manager: PersonRow | None, at: datetime) -> None:
    wait.reminded_at = at
    db.session.flush()
    learner, title = grading.learner_of(sitting), sitting.form.title
    scorers = telling.scorers(learner.id, at)
    ledger.record(
        ScoringReminded(
            at=at,
            actor=None,
            learner=learner,
            record_id=uuid5(sitting.attempt.id, f"reminded/{at.isoformat()}"),
            place=learning_queries.place(sitting.enrollment, sitting.attempt.step_key),
            scorer=Person(scorers[0].id, scorers[0].name) if scorers else None,
        )
    )
    since = people.day_words(manager, sitting.attempt.closed_at or wait.began_at)
    telling.tell_late(
        sitting,
        scorers,
        f"reminded/{wait.due_on}",
        f"Still waiting for you: {title}",
        f"{learner.name} has been waiting since {since} for you to score “{title}”.",
        at=at,
    )


def _escalate(sitting: Sitting, wait: ScoringWait, manager: PersonRow, stand_in: PersonRow, at: datetime) -> None:
    wait.escalated_to_id, wait.escalated_at = stand_in.id, at
    db.session.flush()
    learner, title = grading.learner_of(sitting), sitting.form.title
    ledger.record(
        ScoringEscalated(
            at=at,
            actor=None,
            learner=learner,
            record_id=uuid5(sitting.attempt.id, f"escalated/{at.isoformat()}/{stand_in.id}"),
            place=learning_queries.place(sitting.enrollment, sitting.attempt.step_key),
            to=Person(stand_in.id, stand_in.name),
        )
    )
    since = people.day_words(manager, sitting.attempt.closed_at or wait.began_at)
    telling.tell_late(
        sitting,
        (stand_in,),
        f"escalated/{clock.company_day(at)}",
        f"You may score for {manager.name}: {title}",
        f"{learner.name} has been waiting for {manager.name} since {since} to score “{title}”. "
        "You may score it as a stand-in, with a reason.",
        at=at,
    )
