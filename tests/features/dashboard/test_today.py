"""The home page: one next thing and its reason, what waits on whom, and words where there is nothing."""

from datetime import date, timedelta

import pytest
import time_machine

from lms.assessment import queries as assessments
from lms.assessment import service as assessment
from lms.db import db
from lms.learning import service as learning
from lms.performance import service as performance
from lms.policy.outline import Module, Preparation
from lms.statements.models import Delivery, DeliveryTarget, LedgerEntry, OwedStatement
from lms.transfer import service as transfer
from lms.transfer.models import TransferActivity
from tests.factories import make_user
from tests.features.dashboard.samples import make_activity, make_enrollment, make_waiting_team, statements_of, words
from tests.features.learning import samples
from tests.features.performance.samples import apply, sheet, targets
from tests.features.transfer import stage
from tests.features.transfer.stage import Story


@pytest.fixture(autouse=True)
def the_day_after():
    with time_machine.travel(stage.MONDAY + stage.DAY, tick=False):
        yield


@pytest.fixture
def story(cast):
    return Story(cast)


def today(visit, person) -> str:
    return words(visit(person).get("/"))


class TestNextThing:
    """Of a learner, step by step."""

    @pytest.fixture
    def enrollment(self, rosa, enid):
        version = samples.publish(samples.small_course(), enid)
        return learning.enroll(rosa.id, version, by=enid, at=samples.AT)

    def done(self, enrollment, rosa, *keys):
        for key in keys:
            learning.complete_step(enrollment, key, how="passed", by=rosa, at=samples.AT)

    def test_a_pre_test_says_what_it_spares(self, visit, rosa, enrollment):
        assert (
            "Next What you know 12 min · 8 questions; pass and you skip what you know of “Module one”. Begin"
            in today(visit, rosa)
        )

    def test_a_chunk_says_its_place(self, visit, rosa, enrollment):
        self.done(enrollment, rosa, "one/a")
        page = visit(rosa).get("/")
        assert "Next Chunk b 4 min · last chunk of “Module one”. Continue" in words(page)
        assert f'href="/courses/{enrollment.id}/steps/one/b"'.encode() in page.data

    def test_a_post_test_says_what_for(self, visit, rosa, enrollment):
        self.done(enrollment, rosa, "one/a", "one/b")
        assert "Show what you know 2 min · 4 questions on “Module one”, then you use it in the field. Begin" in today(
            visit, rosa
        )

    def test_a_test_that_was_begun_is_continued(self, visit, rosa, enrollment):
        self.done(enrollment, rosa, "one/a", "one/b")
        assessment.issue(enrollment, "one/posttest", by=rosa, at=stage.MONDAY + stage.DAY)
        assert "You have begun it; what you answered is saved. Continue" in today(visit, rosa)

    def test_a_failed_test_says_when_it_opens_again(self, visit, rosa, enrollment):
        self.fail(enrollment, rosa, stage.MONDAY + stage.DAY - timedelta(hours=2))
        said = today(visit, rosa)
        assert "Not passed yet; until the next attempt, go through the chunks again." in said
        assert "The next attempt opens Wed, Mar 4, 1:00 PM UTC See the chunks" in said

    def test_while_a_test_is_closed_another_course_goes_on(self, visit, rosa, enid, enrollment):
        self.fail(enrollment, rosa, stage.MONDAY + stage.DAY - timedelta(hours=2))
        other = samples.course(Module("later", "Later", (samples.chunk("more", "More"),)), key="later")
        learning.enroll(rosa.id, samples.publish(other, enid), by=enid, at=samples.AT)
        assert "Next More 4 min · chunk 1 of 1 of “Later”." in today(visit, rosa)

    def test_after_the_wait_it_is_the_next_attempt(self, visit, rosa, enrollment):
        self.fail(enrollment, rosa, stage.MONDAY - stage.DAY)
        assert "2 min · attempt 2; 4 questions on “Module one”, then you use it in the field. Begin" in today(
            visit, rosa
        )

    def test_no_attempts_left_names_who_can_help(self, visit, rosa, enrollment):
        for days in (9, 6, 3):
            self.fail(enrollment, rosa, stage.MONDAY - days * stage.DAY)
        assert "Your attempts are used up; your manager can unlock one more" in today(visit, rosa)

    def fail(self, enrollment, rosa, at):
        self.done(enrollment, rosa, "one/a", "one/b")
        attempt = assessment.issue(enrollment, "one/posttest", by=rosa, at=at)
        assessment.submit(assessments.sitting(attempt.id), at=at)

    def test_a_transfer_activity_begins_with_its_worksheet(self, visit, rosa, enrollment):
        self.done(enrollment, rosa, "one/a", "one/b", "one/posttest")
        page = visit(rosa).get("/")
        assert "“Module one” is learned; now build what you use in the field. Begin the worksheet" in words(page)
        assert f'href="/transfer/{enrollment.id}/one/script/worksheet"'.encode() in page.data

    def test_a_paused_course_gives_nothing_to_do(self, visit, rosa, enrollment):
        enrollment.state = "paused"
        db.session.flush()
        assert "Nothing to do right now" in today(visit, rosa)

    def test_of_two_courses_the_one_that_is_due_first(self, visit, rosa, enid, enrollment):
        other = samples.publish(
            samples.course(Module("first", "First", (samples.chunk("urgent", "Urgent"),)), key="urgent"), enid
        )
        learning.enroll(rosa.id, other, by=enid, at=samples.AT, due_on=date(2026, 3, 20))
        assert "Next Urgent 4 min · chunk 1 of 1 of “First”." in today(visit, rosa)

    def test_what_one_can_do_comes_before_what_waits(self, visit, rosa, story, enid):
        story.to_review()
        other = samples.publish(samples.small_course(), enid)
        learning.enroll(rosa.id, other, by=enid, at=samples.AT)
        said = today(visit, rosa)
        assert said.index("Next What you know") < said.index("Waiting on others Your call script Waiting on Milo Hart")


