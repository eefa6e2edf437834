"""Number pages over HTTP: who may see them, what they say, and how many statements they take."""

from html import unescape
from uuid import uuid4

import pytest

from lms.db import db
from tests.factories import make_user
from tests.features.performance.samples import apply, sheet, targets, weekly

pytestmark = pytest.mark.usefixtures("metrics", "wednesday")


def words(answer) -> str:
    return unescape(answer.get_data(as_text=True))


@pytest.mark.parametrize(
    ("who", "status"),
    [("rosa", 200), ("milo", 200), ("vera", 200), ("enid", 200), ("nils", 404), ("otis", 404), ("olga", 404)],
)
def test_whose_numbers_one_may_see(visit, cast, who, status):
    assert visit(getattr(cast, who)).get(f"/people/{cast.rosa.id}/numbers").status_code == status


def test_nobody_is_sent_to_sign_in(visit, rosa):
    for page in (f"/people/{rosa.id}/numbers", "/team/numbers"):
        assert visit().get(page).location.startswith("/sign-in")


def test_an_unknown_person_is_not_found(visit, enid):
    assert visit(enid).get(f"/people/{uuid4()}/numbers").status_code == 404


def test_numbers_and_page_of_a_rep_stand_under_team(visit, rosa, milo):
    for page in ("/team/numbers", f"/people/{rosa.id}"):
        assert '<a href="/team" aria-current="page">Team</a>' in visit(milo).get(page).text
    assert '<a href="/team">Team</a>' in visit(milo).get("/").text


def test_a_person_page_names_the_parties_the_target_and_the_verdict(visit, rosa, milo):
    apply(targets(("sdr", "calls", "2026-01-05", 200, 170, 260)), kind="targets")
    apply(weekly(rosa, "calls", [150, 183]), source="Salesforce")
    page = words(visit(milo).get(f"/people/{rosa.id}/numbers"))
    assert "Salesforce says <strong>183</strong> calls; target 170–260." in page
    assert '<span class="pill pill-verified">on target</span>' in page
    assert "Salesforce says" in page
    assert "Target: 170 to 260 calls" in page
    assert '<th scope="row">Mar 9</th><td class="num">183</td>' in page
    assert "Dials to a business number" in page


def test_a_hostile_source_is_only_text(visit, rosa):
    apply(weekly(rosa, "calls", [150, 183]), source="<script>alert(1)</script>")
    assert b"<script>alert" not in visit(rosa).get(f"/people/{rosa.id}/numbers").data


def test_an_empty_page_says_what_will_fill_it(visit, rosa):
    page = words(visit(rosa).get(f"/people/{rosa.id}/numbers"))
    assert "No numbers yet" in page


@pytest.mark.parametrize("weeks", ["13", "52", "7", "-1", "x", ""])
def test_the_window_can_be_chosen_and_nonsense_is_the_usual_one(visit, rosa, weeks):
    apply(weekly(rosa, "calls", [150] * 20))
    page = words(visit(rosa).get(f"/people/{rosa.id}/numbers?weeks={weeks}"))
    chosen = weeks if weeks in {"13", "52"} else "26"
    assert f'weeks={chosen}" aria-current="true"' in page


def test_team_numbers_show_everybody_below_and_add_up(visit, cast):
    apply(targets(("sdr", "calls", "2026-01-05", 100, "", "")), kind="targets")
    for person, value in ((cast.rosa, 90), (cast.nils, 120), (cast.olga, 1000)):
        apply(weekly(person, "calls", [value]))
    milos = words(visit(cast.milo).get("/team/numbers?metric=calls"))
    assert "Rosa Diaz" in milos
    assert "Olga Wirth" not in milos
    foot = milos.split("<tfoot>")[1].split("</tfoot>")[0]
    assert ">210<" in foot
    assert ">200<" in foot
    assert ">105%<" in foot
    veras = words(visit(cast.vera).get("/team/numbers?metric=calls"))
    assert ">1,210<" in veras.split("<tfoot>")[1]


def test_a_metric_that_does_not_exist_is_not_found(visit, milo):
    assert visit(milo).get("/team/numbers?metric=charm").status_code == 404


def test_a_rep_has_no_team_page(visit, rosa):
    assert visit(rosa).get("/team/numbers").status_code == 404


def test_a_manager_without_people_is_told_when_some_will_appear(visit, session):
    alone = make_user("Alma Roth", roles=("manager",))
    assert "Nobody reports to you today" in words(visit(alone).get("/team/numbers"))


def test_no_numbers_for_a_metric_is_said(visit, milo):
    assert "No numbers for this metric yet" in words(visit(milo).get("/team/numbers?metric=deals_won"))


def statements_of(visit, person, page, counter) -> int:
    browser = visit(person)
    browser.get(page)  # what is read once per process is read
    counter.statements.clear()
    assert browser.get(page).status_code == 200
    return len(counter)


def test_team_numbers_take_as_many_statements_for_200_people_as_for_10(visit, count_statements, vera):
    counts = []
    for size in (10, 200):
        manager = make_user(f"Manager of {size}", roles=("manager",), manager=vera)
        people = [make_user(f"Rep {n}", manager=manager) for n in range(size)]
        rows = [(person.email, f"2026-0{month}-02", 5) for person in people for month in (2, 3)]
        apply(sheet(("person", "starts_on", "calls"), *rows))
        db.session.commit()
        counts.append(statements_of(visit, manager, "/team/numbers?metric=calls", count_statements))
    assert counts[0] == counts[1]


def test_the_second_page_of_a_large_team_goes_on_where_the_first_ended(visit, vera):
    manager = make_user("Manager of many", roles=("manager",), manager=vera)
    people = [make_user(f"Rep {n:02}", manager=manager) for n in range(60)]
    apply(sheet(("person", "starts_on", "calls"), *((person.email, "2026-03-02", 5) for person in people)))
    browser = visit(manager)
    first = words(browser.get("/team/numbers?metric=calls"))
    second = words(browser.get("/team/numbers?metric=calls&start=50"))
    assert "1–50 of 60" in first
    assert "51–60 of 60" in second
    assert ("Rep 49" in first, "Rep 50" in first, "Rep 50" in second) == (True, False, True)
    assert ">300<" in first.split("<tfoot>")[1]
