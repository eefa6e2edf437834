"""Who may do what: every permission asked by everybody who could ask, about one rep."""

from uuid import UUID, uuid4

import pytest

from lms.policy.access import Actor, Permission, Role, Subject, allows

REP, MANAGER, OTHER_MANAGER, MANAGERS_MANAGER, ADMIN, NOBODY = (UUID(int=number) for number in range(1, 7))
ACTORS = {
    "rep": Actor(REP, frozenset({Role.REP})),
    "manager": Actor(MANAGER, frozenset({Role.MANAGER}), manages_people=True),
    "other manager": Actor(OTHER_MANAGER, frozenset({Role.MANAGER}), manages_people=True),
    "manager's manager": Actor(MANAGERS_MANAGER, frozenset({Role.MANAGER}), manages_people=True),
    "admin": Actor(ADMIN, frozenset({Role.ADMIN})),
    "nobody": Actor(NOBODY),
}
ABOUT_REP = Subject(REP, line=(MANAGER, MANAGERS_MANAGER), approvers=frozenset({MANAGER}))

EVERYBODY = set(ACTORS)
MANAGERS = {"manager", "other manager", "manager's manager"}
ABOVE = {"manager", "manager's manager"}
TABLE = {
    Permission.SIGNED_IN: EVERYBODY,
    Permission.CATALOG_VIEW: EVERYBODY,
    Permission.LEARN: {"rep"},
    Permission.PERSON_VIEW: {"rep", "admin"} | ABOVE,
    Permission.RECORD_VIEW: {"rep", "admin"} | ABOVE,
    Permission.ENROLLMENT_VIEW: {"rep", "admin"} | ABOVE,
    Permission.ENROLL: {"admin"} | ABOVE,
    Permission.TRANSFER_VIEW: {"rep", "admin"} | ABOVE,
    Permission.TRANSFER_DECIDE: {"manager"},
    Permission.TRANSFER_OBSERVE: {"manager"},
    Permission.TRANSFER_LEADS: {"rep"} | ABOVE,
    Permission.TRANSFER_ADMIN: {"admin"},
    Permission.TRANSFER_REOPEN: {"admin", "manager"},
    Permission.ATTEMPT_SCORE: {"admin", "manager"},
    Permission.RECORDING_HEAR: {"rep", "admin", "manager"},
    Permission.QUEUE_VIEW: {"admin"} | MANAGERS,
    Permission.TEAM_VIEW: {"admin"} | MANAGERS,
    Permission.DELEGATE: {"admin"} | MANAGERS,
    Permission.PEOPLE_ADMIN: {"admin"},
    Permission.CATALOG_PUBLISH: {"admin"},
    Permission.ITEM_REPAIR: {"admin"},
    Permission.METRICS_ADMIN: {"admin"},
    Permission.SYSTEM_ADMIN: {"admin"},
}


def test_the_table_has_every_permission():
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("permission", Permission)
def test_who_may(permission, who):
    assert allows(ACTORS[who], permission, ABOUT_REP) is (who in TABLE[permission])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "permission", [Permission.TRANSFER_DECIDE, Permission.TRANSFER_OBSERVE, Permission.ATTEMPT_SCORE]
)
def test_nobody_decides_about_themselves_whatever_roles_they_hold(permission, role):
    me = uuid4()
    mine = Subject(me, line=(me,), approvers=frozenset({me}))
    assert not allows(Actor(me, frozenset({role}), manages_people=True), permission, mine)


@pytest.mark.parametrize("permission", [Permission.TRANSFER_ADMIN, Permission.TRANSFER_REOPEN])
def test_an_admin_does_not_waive_or_reopen_their_own(permission):
    mine = Subject(ADMIN, line=(), approvers=frozenset({ADMIN}))
    assert not allows(ACTORS["admin"], permission, mine)


def test_a_delegate_decides_but_not_about_people_above_them():
    delegate = uuid4()
    of_a_peer = Subject(REP, line=(MANAGER,), approvers=frozenset({MANAGER, delegate}))
    of_their_boss = Subject(
        MANAGER,
        line=(MANAGERS_MANAGER,),
        approvers=frozenset({MANAGERS_MANAGER, delegate}),
        below=frozenset({delegate}),
    )
    assert allows(Actor(delegate), Permission.TRANSFER_DECIDE, of_a_peer)
    assert not allows(Actor(delegate), Permission.TRANSFER_DECIDE, of_their_boss)


@pytest.mark.parametrize("permission", [Permission.ATTEMPT_SCORE, Permission.RECORDING_HEAR])
def test_a_facilitator_scores_whomever_they_do_not_report_to(permission):
    facilitator = Actor(uuid4(), frozenset({Role.FACILITATOR}))
    of_their_boss = Subject(MANAGER, line=(MANAGERS_MANAGER,), below=frozenset({facilitator.id}))
    assert allows(facilitator, permission, ABOUT_REP)
    assert not allows(facilitator, permission, of_their_boss)
    assert allows(facilitator, Permission.QUEUE_VIEW)
    assert not allows(facilitator, Permission.ENROLLMENT_VIEW, ABOUT_REP)


def test_a_delegate_scores_and_hears():
    delegate = uuid4()
    subject = Subject(REP, line=(MANAGER,), approvers=frozenset({MANAGER, delegate}))
    assert allows(Actor(delegate), Permission.ATTEMPT_SCORE, subject)
    assert allows(Actor(delegate), Permission.RECORDING_HEAR, subject)


def test_a_delegate_sees_the_work_but_not_the_record():
    delegate = uuid4()
    subject = Subject(REP, line=(MANAGER,), approvers=frozenset({MANAGER, delegate}))
    assert allows(Actor(delegate), Permission.TRANSFER_VIEW, subject)
    assert not allows(Actor(delegate), Permission.RECORD_VIEW, subject)


def test_an_admin_does_not_decide_unless_nobody_is_above():
    assert not allows(ACTORS["admin"], Permission.TRANSFER_DECIDE, ABOUT_REP)
    at_the_top = Subject(REP, line=(), approvers=frozenset({ADMIN}))
    assert allows(ACTORS["admin"], Permission.TRANSFER_DECIDE, at_the_top)


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize(
    "permission",
    [
        Permission.LEARN,
        Permission.TRANSFER_DECIDE,
        Permission.TRANSFER_OBSERVE,
        Permission.ATTEMPT_SCORE,
        Permission.RECORDING_HEAR,
    ],
)
def test_without_a_subject_nothing_about_a_person_is_allowed(permission, who):
    assert not allows(ACTORS[who], permission)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN, Role.AUTHOR}))
def test_only_authors_and_admins_publish(role):
    assert not allows(Actor(uuid4(), frozenset({role})), Permission.CATALOG_PUBLISH)
    assert allows(Actor(uuid4(), frozenset({Role.AUTHOR})), Permission.CATALOG_PUBLISH)
