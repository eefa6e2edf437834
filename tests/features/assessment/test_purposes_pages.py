"""Pages of later checks, warm-ups, more time and answers checked one by one, through HTTP without a script."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.assessment.models import Answer, Attempt
from lms.learning import service as learning
from lms.learning.models import DelayedCheck
from lms.people.models import Accommodation
from lms.policy.outline import Assessment, Feedback, Purpose
from lms.statements.models import LedgerEntry, OwedStatement
from tests.features.assessment.test_delayed import CHECK, done_at, made_course, one, sit, two
from tests.features.assessment.test_views import begin, start_url, text
from tests.features.learning.samples import publish, single

DAY = timedelta(days=1)


def practice(feedback=Feedback.AT_ONCE, **more):
    items = (single("p0"), single("p1"), single("p2", feedback=Feedback.SCORE))
    return Assessment("practice", "Try it", Purpose.FORMATIVE, items, feedback=feedback, minutes=20, **more)


@pytest.fixture
def enrollment(rosa, milo, enid):
    """The first module was done fifteen days ago: its check came yesterday."""
    version = publish(made_course(one(), two()), enid)
    enrollment = learning.enroll(rosa.id, version, by=milo, at=clock.now() - 20 * DAY)
    done_at(enrollment, rosa, clock.now() - 15 * DAY)
    return enrollment


@pytest.fixture
def practicing(rosa, milo, enid):
    base = one()
    marked = [
        replace(
            item, prompt=f"**{item.prompt}**", options=tuple(replace(one, text=f"`{one.text}`") for one in item.options)
        )
        for item in practice().items
    ]
    steps = (replace(practice(), items=tuple(marked)), *base.steps)
    version = publish(made_course(replace(base, steps=steps), two(), key="practicing"), enid)
    return learning.enroll(rosa.id, version, by=milo, at=clock.now() - DAY)


class TestALaterCheck:
    def test_stands_on_today_and_on_the_trail_when_it_is_due(self, visit, rosa, enrollment):
        browser = visit(rosa)
        assert "Later check: Module one" in text(browser.get("/"))
        trail = text(browser.get(f"/courses/{enrollment.id}"))
        assert "Later check of “Module one”" in trail
        assert re.search(r"Module one : Due now, until \w+, \w+ \d+", trail)

    def test_is_no_news_before_and_after(self, session, visit, rosa, enrollment):
        row = session.scalars(select(DelayedCheck)).one()
        row.due_on += 5 * DAY
        row.closes_on += 5 * DAY
        browser = visit(rosa)
        assert "Later check" not in text(browser.get("/"))
        assert "Check comes on" in text(browser.get(f"/courses/{enrollment.id}"))
        page = browser.get(start_url(enrollment, CHECK))
        assert page.status_code == 200
        assert "This check comes on" in text(page)
        assert browser.send(start_url(enrollment, CHECK), page="/courses").status_code == 409
        assert session.scalars(select(Attempt)).all() == []

    def test_is_taken_and_says_mastered_to_rep_and_manager(self, visit, rosa, milo, enrollment):
        browser = visit(rosa)
        page = text(browser.get(start_url(enrollment, CHECK)))
        assert "8 questions" in page
        assert "Whatever comes of it, what you have done stays done." in page
        attempt = begin(browser, enrollment, CHECK)
        names = set(re.findall(r'name="(q-[\w-]+)"', browser.get(attempt).get_data(as_text=True)))
        assert len(names) == 8
        answer = browser.send(f"{attempt}/submission", {**dict.fromkeys(names, "a"), "sure": "yes"}, page=attempt)
        result = text(browser.get(answer.location))
        assert "Mastered" in result
        assert "Mastered: Know it; Know more." in text(browser.get(f"/courses/{enrollment.id}"))
        assert "Later check" not in text(browser.get("/"))
        of_rosa = text(visit(milo).get(f"/people/{rosa.id}"))
        assert re.search(r"Module one Sample course Mastered on \w+, \w+ \d+", of_rosa)
        held = text(visit(milo).get(f"/people/{rosa.id}/practice"))
        assert "holds" in held

    def test_that_is_missed_says_what_comes_back(self, visit, rosa, enrollment):
        sit(enrollment, rosa, clock.now(), wrong=["post"])
        browser = visit(rosa)
        trail = text(browser.get(f"/courses/{enrollment.id}"))
        assert re.search(r"Module one : Check comes again on \w+, \w+ \d+", trail)
        attempt = browser.get(start_url(enrollment, CHECK))
        assert "This check comes on" in text(attempt)

    def test_can_be_asked_for_when_no_more_come(self, session, visit, rosa, enrollment):
        row = session.scalars(select(DelayedCheck)).one()
        row.number, row.state = 3, "lapsed"
        row.ended_at, row.ended_on = clock.now(), clock.now().date() - 10 * DAY
        browser = visit(rosa)
        trail = f"/courses/{enrollment.id}"
        assert "Ask me again" in text(browser.get(trail))
        assert browser.send(f"{trail}/checks/one/again", page=trail).status_code == 303
        assert "Due now again" in text(browser.get(trail))
        assert browser.send(f"{trail}/checks/one/again", page=trail).status_code == 409

    @pytest.mark.parametrize(("who", "status"), [("milo", 403), ("otis", 404), ("enid", 403)])
    def test_is_the_learners_own(self, visit, cast, enrollment, who, status):
        browser = visit(getattr(cast, who))
        assert browser.send(f"/courses/{enrollment.id}/checks/one/again", page="/courses").status_code == status
        assert browser.send(start_url(enrollment, CHECK), page="/courses").status_code == status

    def test_trail_and_today_ask_no_more_of_the_database_for_it(self, visit, rosa, enrollment, count_statements):
        browser = visit(rosa)

        def counted(address):
            browser.get(address)
            count_statements.statements.clear()
            assert browser.get(address).status_code == 200
            return len(count_statements.statements)

        due = [counted(address) for address in ("/", f"/courses/{enrollment.id}")]
        sit(enrollment, rosa, clock.now())
        assert [counted(address) for address in ("/", f"/courses/{enrollment.id}")] == due


class TestAWarmUp:
    def test_is_offered_on_the_first_page_of_a_layer_and_can_be_skipped(self, visit, rosa, enrollment):
        browser = visit(rosa)
        first = browser.get(f"/courses/{enrollment.id}/steps/two/b")
        assert "Warm up first?" in text(first)
        assert "Warm up" not in text(browser.get(f"/courses/{enrollment.id}/steps/one/a"))
        page = text(browser.get(start_url(enrollment, "two/warm-up")))
        assert "3 questions, no time limit" in page
        assert "Nothing hangs on it." in page
        assert "Skip it, read on" in page

    def test_shows_reasons_at_once_and_is_not_offered_again(self, visit, rosa, enrollment):
        browser = visit(rosa)
        attempt = begin(browser, enrollment, "two/warm-up")
        names = sorted(set(re.findall(r'name="(q-[\w-]+)"', browser.get(attempt).get_data(as_text=True))))
        for name in names:
            browser.send(f"{attempt}/questions/{name.removeprefix('q-')}/check", {name: "a"}, page=attempt)
        assert "Because" in text(browser.get(attempt))
        assert browser.send(f"{attempt}/submission", {"sure": "yes"}, page=attempt).status_code == 303
        assert "Warm up first?" not in text(browser.get(f"/courses/{enrollment.id}/steps/two/b"))

    def test_is_locked_with_its_module(self, visit, rosa, milo, enid):
        version = publish(made_course(key="shut"), enid)
        enrollment = learning.enroll(rosa.id, version, by=milo, at=clock.now())
        page = visit(rosa).get(start_url(enrollment, "two/warm-up"))
        assert page.status_code == 403
        assert "Opens when you finish the module “Module one”" in text(page)


class TestAnswersCheckedOneByOne:
    STEP = "one/practice"

    def test_a_checked_answer_shows_its_reason_and_counts_as_it_is(self, session, visit, rosa, practicing):
        browser = visit(rosa)
        attempt = begin(browser, practicing, self.STEP)
        sent = browser.send(f"{attempt}/questions/p0/check", {"q-p0": "b", "q-p1": "a"}, page=attempt)
        assert sent.status_code == 303
        assert sent.location.endswith("#q-p0")
        page = text(browser.get(attempt))
        assert "Because p0." in page
        assert "Because p1." not in page
        browser.send(f"{attempt}/answers", {"q-p0": "a"}, page=attempt)  # an old tab, or a made-up form
        last = session.scalars(select(Answer).where(Answer.item_key == "p0").order_by(Answer.number.desc())).first()
        assert last.response == {"choice": "b"}
        done = browser.send(
            f"{attempt}/submission", {"q-p0": "a", "q-p1": "a", "q-p2": "a", "sure": "yes"}, page=attempt
        )
        assert "2 of 3 points" in text(browser.get(done.location))

    def test_a_question_without_an_answer_is_not_checked(self, session, visit, rosa, practicing):
        browser = visit(rosa)
        attempt = begin(browser, practicing, self.STEP)
        page = browser.send(f"{attempt}/questions/p0/check", {"q-p1": "a"}, page=attempt)
        assert page.status_code == 200
        assert "Answer this question." in text(page)
        assert [row.item_key for row in session.scalars(select(Answer))] == ["p1"]  # what was answered is saved

    def test_where_they_are_not_it_is_refused(self, visit, rosa, practicing):
        browser = visit(rosa)
        attempt = begin(browser, practicing, self.STEP)
        refused = browser.send(f"{attempt}/questions/p2/check", {"q-p2": "a"}, page=attempt)
        assert refused.status_code == 409
        assert browser.send(f"{attempt}/questions/none/check", {}, page=attempt).status_code == 409

    def test_a_question_that_keeps_its_answer_is_never_shown_nor_said(self, session, visit, rosa, practicing):
        browser = visit(rosa)
        attempt = begin(browser, practicing, self.STEP)
        data = {"q-p0": "a", "q-p1": "a", "q-p2": "b", "sure": "yes"}
        page = text(browser.get(browser.send(f"{attempt}/submission", data, page=attempt).location))
        assert "Because p0." in page
        assert "Because p2." not in page
        assert "The answers to 1 other question are not shown" in page
        said = " ".join(session.scalars(select(OwedStatement.body)))
        assert '"Question p2?"' in said, "without its marks"
        assert "`" not in said
        assert said.count("correctResponsesPattern") == 2

    def test_a_test_that_shows_the_score_shows_nothing_else(self, visit, rosa, milo, enid):
        base = one()
        only = practice(Feedback.SCORE)
        version = publish(made_course(replace(base, steps=(only, *base.steps)), key="scored"), enid)
        enrollment = learning.enroll(rosa.id, version, by=milo, at=clock.now())
        browser = visit(rosa)
        assert "You see your result, not the answers." in text(browser.get(start_url(enrollment, self.STEP)))
        attempt = begin(browser, enrollment, self.STEP)
        data = {"q-p0": "a", "q-p1": "a", "q-p2": "b", "sure": "yes"}
        page = text(browser.get(browser.send(f"{attempt}/submission", data, page=attempt).location))
        assert "2 of 3 points" in page
        assert "Because" not in page
        assert "How each objective went" not in page
        assert "Only the result is shown here" in page


class TestMoreTime:
    def give(self, browser, rosa, **data):
        address = f"/admin/people/{rosa.id}"
        sent = {"factor": "150", "from_on": "2026-01-01", "reason": "Low vision.", **data}
        return browser.send(f"{address}/time", sent, page=address)

    def test_it_is_given_shown_and_frozen(self, session, visit, rosa, enid, practicing):
        assert self.give(visit(enid), rosa).status_code == 303
        browser = visit(rosa)
        assert "30 min for you instead of 20 min" in text(browser.get(start_url(practicing, "one/practice")))
        begin(browser, practicing, "one/practice")
        attempt = session.scalars(select(Attempt)).one()
        assert attempt.deadline_at - attempt.started_at == timedelta(minutes=30)
        assert (attempt.form["minutes"], attempt.form["time_percent"]) == (20, 150)
        [row] = session.scalars(select(Accommodation)).all()
        admin = visit(enid)
        assert admin.send(f"/admin/accommodations/{row.id}/end", page=f"/admin/people/{rosa.id}").status_code == 303
        assert "20 min from when you start" in text(visit(rosa).get(start_url(practicing, "one/practice")))
        session.refresh(attempt)
        assert attempt.deadline_at - attempt.started_at == timedelta(minutes=30)  # what runs keeps its time

    def test_why_is_for_the_person_and_administrators_only(self, session, visit, cast, rosa):
        self.give(visit(cast.enid), rosa)
        assert "Low vision." in text(visit(cast.enid).get(f"/admin/people/{rosa.id}"))
        assert "Low vision." in text(visit(rosa).get("/account"))
        manager = visit(cast.milo)
        for address in (f"/people/{rosa.id}", f"/people/{rosa.id}/record"):
            assert "Low vision." not in text(manager.get(address))
        assert manager.get(f"/admin/people/{rosa.id}").status_code == 404
        [entry] = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "accommodation_changed")).all()
        assert "Low vision" not in str((entry.facts, entry.reason))
        assert session.scalars(select(OwedStatement.body)).all() == []

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"factor": "other", "time_percent": "109"}, "Choose from 110 to 400 percent"),
            ({"factor": "other", "time_percent": "401"}, "Choose from 110 to 400 percent"),
            ({"factor": "other", "time_percent": ""}, "Choose from 110 to 400 percent"),
            ({"reason": " "}, "Write why."),
            ({"from_on": ""}, "Choose the day from which it holds."),
            ({"until": "2025-12-31"}, "must come after the first day"),
            ({"until": "soon"}, "Choose a day, or leave it empty."),
        ],
    )
    def test_what_cannot_be_given_is_said_at_its_field(self, session, visit, rosa, enid, data, said):
        page = self.give(visit(enid), rosa, **data)
        assert page.status_code == 422
        assert said in text(page)
        assert session.scalars(select(Accommodation)).all() == []

    def test_the_most_that_holds_today_counts(self, session, visit, rosa, enid, practicing):
        browser = visit(enid)
        self.give(browser, rosa, factor="other", time_percent="130")
        self.give(browser, rosa, factor="125")
        self.give(browser, rosa, factor="200", until="2026-01-02")  # long over
        assert "26 min for you" in text(visit(rosa).get(start_url(practicing, "one/practice")))
