"""Accounts, roles, passwords: what is refused, and that every act is on record."""

from datetime import UTC, date, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from lms import clock
from lms.errors import RuleViolation
from lms.people import passwords, queries, service
from lms.people.models import RoleGrant
from lms.people.passwords import Hasher
from tests.factories import make_user

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TODAY = AT.date()


def new(cast, **changes):
    values = {"name": "Ivo Lang", "zone": "Europe/Berlin", "email": "ivo@example.com", "by": cast.enid, "at": AT}
    return service.create_person(**{**values, **changes})


def details(user, **changes):
    values = {
        "name": user.name,
        "email": user.email,
        "zone": user.zone,
        "job_role": user.job_role,
        "external_key": user.external_key,
        "hired_on": user.hired_on,
    }
    return {**values, **changes}


def test_create(session, cast, account_changes):
    user = new(cast, name="  Ivo   Lang ", email=" Ivo@Example.COM ", roles=("rep",), external_key="77")
    assert (user.name, user.email) == ("Ivo Lang", "ivo@example.com")
    assert queries.roles_of(user.id) == {"rep"}
    assert queries.by_external_key("77") is user
    assert account_changes(user) == ["created", "role_granted"]


def test_without_email_there_is_no_password(cast, hasher):
    user = new(cast, email="  ")
    assert user.email is None
    with pytest.raises(RuleViolation) as refused:
        service.set_password(user, "river stone lamp", hasher=hasher, by=None, at=AT)
    assert refused.value.code == "password_without_email"
    new(cast, name="Second", email=None)  # several people may have none


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name_missing"),
        ({"name": "x" * 121}, "name_unusable"),
        ({"name": "a\x00b"}, "name_unusable"),
        ({"email": "not an address"}, "email_invalid"),
        ({"zone": "Mars/Olympus"}, "unknown_zone"),
        ({"zone": "../etc/passwd"}, "unknown_zone"),
        ({"zone": "Europe"}, "unknown_zone"),
        ({"roles": ("king",)}, "unknown_role"),
    ],
)
def test_refused(cast, changes, code):
    with pytest.raises(RuleViolation) as refused:
        new(cast, **changes)
    assert refused.value.code == code


def test_email_and_key_belong_to_one_person(cast):
    new(cast, external_key="77")
    with pytest.raises(RuleViolation) as refused:
        new(cast, email="IVO@example.com")
    assert refused.value.code == "email_taken"
    with pytest.raises(RuleViolation) as refused:
        new(cast, email=None, external_key="77")
    assert refused.value.code == "key_taken"


def test_company_only_domains_are_addresses(cast):
    assert new(cast, email="ivo@mail.internal").email == "ivo@mail.internal"


def test_change_account_says_what_changed(session, cast, account_changes):
    assert not service.change_account(cast.rosa, **details(cast.rosa), by=cast.enid, at=AT)
    assert service.change_account(cast.rosa, **details(cast.rosa, job_role="ae"), by=cast.enid, at=AT)
    assert account_changes(cast.rosa) == ["details_changed"]


def test_granting_twice_is_one_grant(session, cast, account_changes):
    one = service.grant_role(cast.rosa, "author", by=cast.enid, at=AT)
    assert service.grant_role(cast.rosa, "author", by=cast.enid, at=AT) is one
    assert account_changes(cast.rosa) == ["role_granted"]


def test_revoking_keeps_the_history(session, cast):
    service.revoke_role(cast.rosa, "rep", by=cast.enid, at=AT)
    service.revoke_role(cast.rosa, "rep", by=cast.enid, at=AT)
    service.grant_role(cast.rosa, "rep", by=cast.enid, at=AT)
    rows = session.query(RoleGrant).filter_by(user_id=cast.rosa.id, role="rep").all()
    assert sorted(row.revoked_on is None for row in rows) == [False, True]


def test_the_last_admin_stays(session, cast):
    with pytest.raises(RuleViolation) as refused:
        service.revoke_role(cast.enid, "admin", by=cast.enid, at=AT)
    assert refused.value.code == "last_admin"
    with pytest.raises(RuleViolation) as refused:
        service.deactivate(cast.enid, left_on=TODAY, by=cast.milo, at=AT)
    assert refused.value.code == "last_admin"
    make_user("Ada Second", roles=("admin",))
    service.revoke_role(cast.enid, "admin", by=cast.milo, at=AT)
    assert queries.roles_of(cast.enid.id) == {"author"}


