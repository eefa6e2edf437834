"""The clock of what waits on a manager: when it is late, and who is asked then. It reminds and escalates, and decides
nothing.

One rule for a worksheet to review, numbers to confirm and answers to score; each keeps its own dates.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from lms import clock
from lms.people.queries.chart import acting_approvers, managers_above, people_below
from lms.people.queries.persons import PersonRow, admins, people, person

ESCALATED_AFTER = 1  # working days after the reminder


@dataclass(frozen=True, slots=True)
class Turn:
    """Something of `rep_id` waits on who acts as their manager. `days`: working days that whose turn it is has."""

    rep_id: UUID
    since: datetime
    days: int
    due_on: date | None
    reminded_at: datetime | None = None
    escalated_to_id: UUID | None = None
    escalated_at: datetime | None = None


def acting_manager(rep_id: UUID, at: datetime) -> PersonRow | None:
    """None where nobody stands above: then it waits on the admins."""
    manager_id = acting_approvers(rep_id, clock.company_day(at)).manager_id
    return person(manager_id) if manager_id else None


def today_of(who: PersonRow | None, at: datetime) -> date:
    """The day where this person is; with nobody, the company's."""
    return clock.local_day(at, who.zone) if who else clock.company_day(at)


def due_day(manager: PersonRow | None, at: datetime, days: int) -> date:
    """Until when something that begins to wait now is to be done, in the manager's working days."""
    return clock.add_working_days(today_of(manager, at), days)


def day_words(manager: PersonRow | None, since: datetime) -> str:
    day = today_of(manager, since)
    return f"{day:%B} {day.day}"


def is_reminder_due(turn: Turn, manager: PersonRow | None, at: datetime) -> bool:
    return turn.reminded_at is None and turn.due_on is not None and today_of(manager, at) >= turn.due_on


def standing_in(rep_id: UUID, escalated_to_id: UUID | None, at: datetime) -> UUID | None:
    """To whom it is escalated, as long as they stand above the rep or are an admin.

    Asked at every read: the line may have changed since, and the clock that takes the escalation back runs later.
    """
    on = clock.company_day(at)
    if escalated_to_id is None:
        return None
    return escalated_to_id if escalated_to_id in managers_above(rep_id, on) or escalated_to_id in admins(on) else None


def next_stand_in(turn: Turn, manager: PersonRow, at: datetime) -> PersonRow | None:
    """Who may decide in the manager's place from now on; None while it is not time, and where there is nobody.

    One working day after the reminder the next one above the manager; after each further period the next one above
    them, at last the first admin by name. Nobody follows an admin, and no admin decides about their own work or that of
    somebody above them.
    """
    if not _is_escalation_due(turn, manager, at):
        return None
    on = clock.company_day(at)
    all_admins = admins(on)
    if turn.escalated_to_id in all_admins:
        return None
    now = turn.escalated_to_id or manager.id
    above = managers_above(now, on)
    if above:
        return person(above[0])
    excluded = people_below(turn.rep_id, on) | {turn.rep_id, manager.id, now}
    return next(iter(people(all_admins - excluded).values()), None)


def _is_escalation_due(turn: Turn, manager: PersonRow, at: datetime) -> bool:
    """A working day after the reminder; with a stand-in, a whole period after their turn began."""
    if turn.reminded_at is None:
        return False
    stand_in = person(turn.escalated_to_id) if turn.escalated_to_id else None
    if stand_in is None or turn.escalated_at is None:
        since, days, who = turn.reminded_at, ESCALATED_AFTER, manager
    else:
        # Who approved for the manager stands in for the hand-over too: that began to wait later.
        since, days, who = max(turn.escalated_at, turn.since), max(turn.days, 1), stand_in
    return today_of(who, at) >= clock.add_working_days(today_of(who, since), days)