class TestTransferSteps:
    @pytest.mark.parametrize(
        ("walk", "said"),
        [
            (
                lambda s: s.typed(),
                "30 min · your worksheet is saved; your manager reviews it when you submit. Continue the worksheet",
            ),
            (
                lambda s: s.to_review(),
                "Waiting Milo Hart has “Your call script” The next step opens when the review is done",
            ),
            (
                lambda s: s.to_review().returned(),
                "It came back with a reason at each point to work on. See the reasons",
            ),
            (
                lambda s: s.to_approved(),
                "Waiting Milo Hart approved “Your call script” The field work is handed over next",
            ),
            (lambda s: s.to_review().adjusted(), "Your manager approved it with edits; acknowledge them to go on"),
            (lambda s: s.to_field(), "In the field, until Mar 9; observed 0 of 1. Keep the tally"),
            (lambda s: s.to_results(), "Waiting Milo Hart has your numbers"),
            (lambda s: (s.to_results(), s.queried()), "In the field, until Mar 9; observed 1 of 1."),
            (lambda s: s.to_verified(), "Next Next 3 min · chunk 1 of 1 of “After the field”. Continue"),
        ],
        ids=["draft", "review", "returned", "approved", "adjusted", "field", "results", "queried", "verified"],
    )
    def test_each_state_says_what_to_do_or_on_whom_it_waits(self, visit, story, walk, said):
        walk(story)
        assert said in today(visit, story.rep)

    def test_waiting_names_since_when_and_where_to_look(self, visit, story):
        story.to_review()
        page = visit(story.rep).get("/")
        assert "Worksheet, round 1, since Mon, Mar 2, 3:10 PM UTC" in words(page)
        assert f'href="/transfer/{story.enrollment.id}/{stage.STEP}"'.encode() in page.data

    def test_it_waits_on_the_manager_of_the_day(self, visit, story, cast):
        story.to_review()
        cast.milo.left_on = date(2026, 3, 3)
        db.session.flush()
        assert "Vera Lind has “Your call script”" in today(visit, story.rep)


