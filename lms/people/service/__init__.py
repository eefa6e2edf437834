"""What can be done to accounts, roles, lines, teams and delegations. One function, one act, one record."""

from lms.people.service.accommodations import end_time, give_time
from lms.people.service.accounts import (
    change_account,
    create_person,
    deactivate,
    grant_role,
    reactivate,
    revoke_role,
    rotate_session,
    set_password,
    set_zone,
)
from lms.people.service.entrance import (
    Gate,
    begin_sign_in,
    change_password,
    finish_sign_in,
    invite,
    recognize,
    request_reset,
    reset_password,
    user_of_reset,
)
from lms.people.service.importing import apply as apply_file
from lms.people.service.lines import (
    create_team,
    delegate,
    end_delegation,
    join_team,
    leave_team,
    set_manager,
    team_named,
)
from lms.people.service.planning import Plan
from lms.people.service.planning import plan as plan_file
from lms.people.service.refused_mail import send_mail_again
from lms.people.service.staging import discard_file, stage_file, staged_file

__all__ = [
    "Gate",
    "Plan",
    "apply_file",
    "begin_sign_in",
    "change_account",
    "change_password",
    "create_person",
    "create_team",
    "deactivate",
    "delegate",
    "discard_file",
    "end_delegation",
    "end_time",
    "finish_sign_in",
    "give_time",
    "grant_role",
    "invite",
    "join_team",
    "leave_team",
    "plan_file",
    "reactivate",
    "recognize",
    "request_reset",
    "reset_password",
    "revoke_role",
    "rotate_session",
    "send_mail_again",
    "set_manager",
    "set_password",
    "set_zone",
    "stage_file",
    "staged_file",
    "team_named",
    "user_of_reset",
]
