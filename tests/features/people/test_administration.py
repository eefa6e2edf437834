"""The directory and one person's page, as an admin uses them; for everybody else they do not exist."""

import re

import pytest

from lms.people import directory, queries
from lms.people.models import User
from lms.people.views import directory as directory_views
from tests.factories import make_user
from tests.features.people.conftest import today


def text(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def page_of(person):
    return f"/admin/people/{person.id}"


def send(browser, person, form, **data):
    return browser.send(f"{page_of(person)}/{form}", data, page=page_of(person))


# The directory


def test_search_in_name_email_and_key(visit, session, cast):
    cast.rosa.external_key = "HR-77"
    browser = visit(cast.enid)
    for search in ("rosa", "DIAZ ros", cast.rosa.email, "hr-77"):
        page = text(browser, f"/admin/people?search={search}")
        assert "Rosa Diaz" in page
        assert "Olga Wirth" not in page
    assert "Nobody found" in text(browser, "/admin/people?search=%25")
    assert "Nobody found" in text(browser, "/admin/people?search=_")


def test_find_takes_an_email_a_key_or_a_name(session, cast):
    cast.rosa.external_key, cast.olga.name = "HR-77", "Émilie Ünal"
    session.flush()
    for text in (cast.rosa.email.upper(), "hr-77", " rosa   DIAZ "):
        assert [row.id for row in directory.find(text, today())] == [cast.rosa.id]
    assert [row.id for row in directory.find("Émilie ünal".replace("ü", "Ü"), today())] == [cast.olga.id]
    assert directory.find("rosa", today()) == directory.find("  ", today()) == ()


def test_a_key_names_one_person_even_if_another_is_called_so(session, cast):
    cast.rosa.external_key = "Olga Wirth"
    session.flush()
    assert [row.id for row in directory.find("olga wirth", today())] == [cast.rosa.id]


def test_filter_by_team_and_state(visit, session, cast):
    cast.olga.left_on = today()
    browser = visit(cast.enid)
    north = queries.team_of(cast.rosa.id, today())
    page = text(browser, f"/admin/people?team={north.id}")
    assert "Rosa Diaz" in page
    assert "Enid Shaw</a>" not in page
    assert "Olga Wirth" not in text(browser, "/admin/people")
    assert "Olga Wirth" in text(browser, "/admin/people?state=left")
    assert "Olga Wirth" in text(browser, "/admin/people?state=all")
    assert "Rosa Diaz" in text(browser, "/admin/people?team=rubbish&state=rubbish&page=x")


def test_paging(visit, session, cast, count_statements):
    for number in range(directory.PAGE):
        make_user(f"Person {number:03}")
    make_user("Zora Last")
    browser = visit(cast.enid)
    first = text(browser, "/admin/people")
    assert "Page 1 of 2" in first
    assert "Zora Last</a>" not in first
    assert "Zora Last</a>" in text(browser, "/admin/people?page=2")
    assert "Page 2 of 2" in text(browser, "/admin/people?page=99")
    count_statements.statements.clear()
    text(browser, "/admin/people")
    assert len(count_statements) <= 4  # viewer, count, page, teams


@pytest.mark.parametrize("who", ["rosa", "milo", "vera"])
@pytest.mark.parametrize("path", ["/admin/people", "/admin/people/new", "page"])
def test_only_admins(visit, cast, who, path):
    path = page_of(cast.rosa) if path == "page" else path
    assert visit(getattr(cast, who)).get(path).status_code == 404


def test_nobody_is_sent_to_sign_in(visit, cast):
    assert visit().get("/admin/people").location == "/sign-in?next=/admin/people"


def test_everybody_without_a_password_is_invited_once(visit, session, cast, outbox, monkeypatch):
    waiting = [make_user(f"New {n}", roles=("rep",), email=f"new{n}@example.com") for n in range(3)]
    silent = make_user("New without email", roles=("rep",), email=None)
    gone = make_user("New but gone", roles=("rep",), email="gone@example.com", left_on=today(-30))
    browser = visit(cast.enid)
    monkeypatch.setattr(directory_views, "MOST_INVITED", 2)
    page = browser.get("/admin/people?state=no_password").get_data(as_text=True)
    assert "Invite the first 2" in page
    first = browser.send("/admin/people/invitations", {"search": "new"}, page="/admin/people?state=no_password")
    assert "1 person is left" in browser.get(first.location).get_data(as_text=True)
    assert [len(outbox(user)) for user in waiting] == [1, 1, 0]
    for _ in range(2):  # a double click, another tab
        browser.send("/admin/people/invitations", {"search": "new"}, page="/admin/people?state=no_password")
    assert [len(outbox(user)) for user in (*waiting, silent, gone)] == [1, 1, 1, 0, 0]
    assert "Nobody is left to invite" in browser.get("/admin/people").get_data(as_text=True)


# One person


def test_add_a_person_and_invite(visit, session, cast, outbox, link_in):
    browser = visit(cast.enid)
    data = {"name": "Ivo Lang", "email": "ivo@example.com", "zone": "Europe/Berlin", "job_role": "sdr"}
    answer = browser.send("/admin/people/new", data, page="/admin/people/new")
    ivo = queries.by_email("ivo@example.com")
    assert answer.location == page_of(ivo)
    assert send(browser, ivo, "invitation").status_code == 303
    (mail,) = outbox(ivo)
    path = link_in(mail)
    theirs = visit()
    assert theirs.send(path, {"password": "a first password"}, page=path).status_code == 303
    entering = {"email": "ivo@example.com", "password": "a first password"}
    assert theirs.send("/sign-in", entering, page="/sign-in").location == "/"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": " "}, "Write the name"),
        ({"email": "nonsense"}, "not an email address"),
        ({"email": "taken"}, "Somebody else has"),
        ({"zone": "Mars/Olympus"}, "Not a valid choice"),
        ({"hired_on": "soon"}, "Not a valid date"),
    ],
)
def test_wrong_details_are_told_in_place(visit, session, cast, data, words):
    if data.get("email") == "taken":
        data = {"email": cast.milo.email}
    browser = visit(cast.enid)
    typed = {"name": "Ivo Lang", "email": "ivo@example.com", "zone": "UTC", "job_role": "typed role", **data}
    for path, page in (
        ("/admin/people/new", "/admin/people/new"),
        (f"{page_of(cast.rosa)}/details", page_of(cast.rosa)),
    ):
        answer = browser.send(path, typed, page=page)
        body = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert words in body
        assert "typed role" in body
    session.refresh(cast.rosa)
    assert cast.rosa.name == "Rosa Diaz"