class TestReminding:
    """What a rep may do about it, and what is said when it went past the manager."""

    @pytest.fixture(autouse=True)
    def a_week_later(self, the_day_after):
        with time_machine.travel(stage.MONDAY + 7 * stage.DAY, tick=False):
            yield

    def test_a_rep_may_remind_from_today(self, visit, story):
        story.to_review()
        page = visit(story.rep).get("/")
        assert "Remind Milo" in words(page)
        assert f'action="/transfer/{story.enrollment.id}/{stage.STEP}/reminder"'.encode() in page.data

    def test_not_twice_on_one_day(self, visit, story):
        story.to_review()
        transfer.remind(story.activity, by=story.rep, at=stage.MONDAY + 7 * stage.DAY)
        said = today(visit, story.rep)
        assert "Remind Milo" not in said
        assert "A reminder was sent" in said

    def test_an_escalation_is_said_to_the_rep_and_to_both_managers(self, visit, story, cast):
        story.to_review()
        story.activity.reminded_at = stage.MONDAY + 3 * stage.DAY
        story.activity.escalated_to_id = cast.vera.id
        story.activity.escalated_at = stage.MONDAY + 5 * stage.DAY
        db.session.flush()
        said = today(visit, story.rep)
        assert "so Vera Lind was asked on Sat, Mar 7" in said
        assert "the next manager above is told" not in said
        assert "“Your call script”; escalated to you: waited 6 days on Milo Hart." in today(visit, cast.vera)
        assert "Escalated to Vera Lind on Sat, Mar 7" in words(visit(cast.milo).get(f"/reviews/{story.activity.id}"))


class TestNothingOfOnesOwn:
    """Leaders and admins whose queue is empty while something waits too long below."""

    @pytest.fixture
    def late(self, story, cast):
        dana = make_user("Dana Okoye", roles=("manager",), manager=cast.vera)
        gus = make_user("Gus Holm", roles=("manager",), manager=dana)
        for person in make_waiting_team(3, story.version, manager=gus):
            db.session.query(TransferActivity).filter_by(rep_id=person.id).update({"review_due_on": date(2026, 2, 10)})
        return dana

    @pytest.mark.parametrize("who", ["vera"])
    def test_the_team_with_the_oldest_is_next(self, visit, cast, late, who):
        page = visit(getattr(cast, who)).get("/")
        assert "3 decisions wait in Dana Okoye’s teams, the oldest 29 days" in words(page)
        assert f'href="/team?of={late.id}"'.encode() in page.data

    def test_an_admin_sees_which_team_below_the_top(self, visit, cast, late):
        assert "3 decisions wait in Dana Okoye’s teams, the oldest" in today(visit, cast.enid)

    def test_nothing_overdue_is_nothing_to_look_after(self, visit, cast, story):
        make_waiting_team(3, story.version, manager=cast.milo)
        assert "Nothing waits on you" in today(visit, cast.vera)

    def test_what_is_ones_own_comes_first(self, visit, cast, story, late):
        rep = make_user("Rep of Vera", roles=("rep",), manager=cast.vera)
        make_activity(make_enrollment(rep, story.version))
        assert "Oldest decision Review Rep of Vera’s worksheet" in today(visit, cast.vera)

    def test_as_many_statements_for_200_below_as_for_10(self, visit, count_statements, cast, story, late):
        counts = []
        for size in (10, 200):
            make_waiting_team(size, story.version, manager=cast.otis)
            counts.append(statements_of(visit, cast.vera, "/", count_statements))
        assert counts[0] == counts[1]

    def test_an_admin_is_told_who_has_no_manager_then_no_course(self, visit, cast, story):
        assert "Setting up, 2 of 4 Say what you measure" in today(visit, cast.enid), "no metric is defined"
        performance.ensure_default_metrics(effective_on=date(2025, 1, 1))
        said = today(visit, cast.enid)
        assert "Setting up" not in said
        assert "2 reps have no course" in said
        assert "Open Nils Berg" in said
        for rep in (cast.nils, cast.olga):
            make_enrollment(rep, story.version)
        assert "Everything is in hand" in today(visit, cast.enid)
        alone = make_user("Alma Roth", roles=("rep",))
        page = visit(cast.enid).get("/")
        assert "Alma Roth has no manager" in words(page)
        assert f'href="/admin/people/{alone.id}"'.encode() in page.data


