"""The team page: people with three numbers that are never one, managers with what waits in their teams."""

from datetime import date

import pytest
import time_machine

from lms.dashboard import chart, queries
from lms.dashboard.queries import Count
from lms.db import db
from lms.people import service as people
from lms.people.models import ReportingLine
from tests.factories import make_user
from tests.features.dashboard.samples import (
    complete,
    make_activity,
    make_enrollment,
    make_waiting_team,
    statements_of,
    words,
)
from tests.features.learning import samples
from tests.features.transfer import stage
from tests.features.transfer.stage import Story

ON = date(2026, 3, 4)


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(stage.MONDAY + 2 * stage.DAY, tick=False):
        yield


@pytest.fixture
def version(enid):
    return stage.publish(enid)


def decided(cast) -> dict:
    return {"approved_revision": 1, "decided_by_id": cast.milo.id, "decided_at": stage.MONDAY}


def line_manager(user, manager) -> None:
    db.session.add(ReportingLine(user_id=user.id, manager_id=manager.id, starts_on=date(2020, 1, 1)))
    db.session.flush()


class TestThreeNumbers:
    def test_they_stand_apart_and_add_up(self, visit, cast):
        story = Story(cast).to_verified()
        complete(make_enrollment(cast.nils, story.version), "after/next")
        page = visit(cast.milo).get("/team")
        said = words(page)
        assert "Rosa Diaz Calling 0 of 1 1 of 1 1 of 1 Learning" not in said  # nothing done is not begun
        assert "Rosa Diaz Calling 0 of 1 1 of 1 1 of 1 Not begun" in said
        assert "Nils Berg Calling 1 of 1 0 of 1 0 of 1 Learning" in said
        assert "All 2 1 of 2 1 of 2 1 of 2" in said
        assert f'href="/people/{cast.rosa.id}"'.encode() in page.data
        assert f'href="/courses/{story.enrollment.id}"'.encode() in page.data

    def test_observed_below_the_standard_is_not_shown(self, visit, cast):
        story = Story(cast).to_field()
        poor = {"reason": {"seen": "yes", "level": 2}, "question": {"seen": "no_chance", "level": None}}
        story.observed(scores=poor)
        assert "Rosa Diaz Calling 0 of 1 0 of 1 0 of 1 In the field" in words(visit(cast.milo).get("/team"))

    def test_a_pre_test_is_not_among_what_is_done_nor_asked(self, visit, cast):
        course = samples.small_course()
        enrollment = make_enrollment(cast.rosa, samples.publish(course, cast.enid))
        pre = next(key for key, (_, step) in course.steps.items() if getattr(step, "purpose", None) == "pre")
        asked = sum(len(module.required_keys) for module in course.modules) - len(course.transfers)
        complete(enrollment, pre, how="passed")
        assert queries.enrollment_lines([cast.rosa.id])[cast.rosa.id][0].done == Count(0, asked)
        complete(enrollment, next(key for key in course.steps if key not in course.transfers and key != pre))
        assert queries.enrollment_lines([cast.rosa.id])[cast.rosa.id][0].done == Count(1, asked)

    def test_who_has_no_course_is_listed(self, visit, milo):
        assert "Nils Berg No course assigned Rosa Diaz No course assigned" in words(visit(milo).get("/team"))

    def test_nobody_with_a_course_has_no_sum(self, visit, milo):
        said = words(visit(milo).get("/team"))
        assert "All 2 no course" in said
        assert "none asked" not in said

    def test_on_a_phone_the_state_stands_under_the_name(self, visit, cast, version):
        make_enrollment(cast.rosa, version)
        page = visit(cast.milo).get("/team").get_data(as_text=True)
        assert '<span class="cell-note only-narrow">Not begun</span>' in page
        assert '<td class="only-wide">Not begun</td>' in page

    def test_a_withdrawn_course_is_not_counted(self, visit, cast, version):
        make_enrollment(cast.rosa, version, state="withdrawn")
        assert "Rosa Diaz No course assigned" in words(visit(cast.milo).get("/team"))


class TestManagers:
    def test_what_waits_is_counted_by_the_manager_of_the_day(self, visit, cast, version):
        make_activity(make_enrollment(cast.rosa, version))
        make_activity(make_enrollment(cast.nils, version), "results_in", **decided(cast))
        make_activity(make_enrollment(cast.olga, version), "in_field", **decided(cast))
        said = words(visit(cast.vera).get("/team"))
        assert "Milo Hart 2 2 waits 4 weeks" in said
        assert "What waits for a decision, and where" in said
        assert "three numbers" not in said.partition("How these")[0]  # there is nobody here to have them
        assert "People below managers counted" in said
        page = visit(cast.vera).get("/team").get_data(as_text=True)
        assert f'href="/team?of={cast.milo.id}" aria-label="2 waiting with Milo Hart">2</a>' in page
        assert "Otis Grey 1 0 nothing waits" in said
        assert "Together 3 2" in said

    def test_requests_of_who_left_wait_on_the_next_above(self, visit, cast, version):
        make_activity(make_enrollment(cast.rosa, version))
        cast.milo.left_on = ON
        db.session.flush()
        page = words(visit(cast.vera).get("/team"))
        assert "Milo Hart" not in page
        assert "Rosa Diaz Calling" in page

    def test_managers_below_managers_are_within_the_sum(self, visit, cast, version):
        dana = make_user("Dana Okoye", roles=("manager",), manager=cast.vera)
        gus = make_user("Gus Holm", roles=("manager",), manager=dana)
        make_waiting_team(3, version, manager=gus)
        said = words(visit(cast.vera).get("/team"))
        assert "Dana Okoye 4 3 waits 4 weeks" in said
        below = words(visit(cast.vera).get(f"/team?of={dana.id}"))
        assert "Team of Dana Okoye" in below
        assert "Gus Holm 3 3" in below

    def test_the_managers_edition_of_each(self, visit, cast):
        stage.publish(cast.enid)
        edition = stage.publish_edition(cast.enid)
        make_enrollment(cast.milo, edition, state="satisfied", satisfied_at=stage.MONDAY)
        make_enrollment(cast.otis, edition)
        said = words(visit(cast.vera).get("/team"))
        assert "Milo Hart 2 0 nothing waits Calling, for managers: completed" in said
        assert "Otis Grey 1 0 nothing waits Calling, for managers: 0 of 1 chunks and tests" in said


