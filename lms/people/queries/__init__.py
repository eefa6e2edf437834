"""Who is who, who reports to whom on a day, and who may decide for whom. Reads only, constant query counts.

Days are the days of the company (`Settings.zone`): a line that changes on Tuesday changes at its midnight for
everybody. Somebody who left stays in the chart, so that requests of their reports find the next manager above; every
read here steps over them.
"""

from lms.people.queries.chart import (
    Approvers,
    ChartAbove,
    acting_approvers,
    chart_above,
    chart_ids_above,
    managers_above,
    people_below,
    reports,
    reps_waiting_on,
    stood_in_for,
    subject,
)
from lms.people.queries.memberships import TeamRow, team_of, teams, teams_of
from lms.people.queries.persons import (
    PERSON_COLUMNS,
    STANDS_IN_WELL,
    PersonRow,
    Viewer,
    admins,
    by_email,
    by_external_key,
    everyone,
    here,
    manages_people,
    may_stand_in,
    people,
    person,
    roles_of,
    viewer,
)
from lms.people.queries.waiting import (
    Turn,
    acting_manager,
    day_words,
    due_day,
    is_reminder_due,
    next_stand_in,
    standing_in,
    today_of,
)

__all__ = [
    "PERSON_COLUMNS",
    "STANDS_IN_WELL",
    "Approvers",
    "ChartAbove",
    "PersonRow",
    "TeamRow",
    "Turn",
    "Viewer",
    "acting_approvers",
    "acting_manager",
    "admins",
    "by_email",
    "by_external_key",
    "chart_above",
    "chart_ids_above",
    "day_words",
    "due_day",
    "everyone",
    "here",
    "is_reminder_due",
    "managers_above",
    "manages_people",
    "may_stand_in",
    "next_stand_in",
    "people",
    "people_below",
    "person",
    "reports",
    "reps_waiting_on",
    "roles_of",
    "standing_in",
    "stood_in_for",
    "subject",
    "team_of",
    "teams",
    "teams_of",
    "today_of",
    "viewer",
]