class TestANewCompany:
    """An admin alone in it; each step is the next when those before are done."""

    @pytest.fixture
    def admin(self, session):
        return make_user("Ada Long", roles=("admin", "author"))

    def test_its_admin_is_led_through_setting_up(self, visit, admin, session):
        said = today(visit, admin)
        assert "Setting up, 1 of 4 Bring in your people" in said
        assert "Everything is in hand" not in said
        rep = make_user("Alma Roth", roles=("rep",), manager=admin)
        page = visit(admin).get("/")
        assert "Setting up, 2 of 4 Say what you measure" in words(page)
        assert '<a class="button button-primary" href="/admin/metrics">Define metrics</a>' in page.text
        performance.ensure_default_metrics(effective_on=date(2025, 1, 1))
        assert "Setting up, 3 of 4 Publish a course" in today(visit, admin)
        version = samples.publish(samples.small_course(), admin)
        page = visit(admin).get("/")
        assert "Setting up, 4 of 4 Assign it" in words(page)
        assert f'<a class="button button-primary" href="/people/{rep.id}">Open Alma Roth</a>' in page.text
        make_enrollment(rep, version)
        said = today(visit, admin)
        assert "Setting up" not in said
        assert "Everything is in hand" in said

    def test_nobody_else_is_led(self, visit, session):
        assert "Setting up" not in today(visit, make_user("Alma Roth", roles=("rep",)))


class TestManager:
    def test_the_next_thing_is_not_in_the_list_below(self, visit, cast, story):
        story.to_review()
        make_waiting_team(1, story.version, manager=cast.milo)
        said = today(visit, cast.milo)
        assert "Review Rep 000’s worksheet" in said
        assert (said.count("Rep 000"), said.count("Rosa Diaz")) == (1, 1)
        assert "Besides the one above, oldest first:" in said

    def test_the_oldest_request_comes_first_with_its_minutes(self, visit, story, milo):
        story.to_review()
        page = visit(milo).get("/")
        said = words(page)
        assert (
            "Oldest decision Review Rosa Diaz’s worksheet 8 min · “Your call script”; waits since today. Review" in said
        )
        assert said.count("Rosa Diaz") == 1  # not a second time in the list
        assert "Waiting on you 1 thing, about 8 min in all." in said
        assert f'href="/reviews/{story.activity.id}"'.encode() in page.data
        assert b'href="/queue"' in page.data

    def test_only_five_are_listed_and_the_rest_is_counted(self, visit, cast, story):
        make_waiting_team(7, story.version, manager=cast.milo)
        page = visit(cast.milo).get("/")
        assert words(page).count("Review round 1") == 5
        assert "See all 7" in words(page)

    def test_an_observation_still_to_make_is_listed_and_is_not_the_next_thing(self, visit, story, milo):
        story.to_field()
        said = today(visit, milo)
        assert "Nothing waits on you" in said
        assert "Observe" in said

    def test_another_manager_sees_nothing_of_it(self, visit, story, otis):
        story.to_review()
        assert "Rosa" not in today(visit, otis)

    def test_nothing_waits_says_what_would(self, visit, milo):
        assert "Nothing waits on you A request appears here when" in today(visit, milo)


class TestManagersEdition:
    @pytest.fixture
    def story(self, cast):
        return Story(cast, preparation=Preparation.REQUIRED)

    def test_a_required_edition_comes_before_the_first_decision(self, visit, story, cast):
        edition = stage.publish_edition(cast.enid)
        story.to_review()
        page = visit(cast.milo).get("/")
        assert "Next Calling, for managers You decide about its worksheets once you have been through it" in words(page)
        assert f'action="/courses/take/{edition.line_id}"'.encode() in page.data
        assert "Before you decide: Calling, for managers 1 request in your queue needs" in words(page)

    def test_one_that_was_begun_is_continued(self, visit, story, cast):
        edition = stage.publish_edition(cast.enid)
        begun = learning.enroll(cast.milo.id, edition, by=cast.milo, at=stage.MONDAY)
        story.to_review()
        assert f'href="/courses/{begun.id}/resume"'.encode() in visit(cast.milo).get("/").data

    def test_once_satisfied_nothing_is_said_about_it(self, visit, story, cast):
        edition = stage.publish_edition(cast.enid)
        begun = learning.enroll(cast.milo.id, edition, by=cast.milo, at=stage.MONDAY)
        learning.complete_step(begun, "prepare/read", how="read", by=cast.milo, at=stage.MONDAY)
        story.to_review()
        said = today(visit, cast.milo)
        assert "Before you decide" not in said
        assert "Oldest decision Review Rosa Diaz’s worksheet" in said

    def test_an_advised_one_is_a_hint_only(self, visit, cast):
        story = Story(cast, preparation=Preparation.ADVISED)
        stage.publish_edition(cast.enid)
        story.to_review()
        said = today(visit, cast.milo)
        assert "Oldest decision Review Rosa Diaz’s worksheet" in said
        assert "It is advised, not required." in said

    def test_without_an_edition_nobody_is_asked_for_it(self, visit, story, cast):
        story.to_review()
        assert "Before you decide" not in today(visit, cast.milo)