class TestWhoseTeam:
    @pytest.mark.parametrize(
        ("who", "of", "status"),
        [
            ("milo", "milo", 200),
            ("vera", "milo", 200),
            ("enid", "milo", 200),
            ("otis", "milo", 404),
            ("milo", "vera", 404),
            ("rosa", "milo", 404),
            ("milo", "olga", 404),
        ],
    )
    def test_of(self, visit, cast, who, of, status):
        assert visit(getattr(cast, who)).get(f"/team?of={getattr(cast, of).id}").status_code == status

    @pytest.mark.parametrize("of", ["x", "", "0dc8ffc8-6a4e-4b12-8cbd-1c2f4a5cf0f3", "company"])
    def test_nonsense_is_not_found(self, visit, milo, of):
        assert visit(milo).get(f"/team?of={of}").status_code == 404

    def test_a_delegate_stands_in_for_decisions_and_gets_no_team_page(self, visit, cast):
        stand_in = make_user("Pia Stand-In", roles=("manager",))
        people.delegate(
            cast.milo,
            to=stand_in,
            starts_on=ON,
            ends_on=ON,
            reason="vacation",
            by=cast.milo,
            at=stage.MONDAY + 2 * stage.DAY,
        )
        assert visit(stand_in).get(f"/team?of={cast.milo.id}").status_code == 404
        assert "Rosa" not in words(visit(stand_in).get("/team"))

    def test_a_rep_has_no_team_page_and_nobody_signs_in_first(self, visit, rosa):
        assert visit(rosa).get("/team").status_code == 404
        assert visit().get("/team").location.startswith("/sign-in")

    def test_an_admin_sees_the_whole_company_from_the_top(self, visit, cast):
        said = words(visit(cast.enid).get("/team?of=company"))
        assert "Vera Lind 5 0 nothing waits" in said
        assert "Enid Shaw No course assigned" in said
        assert "Rosa" not in said

    def test_a_manager_without_people_is_told_when_some_will_appear(self, visit, session):
        alone = make_user("Alma Roth", roles=("manager",))
        assert "Nobody reports to you today" in words(visit(alone).get("/team"))


class TestChart:
    def test_managers_who_left_are_stepped_over_twice(self, cast):
        cast.milo.left_on = cast.vera.left_on = ON
        top = make_user("Top")
        line_manager(cast.vera, top)
        found = chart.chart_below(top.id, ON)
        assert {person.name for person in found.reports(top.id)} == {"Otis Grey", "Rosa Diaz", "Nils Berg"}
        assert found.manager_of[cast.olga.id] == cast.otis.id

    def test_a_loop_ends(self, cast):
        line_manager(cast.vera, cast.rosa)
        found = chart.chart_below(cast.milo.id, ON)
        assert cast.milo.id not in found.people
        assert cast.rosa.id in found.under(cast.rosa.id)

    def test_a_line_that_ended_yesterday_is_over(self, cast):
        line = db.session.query(ReportingLine).filter_by(user_id=cast.rosa.id).one()
        line.ends_on = ON
        db.session.flush()
        assert [row.name for row in chart.chart_below(cast.milo.id, ON).reports(cast.milo.id)] == ["Nils Berg"]


def test_a_large_team_goes_on_page_by_page_and_the_sum_is_of_all(visit, cast, version):
    manager = make_user("Manager of many", roles=("manager",), manager=cast.vera)
    make_waiting_team(60, version, manager=manager)
    browser = visit(manager)
    first, second = words(browser.get("/team")), words(browser.get("/team?start=50"))
    assert "1–50 of 60" in first
    assert ("Rep 049" in first, "Rep 050" in first, "Rep 050" in second) == (True, False, True)
    for page in (first, second):
        assert "All 60 0 of 60 0 of 60 0 of 60" in page


def test_as_many_statements_for_200_people_as_for_10(visit, count_statements, cast, version):
    counts = []
    for size in (10, 200):
        manager = make_user(f"Manager of {size}", roles=("manager",), manager=cast.vera)
        make_waiting_team(size, version, manager=manager)
        counts.append(statements_of(visit, manager, "/team", count_statements))
    assert counts[0] == counts[1]
    above = statements_of(visit, cast.vera, "/team", count_statements)
    make_waiting_team(50, version, manager=cast.otis)
    assert statements_of(visit, cast.vera, "/team", count_statements) == above
