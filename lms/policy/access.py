"""Who may do what: one table. The dangerous question is a relation ("manages this rep today"), not a role."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import assert_never
from uuid import UUID


class Role(StrEnum):
    """A granted role. Being somebody's manager is a dated reporting line, not a grant."""

    REP = auto()
    MANAGER = auto()
    ADMIN = auto()
    AUTHOR = auto()
    FACILITATOR = auto()


class Permission(StrEnum):
    """Everything that is guarded. A new one: member here, arm in `allows`, row in its test, guard on the view."""

    SIGNED_IN = auto()
    PERSON_VIEW = auto()  # a rep's page: learning, verified work, numbers
    RECORD_VIEW = auto()  # the ledger about one person
    LEARN = auto()  # take a course, answer, save a worksheet: the owner only
    ENROLLMENT_VIEW = auto()  # see someone's trail, worksheets, results
    ENROLL = auto()  # assign courses to this person
    TRANSFER_VIEW = auto()
    TRANSFER_DECIDE = auto()  # approve, adjust, return, release, verify, query
    TRANSFER_OBSERVE = auto()
    TRANSFER_LEADS = auto()  # read whom the manager handed over: names of customers
    TRANSFER_ADMIN = auto()  # waive, override
    TRANSFER_REOPEN = auto()  # take a confirmation back: an admin, or who may decide, for some days
    QUEUE_VIEW = auto()  # own queue of what waits on me
    TEAM_VIEW = auto()  # team pages: people who report to me, directly or not
    DELEGATE = auto()  # name a delegate for oneself
    PEOPLE_ADMIN = auto()
    CATALOG_VIEW = auto()
    CATALOG_PUBLISH = auto()
    ATTEMPT_SCORE = auto()  # score what a key cannot: long texts and recordings
    RECORDING_HEAR = auto()  # play a learner's recording
    ITEM_REPAIR = auto()  # regrade whoever sat a broken question
    METRICS_ADMIN = auto()
    SYSTEM_ADMIN = auto()  # deliveries, statements, jobs


@dataclass(frozen=True, slots=True)
class Actor:
    id: UUID
    roles: frozenset[str] = frozenset()
    manages_people: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """The person whose thing it is, and who stands in which relation to them today.

    `line` = managers above the owner, nearest first; `approvers` = who may decide today: the acting line
    manager, their delegates in date, and whoever an overdue review was escalated to.
    """

    owner_id: UUID
    line: tuple[UUID, ...] = ()
    approvers: frozenset[UUID] = frozenset()
    # The owner's own direct and indirect reports, asked only for decisions.
    below: frozenset[UUID] = frozenset()


def allows(actor: Actor, permission: Permission, subject: Subject | None = None) -> bool:
    """Whether `actor` may do this to `subject`. Without a subject, everything that asks about one is no."""
    is_admin = Role.ADMIN in actor.roles
    is_author = is_admin or Role.AUTHOR in actor.roles
    owns = subject is not None and subject.owner_id == actor.id
    above = subject is not None and actor.id in subject.line
    decides = subject is not None and actor.id in subject.approvers and not owns and actor.id not in subject.below
    # A facilitator may teach their own manager, and does not score them.
    facilitates = Role.FACILITATOR in actor.roles and subject is not None and actor.id not in subject.below
    scores = decides or ((is_admin or facilitates) and subject is not None and not owns)
    match permission:
        case Permission.SIGNED_IN | Permission.CATALOG_VIEW:
            return True
        case Permission.LEARN:
            return owns
        case Permission.PERSON_VIEW | Permission.ENROLLMENT_VIEW | Permission.TRANSFER_VIEW:
            return owns or above or decides or is_admin
        case Permission.RECORD_VIEW:
            # Not `decides`: a delegate of a week needs the activity, not the person's history.
            return owns or above or is_admin
        case Permission.TRANSFER_LEADS:
            return owns or above or decides  # an admin needs the state of the work, not the accounts
        case Permission.TRANSFER_DECIDE | Permission.TRANSFER_OBSERVE:
            return decides  # nobody verifies their own work, whatever roles they hold
        case Permission.ATTEMPT_SCORE:
            return scores  # nobody scores their own answer
        case Permission.RECORDING_HEAR:
            return owns or scores  # not the whole line: a voice is for those who score it
        case Permission.TRANSFER_ADMIN:
            return is_admin and not owns
        case Permission.TRANSFER_REOPEN:
            return decides or (is_admin and not owns)
        case Permission.ENROLL:
            return is_admin or (above and not owns)
        case Permission.QUEUE_VIEW if Role.FACILITATOR in actor.roles:
            return True
        case Permission.QUEUE_VIEW | Permission.TEAM_VIEW | Permission.DELEGATE:
            return actor.manages_people or Role.MANAGER in actor.roles or is_admin
        case Permission.CATALOG_PUBLISH:
            return is_author
        case Permission.PEOPLE_ADMIN | Permission.ITEM_REPAIR | Permission.METRICS_ADMIN | Permission.SYSTEM_ADMIN:
            return is_admin
        case _:
            assert_never(permission)