def test_an_admin_who_is_known_to_leave_does_not_keep_the_door_open(session, cast):
    service.grant_role(cast.milo, "admin", by=cast.enid, at=AT)
    service.deactivate(cast.milo, left_on=TODAY + timedelta(days=30), by=cast.enid, at=AT)
    with pytest.raises(RuleViolation) as refused:
        service.revoke_role(cast.enid, "admin", by=cast.enid, at=AT)
    assert refused.value.code == "last_admin"


def test_roles_are_dated_by_the_day_of_the_company(app, session, cast):
    evening = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    clock.keep_company_zone("Asia/Tokyo")
    try:
        granted = service.grant_role(cast.rosa, "author", by=cast.enid, at=evening)
        assert granted.granted_on == date(2026, 3, 3)
        service.revoke_role(cast.rosa, "author", by=cast.enid, at=evening)
        assert granted.revoked_on == date(2026, 3, 3)
    finally:
        clock.keep_company_zone(app.config["SETTINGS"].zone)


def test_leaving_ends_sessions_and_keeps_lines(session, cast, account_changes):
    before = cast.milo.session_token
    service.deactivate(cast.milo, left_on=TODAY, by=cast.enid, at=AT)
    assert queries.viewer(before, TODAY) is None
    assert queries.viewer(cast.milo.session_token, TODAY) is None
    assert queries.acting_approvers(cast.rosa.id, TODAY).manager_id == cast.vera.id
    service.reactivate(cast.milo, by=cast.enid, at=AT)
    assert queries.acting_approvers(cast.rosa.id, TODAY).manager_id == cast.milo.id
    assert account_changes(cast.milo) == ["left", "returned"]


def test_nobody_closes_their_own_account(cast):
    make_user("Ada Second", roles=("admin",))
    with pytest.raises(RuleViolation) as refused:
        service.deactivate(cast.enid, left_on=TODAY, by=cast.enid, at=AT)
    assert refused.value.code == "own_account_closed"


def test_nobody_leaves_before_they_came(cast):
    with pytest.raises(RuleViolation) as refused:
        service.deactivate(cast.rosa, left_on=cast.rosa.hired_on - timedelta(days=1), by=cast.enid, at=AT)
    assert refused.value.code == "left_before_hired"


def test_password_ends_sessions_and_is_never_on_record(session, cast, hasher, account_changes):
    before = cast.rosa.session_token
    service.set_password(cast.rosa, "river stone lamp", hasher=hasher, by=cast.rosa, at=AT)
    assert queries.viewer(before, TODAY) is None
    assert "river" not in cast.rosa.password_hash
    assert account_changes(cast.rosa) == ["password_changed"]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("x" * 201, "password_too_long"),
        ("aaaaaaaaaaaa", "password_easily_guessed"),
        ("Rosa Diaz-Lopez", "password_easily_guessed"),
        ("rosa.diaz@example.com", "password_easily_guessed"),
    ],
)
def test_passwords_refused(cast, hasher, password, code):
    cast.rosa.name, cast.rosa.email = "rosa diaz-lopez", "rosa.diaz@example.com"
    with pytest.raises(RuleViolation) as refused:
        service.set_password(cast.rosa, password, hasher=hasher, by=None, at=AT)
    assert refused.value.code == code


def test_rotating_ends_sessions(cast, account_changes):
    before = cast.rosa.session_token
    service.rotate_session(cast.rosa, by=cast.rosa, at=AT)
    assert queries.viewer(before, TODAY) is None
    assert account_changes(cast.rosa) == ["signed_out_everywhere"]


# Hashing


def test_hasher_says_no_without_a_hash_and_for_rubbish(hasher):
    assert not hasher.matches(None, "an account that does not exist")
    assert not hasher.matches("not a hash", "x")
    assert hasher.matches(hasher.hash("river stone lamp"), "river stone lamp")
    assert not hasher.matches(hasher.hash("river stone lamp"), "River stone lamp")


def test_hash_of_other_parameters_is_outdated(hasher):
    stronger = Hasher(PasswordHasher(time_cost=2, memory_cost=2048, parallelism=1))
    kept = hasher.hash("river stone lamp")
    assert stronger.matches(kept, "river stone lamp")
    assert stronger.is_outdated(kept)
    assert not hasher.is_outdated(kept)


def test_production_hashing_is_the_librarys_own():
    assert passwords.hasher(cheap=False).hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