def test_details(visit, session, cast):
    browser = visit(cast.enid)
    data = {"name": "Rosa Diaz Ruiz", "email": cast.rosa.email, "zone": "UTC", "external_key": "77", "hired_on": ""}
    assert send(browser, cast.rosa, "details", **data).status_code == 303
    session.refresh(cast.rosa)
    assert (cast.rosa.name, cast.rosa.external_key, cast.rosa.hired_on) == ("Rosa Diaz Ruiz", "77", None)


def test_roles(visit, cast):
    browser = visit(cast.enid)
    assert send(browser, cast.rosa, "roles", role="author", act="grant").status_code == 303
    assert queries.roles_of(cast.rosa.id) == {"rep", "author"}
    assert send(browser, cast.rosa, "roles", role="rep", act="revoke").status_code == 303
    assert queries.roles_of(cast.rosa.id) == {"author"}
    assert send(browser, cast.rosa, "roles", role="king", act="grant").status_code == 422
    answer = send(browser, cast.enid, "roles", role="admin", act="revoke")
    assert answer.status_code == 422
    assert "last administrator" in answer.get_data(as_text=True)
    assert "admin" in queries.roles_of(cast.enid.id)


def test_line_with_history(visit, cast):
    browser = visit(cast.enid)
    day = today(3).isoformat()
    assert send(browser, cast.rosa, "line", manager=cast.otis.email, from_on=day).status_code == 303
    page = text(browser, page_of(cast.rosa))
    assert "planned" in page
    assert page.index("Otis Grey") < page.index("Milo Hart")
    assert queries.managers_above(cast.rosa.id, today(3))[0] == cast.otis.id


@pytest.mark.parametrize(
    ("who", "manager", "from_on", "words"),
    [
        ("rosa", "nobody such", None, "Nobody here has"),
        ("rosa", "Rosa Diaz", None, "report to themselves"),
        ("milo", "Rosa Diaz", None, "cannot report to"),
        ("rosa", "Otis Grey", "", "Choose the day"),
        ("rosa", "Otis Grey", "2026-99-99", "Choose the day"),
    ],
)
def test_refused_lines_keep_what_was_typed(visit, cast, who, manager, from_on, words):
    person = getattr(cast, who)
    before = queries.managers_above(person.id, today())
    answer = send(
        visit(cast.enid), person, "line", manager=manager, from_on=str(today()) if from_on is None else from_on
    )
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in body
    assert f'value="{manager}"' in body
    assert queries.managers_above(person.id, today()) == before


