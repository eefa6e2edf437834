"""People and lines from a file: what it would do, all or nothing, and through HTTP."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest

from lms.errors import RuleViolation
from lms.people import queries, service
from lms.people.models import StagedFile, User
from lms.statements.models import LedgerEntry
from tests.factories import make_user

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TODAY = AT.date()
COMPANY = b"""key,name,email,job_role,team,manager_key,role,zone,hired_on,line_from
2001,Ines Gray,ines@example.com,manager,North,3001,manager,America/Chicago,2021-04-12,
1001,Raul Vega,raul@example.com,sdr,North,2001,rep,,2026-11-02,
1002,Tove Lie,,sdr,North,2001,rep,,,2026-12-01
3001,Vik Rao,vik@example.com,leader,,,manager,,,
"""


def apply(cast, content, on=TODAY):
    return service.apply_file(content, zone="America/New_York", on=on, by=cast.enid, at=AT)


def plan(content):
    return service.plan_file(content, on=TODAY)


def by_key(key):
    return queries.by_external_key(key)


def test_new_people_with_lines_roles_and_teams(session, cast):
    done = apply(cast, COMPANY)
    assert dict(done.counts) == {"added": 4, "changed": 0, "unchanged": 0}
    raul, ines = by_key("1001"), by_key("2001")
    assert (raul.zone, ines.zone) == ("America/New_York", "America/Chicago")
    assert queries.managers_above(raul.id, TODAY) == (ines.id, by_key("3001").id)
    assert queries.managers_above(raul.id, date(2026, 11, 2))[0] == ines.id  # since hired
    assert queries.managers_above(raul.id, date(2026, 11, 1)) == ()
    assert queries.team_of(raul.id, TODAY).name == "North"
    assert queries.roles_of(raul.id) == {"rep"}
    tove = by_key("1002")
    assert tove.email is None
    assert queries.managers_above(tove.id, date(2026, 11, 30)) == ()
    assert queries.managers_above(tove.id, date(2026, 12, 1))[0] == ines.id


def test_one_entry_says_what_the_file_did(session, cast):
    apply(cast, COMPANY)
    (entry,) = session.query(LedgerEntry).filter_by(kind="file_imported").all()
    assert entry.actor_id == cast.enid.id
    assert ["added", "4"] in entry.facts["facts"]


def test_the_same_file_again_changes_nothing(session, cast):
    apply(cast, COMPANY)
    entries = session.query(LedgerEntry).count()
    again = plan(COMPANY)
    # Tove's line begins in December, so it is not there yet on the day of the import.
    assert [change.row.key for change in again.those("changed")] == ["1002"]
    later = service.plan_file(COMPANY, on=date(2026, 12, 1))
    assert dict(later.counts) == {"added": 0, "changed": 0, "unchanged": 4}
    assert not later.can_apply
    assert session.query(LedgerEntry).count() == entries


def test_what_changes_is_said_before(cast):
    apply(cast, COMPANY)
    text = "key,name,team,role,manager_key\n1001,Raul Vega Ruiz,South,author,3001\n"
    made = plan(text.encode())
    (change,) = made.those("changed")
    assert change.details == (
        "name: Raul Vega → Raul Vega Ruiz",
        "role added: author",
        "team: North → South, from today",
        "reports to: Ines Gray → Vik Rao, from today",
    )
    apply(cast, text.encode())
    raul = by_key("1001")
    assert raul.email == "raul@example.com"  # an absent column leaves things as they are
    assert queries.managers_above(raul.id, TODAY) == (by_key("3001").id,)
    assert queries.managers_above(raul.id, TODAY - timedelta(days=1))[0] == by_key("2001").id


def test_from_which_day_a_line_holds_is_said_before(cast):
    """New people since they were hired, whoever is named in the file or here, and planned changes by their day."""
    said = {change.row.key: " · ".join(change.details) for change in plan(COMPANY).changes}
    assert "team North from Nov 2, 2026 · reports to Ines Gray from Nov 2, 2026" in said["1001"]
    assert "reports to Ines Gray from Dec 1, 2026" in said["1002"]
    assert "reports to Vik Rao from Apr 12, 2021" in said["2001"]
    apply(cast, COMPANY)
    (change,) = plan(b"key,name,manager_key,line_from\n1001,Raul Vega,3001,2026-12-25\n").changes
    assert change.details == ("reports to: Ines Gray → Vik Rao, from Dec 25, 2026",)
    (change,) = plan(b"key,name,manager_key,line_from\n1001,Raul Vega,-,2026-12-25\n").changes
    assert change.details == ("reports to: Ines Gray → nobody, from Dec 25, 2026",)


def test_dash_empties(cast):
    apply(cast, COMPANY)
    apply(cast, b"key,name,email,team,manager_key\n1001,Raul Vega,-,-,-\n")
    raul = by_key("1001")
    assert raul.email is None
    assert queries.team_of(raul.id, TODAY) is None
    assert queries.managers_above(raul.id, TODAY) == ()


def test_somebody_known_by_email_gets_the_key(session, cast):
    before = session.query(User).count()
    made = apply(cast, f"key,name,email\n900,Rosa Diaz,{cast.rosa.email}\n".encode())
    assert dict(made.counts)["changed"] == 1
    assert session.query(User).count() == before
    assert by_key("900").id == cast.rosa.id


def test_a_line_can_be_turned_around(cast):
    apply(cast, COMPANY)
    turned = b"key,name,manager_key\n3001,Vik Rao,2001\n2001,Ines Gray,-\n"
    assert plan(turned).problems == ()
    apply(cast, turned)
    assert queries.managers_above(by_key("3001").id, TODAY) == (by_key("2001").id,)


@pytest.mark.parametrize(
    ("rows", "row", "column", "words"),
    [
        ("1,Ann,,9999", 2, "manager_key", "Nobody has this key"),
        ("1,Ann,,20011", 2, "manager_key", "“2001”"),
        ("1,Ann,,1", 2, "manager_key", "own manager"),
        ("1,Ann,,2\n2,Ben,,3\n3,Cleo,,1", 2, "manager_key", "1 → 2 → 3 → 1"),
        ("3001,Vik Rao,,1001", 2, "manager_key", "in a circle"),
        ("1,Ann,raul@example.com,", 2, "email", "Raul Vega"),
        ("1001,Raul Vega,ines@example.com,", 2, "email", "Ines Gray"),
    ],
)
def test_what_clashes_with_what_is_there(session, cast, rows, row, column, words):
    apply(cast, COMPANY)
    people = session.query(User).count()
    content = f"key,name,email,manager_key\n{rows}\n".encode()
    (problem,) = plan(content).problems
    assert (problem.row, problem.column) == (row, column)
    assert words in problem.message
    with pytest.raises(RuleViolation) as refused:
        apply(cast, content)
    assert refused.value.code == "file_has_problems"
    assert session.query(User).count() == people


def test_a_circle_is_told_once(cast):
    content = b"key,name,manager_key\n1,Ann,2\n2,Ben,1\n3,Cleo,4\n4,Dag,3\n5,Eve,1\n"
    assert [problem.row for problem in plan(content).problems] == [2, 4]


def test_a_manager_who_left_is_refused(session, cast):
    apply(cast, COMPANY)
    by_key("2001").left_on = TODAY
    session.flush()
    (problem,) = plan(b"key,name,manager_key\n1,Ann,2001\n").problems
    assert "left on" in problem.message


def test_all_or_nothing_when_only_doing_it_finds_the_circle(session, cast):
    """Vik will report to Raul from December on; the file would make the circle then."""
    apply(cast, COMPANY)
    vik, ines, raul = by_key("3001"), by_key("2001"), by_key("1001")
    service.set_manager(ines, None, from_on=TODAY, by=cast.enid, at=AT)
    service.set_manager(vik, raul, from_on=TODAY + timedelta(days=30), by=cast.enid, at=AT)
    content = b"key,name,manager_key\n1001,Raul Vega,3001\n"
    assert plan(content).problems == ()
    with pytest.raises(RuleViolation) as refused:
        apply(cast, content)
    assert (refused.value.code, refused.value.facts["row"]) == ("reporting_loop", 2)


# Through HTTP


def upload(browser, content, name="people.csv"):
    data = {"file": (io.BytesIO(content), name)}
    return browser.send("/admin/people/import", data, page="/admin/people/import", content_type="multipart/form-data")


def test_upload_look_apply(visit, session, cast):
    browser = visit(cast.enid)
    report = upload(browser, COMPANY).location
    page = browser.get(report).get_data(as_text=True)
    assert "4 people" in page
    assert "Raul Vega" in page
    assert by_key("1001") is None  # looking changes nothing
    answer = browser.send(report, page=report)
    assert (answer.status_code, answer.location) == (303, "/admin/people?state=no_password")
    page = browser.get(answer.location).get_data(as_text=True)
    assert "4 added" in page
    assert "Invite everybody on this list" in page
    session.expire_all()
    assert by_key("1001").name == "Raul Vega"
    assert session.query(StagedFile).count() == 0
    assert browser.send(report, page="/admin/people/import").status_code == 404  # a second press finds nothing


def test_problems_by_row_and_column_and_nothing_to_press(visit, session, cast):
    browser = visit(cast.enid)
    report = upload(browser, b"key,name,zone,manager_key\n1,Ann,Nowhere,77\n,Ben,,\n").location
    page = browser.get(report).get_data(as_text=True)
    assert "3 problems" in page
    assert "Apply all" not in page
    assert "Would be" not in page
    assert browser.send(report, page=report).status_code == 422
    assert by_key("1") is None


def test_what_was_true_at_the_look_is_checked_again(visit, session, cast):
    browser = visit(cast.enid)
    report = upload(browser, b"key,name,email\n1,Ann,ann@example.com\n").location
    make_user("Another Ann", email="ann@example.com", external_key="55")
    session.commit()
    answer = browser.send(report, page=report)
    assert answer.status_code == 422
    assert "Another Ann" in answer.get_data(as_text=True)


def test_pasted_rows(visit, cast):
    browser = visit(cast.enid)
    data = {"text": "key\tname\r\n1\tAnn\r\n"}
    answer = browser.send("/admin/people/import", data, page="/admin/people/import")
    assert "1 person" in browser.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize("content", [b"", b"   \n"])
def test_nothing_chosen(visit, cast, content):
    answer = upload(visit(cast.enid), content)
    assert answer.status_code == 422


def test_an_unsafe_name_and_cells_are_only_text(visit, cast):
    browser = visit(cast.enid)
    report = upload(browser, b"key,name\n1,<script>alert(1)</script>\n", "<b>x</b>.csv").location
    page = browser.get(report).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


@pytest.mark.parametrize("who", ["rosa", "milo", "vera"])
def test_only_admins_import(visit, cast, who):
    assert visit(getattr(cast, who)).get("/admin/people/import").status_code == 404


def test_reps_whom_nobody_would_lead_are_named_before(session, cast):
    content = b"key,name,role,manager_key\n1,Ada Low,rep,\n2,Bo Lind,rep,\n3,Cy Dell,rep,4\n4,Di Orr,manager,\n"
    (notice,) = plan(content).notices
    assert notice.startswith("2 reps report to nobody (Ada Low, Bo Lind)")
    assert plan(COMPANY).notices == ()