class TestAdmin:
    def test_parked_deliveries_are_counted(self, visit, enid, story):
        owed = db.session.query(OwedStatement.seq).order_by(OwedStatement.seq).first()[0]
        if db.session.get(DeliveryTarget, "elsewhere") is None:
            db.session.add(DeliveryTarget(key="elsewhere"))
            db.session.flush()
        db.session.add(Delivery(seq=owed, target="elsewhere", state="parked"))
        db.session.flush()
        page = visit(enid).get("/")
        assert "Deliveries wait for a person 1 statement was refused by a learning record store." in words(page)
        assert b'href="/admin/deliveries"' in page.data

    def test_all_delivered_is_said_too(self, visit, enid):
        assert "Every statement and every email was delivered or is on its way" in today(visit, enid)

    def test_nobody_else_is_told(self, visit, milo, rosa):
        assert "Running the place" not in today(visit, milo) + today(visit, rosa)


def test_numbers_of_the_last_weeks_with_their_verdict(visit, rosa):
    performance.ensure_default_metrics(effective_on=date(2025, 1, 1))
    apply(targets(("sdr", "calls", "2026-01-05", 200, 170, 260)), kind="targets")
    apply(sheet(("person", "starts_on", "calls"), (rosa.email, "2026-02-23", 150), (rosa.email, "2026-03-02", 9)))
    page = visit(rosa).get("/")
    assert "CRM says <strong>150</strong>; target 170–260, below the target" in page.text
    assert "The numbers are of the week of Mon, Feb 23." in words(page)
    assert b'<svg class="spark"' in page.data


def test_week_and_day_of_somebody_new(visit, rosa):
    rosa.hired_on = date(2026, 3, 3) - timedelta(days=10)
    assert "Today · Week 2, day 4 Rosa" in today(visit, rosa)
    rosa.hired_on = date(2025, 3, 3)
    assert "Week" not in today(visit, rosa)


def test_somebody_without_anything_is_told_what_will_come(visit, session):
    assert "No course yet When a course is assigned to you" in today(visit, make_user("New Person", roles=("rep",)))


def test_who_is_signed_out_signs_in_first(visit):
    answer = visit().get("/")
    assert answer.status_code in {302, 303}
    assert answer.location.startswith("/sign-in")


def test_looking_writes_nothing(visit, story):
    story.to_review()
    before = db.session.query(LedgerEntry).count()
    today(visit, story.rep)
    assert db.session.query(LedgerEntry).count() == before


def test_as_many_statements_for_200_who_wait_as_for_10(visit, count_statements, cast, story):
    counts = []
    for size in (10, 200):
        manager = make_user(f"Manager of {size}", roles=("manager",), manager=cast.vera)
        make_waiting_team(size, story.version, manager=manager)
        counts.append(statements_of(visit, manager, "/", count_statements))
    assert counts[0] == counts[1]


def test_as_many_statements_for_a_long_course_as_for_a_short_one(visit, count_statements, cast):
    counts = []
    for size in (2, 50):
        rep = make_user(f"Rep of {size}", roles=("rep",), manager=cast.milo)
        version = samples.publish(samples.long_course(size, f"long-{size}"), cast.enid)
        learning.enroll(rep.id, version, by=cast.enid, at=samples.AT)
        counts.append(statements_of(visit, rep, "/", count_statements))
    assert counts[0] == counts[1]