def test_team(visit, cast):
    browser = visit(cast.enid)
    assert send(browser, cast.rosa, "team", team="South", from_on=str(today())).status_code == 303
    assert queries.team_of(cast.rosa.id, today()).id == queries.team_of(cast.olga.id, today()).id
    empty = send(browser, cast.rosa, "team", team="", from_on=str(today()))
    assert empty.status_code == 422
    assert "Write which team" in empty.get_data(as_text=True)
    assert queries.team_of(cast.rosa.id, today()) is not None
    assert send(browser, cast.rosa, "team", team="", in_no_team="yes", from_on=str(today())).status_code == 303
    assert queries.team_of(cast.rosa.id, today()) is None
    assert send(browser, cast.rosa, "team", team="X", from_on="x").status_code == 422


def test_leaving_and_coming_back(visit, session, cast):
    browser, hers = visit(cast.enid), visit(cast.rosa)
    assert hers.get("/account").status_code == 200
    yesterday = today(-1).isoformat()
    assert send(browser, cast.rosa, "leaving", left_on=yesterday).status_code == 303
    assert hers.get("/account").status_code == 303
    assert "left" in text(browser, page_of(cast.rosa))
    assert send(browser, cast.rosa, "return").status_code == 303
    session.refresh(cast.rosa)
    assert cast.rosa.left_on is None


@pytest.mark.parametrize("extra", [{}, {"manager": "Otis Grey", "reports_to_nobody": "yes"}])
def test_an_empty_manager_field_takes_nobody_away(visit, cast, extra):
    """One click on the button of an untouched form must not end a reporting line."""
    before = queries.managers_above(cast.rosa.id, today())
    answer = send(visit(cast.enid), cast.rosa, "line", **{"manager": "", "from_on": str(today()), **extra})
    assert answer.status_code == 422
    assert 'id="manager-error"' in answer.get_data(as_text=True)
    assert queries.managers_above(cast.rosa.id, today()) == before != ()


def test_reports_to_nobody_is_said_explicitly(visit, cast):
    browser = visit(cast.enid)
    answer = send(browser, cast.rosa, "line", manager="", reports_to_nobody="yes", from_on=str(today()))
    assert answer.status_code == 303
    assert queries.managers_above(cast.rosa.id, today()) == ()


def test_the_day_of_leaving_is_never_filled_in_beforehand(visit, cast):
    page = text(visit(cast.enid), page_of(cast.rosa))
    (field,) = re.findall(r'<input[^>]*name="left_on"[^>]*>', page)
    assert 'value=""' in field
    assert " required" in field


def test_who_has_no_password_yet(visit, cast, session, with_password):
    with_password(cast.rosa)
    page = text(visit(cast.enid), "/admin/people?state=no_password")
    assert "Rosa Diaz" not in page
    assert "Olga Wirth" in page


@pytest.mark.parametrize(
    ("left_on", "words"), [("", "Choose the first day"), ("1999-01-01", "before the day of hiring")]
)
def test_refused_leaving(visit, cast, left_on, words):
    answer = send(visit(cast.enid), cast.rosa, "leaving", left_on=left_on)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_sign_somebody_out(visit, cast):
    hers = visit(cast.rosa)
    assert send(visit(cast.enid), cast.rosa, "sign-out").status_code == 303
    assert hers.get("/account").status_code == 303


def test_an_admin_ends_a_delegation(visit, session, cast):
    data = {"who": cast.otis.email, "starts_on": str(today()), "ends_on": str(today()), "reason": "sick"}
    visit(cast.milo).send("/delegates", data, page="/delegates")
    (row,) = directory.delegations_of(cast.milo.id)
    answer = visit(cast.enid).send(f"/delegates/{row.id}/end", page=page_of(cast.milo))
    assert (answer.status_code, answer.location) == (303, page_of(cast.milo))
    assert directory.delegations_of(cast.milo.id) == ()


def test_unknown_people_do_not_exist(visit, cast):
    assert visit(cast.enid).get(f"/admin/people/{cast.enid.id}0".replace("-", "x")).status_code == 404
    assert visit(cast.enid).get("/admin/people/00000000-0000-0000-0000-000000000000").status_code == 404


def test_somebody_without_email_has_a_page(visit, session, cast):
    silent = make_user("Silent Sam", email=None)
    browser = visit(cast.enid)
    assert "cannot sign in" in text(browser, page_of(silent))
    assert send(browser, silent, "invitation").status_code == 422
    assert session.query(User).filter_by(name="Silent Sam").count() == 1
