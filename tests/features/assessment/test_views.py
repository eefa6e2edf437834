"""Tests and checks through HTTP, without JavaScript unless said: nothing lost, nothing doubled, nothing given away."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms import clock
from lms.assessment import queries, service
from lms.assessment.models import Answer, Attempt, Grade
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.policy.outline import Module
from tests.features.learning.samples import chunk, course, every_type, posttest, pretest, publish

RIGHT = {
    "q-i-single": "a",
    "q-i-multiple": ["a", "b"],
    "q-i-judgment": "a",
    "q-i-numeric": "12.5",
    "q-i-order.a": "1",
    "q-i-order.b": "2",
    "q-i-order.c": "3",
    "q-i-matching.a": "a",
    "q-i-matching.b": "b",
    "q-i-matching.c": "c",
    "q-i-short": "Exit criterion",
    "q-i-best-worst.best": "a",
    "q-i-best-worst.worst": "c",
    "q-i-ranking.a": "1",
    "q-i-ranking.b": "2",
    "q-i-ranking.c": "3",
    "q-i-calculated": "14",
    "q-i-cloze.one": "a",
    "q-i-cloze.two": "Listen",
    "q-i-hotspot": "a",
}


@pytest.fixture
def enrollment(rosa, milo, enid):
    full = replace(posttest(attempts=2, cooldown_hours=24, minutes=15), items=every_type())
    made = course(
        Module("one", "Module one", (pretest(), chunk("a", prefix="one-"), full), has_test_out=True),
        Module("two", "Module two", (replace(chunk("a"), items=every_type()),), requires=("one",)),
        key="tested",
    )
    return learning.enroll(rosa.id, publish(made, enid), by=milo, at=clock.now() - timedelta(days=2))


@pytest.fixture
def at_post(enrollment, rosa):
    learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=clock.now() - timedelta(days=1))
    return enrollment


def start_url(enrollment, step="one/posttest"):
    return f"/courses/{enrollment.id}/assessments/{step}"


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def begin(browser, enrollment, step="one/posttest"):
    response = browser.send(start_url(enrollment, step), page=start_url(enrollment, step))
    assert response.status_code == 303
    return response.location


def hand_in(browser, attempt, data, **kwargs):
    return browser.send(f"{attempt}/submission", {**data, "sure": "yes"}, page=attempt, **kwargs)


def attempt_id(location):
    return location.rsplit("/", 1)[1]


@pytest.mark.parametrize(("who", "status"), [("rosa", 200), ("milo", 200), ("enid", 200), ("otis", 404), ("olga", 404)])
def test_who_sees_the_start(visit, cast, at_post, who, status):
    assert visit(getattr(cast, who)).get(start_url(at_post)).status_code == status


def test_the_start_says_the_terms(visit, rosa, at_post):
    body = text(visit(rosa).get(start_url(at_post)))
    assert "12 questions, 15 min from when you start" in body
    assert "earn 80% of the points" in body
    assert "2 attempts in all, 2 left. 24 hours between them." in body
    assert "Start attempt 1" in body


def test_a_locked_test_explains_itself_and_issues_nothing(session, visit, rosa, enrollment):
    browser = visit(rosa)
    page = browser.get(start_url(enrollment))
    assert page.status_code == 403
    assert "Opens when you finish “Chunk a”." in text(page)
    assert browser.send(start_url(enrollment), page="/courses").status_code == 409
    assert session.scalars(select(Attempt)).all() == []


@pytest.mark.parametrize(("who", "status"), [("milo", 403), ("enid", 403), ("otis", 404)])
def test_nobody_sits_somebody_elses_test(visit, cast, at_post, who, status):
    attempt = begin(visit(cast.rosa), at_post)
    visitor = visit(getattr(cast, who))
    assert visitor.send(start_url(at_post), page="/courses").status_code == status
    assert visitor.get(attempt).status_code == status
    for tail in ("/answers", "/submission"):
        assert visitor.send(attempt + tail, RIGHT, page="/courses").status_code == status
    assert service.close_overdue(clock.now()) == 0


def test_starting_twice_is_one_attempt(session, visit, rosa, at_post):
    browser = visit(rosa)
    assert begin(browser, at_post) == begin(browser, at_post)
    assert len(session.scalars(select(Attempt)).all()) == 1
    assert "Go on with attempt 1" in text(browser.get(start_url(at_post)))


def test_every_item_type_is_answered_without_javascript(session, visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    page = browser.get(attempt).get_data(as_text=True)
    for name in RIGHT:
        assert f'name="{name}"' in page, name
    response = hand_in(browser, attempt, RIGHT)
    assert (response.status_code, response.location) == (303, f"{attempt}/result")
    result = browser.get(response.location)
    assert "Passed on attempt 1" in text(result)
    assert "12 of 12 points" in text(result)
    assert "Open now: “Module two”." in text(result)
    assert session.scalars(select(Grade.passed)).one() is True


def test_the_attempt_page_gives_no_answer_away(visit, rosa, at_post):
    browser = visit(rosa)
    page = browser.get(begin(browser, at_post)).get_data(as_text=True)
    for secret in ("Because i-", "Right about", "Best.", "Exit criterion", "exit criterion", "12.5"):
        assert secret not in page


def test_saving_without_javascript_and_coming_back(visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    response = browser.send(f"{attempt}/answers", {"q-i-single": "b", "q-i-short": "so far"}, page=attempt)
    assert (response.status_code, response.location) == (303, attempt)
    page = visit(rosa).get(attempt).get_data(as_text=True)
    assert re.search(r'name="q-i-single" value="b" checked', page)
    assert 'value="so far"' in page


def as_script(page):
    """The fields of the page as the autosave script sends them."""
    fields = {}
    for tag in re.findall(r"<input[^>]+>", page):
        name = re.search(r'name="([^"]*)"', tag)
        if name and name[1].startswith("was-"):
            fields[name[1]] = re.search(r'value="([^"]*)"', tag)[1].replace("&#34;", '"').replace("&quot;", '"')
    return fields


def autosave(browser, attempt, fields):
    page = browser.get(attempt).get_data(as_text=True)
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    return browser.post(
        f"{attempt}/answers",
        json={"lock_version": 0, "fields": fields},
        headers={"X-CSRFToken": token, "Accept": "application/json"},
    )


def test_autosave_as_one_types(visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    began = as_script(browser.get(attempt).get_data(as_text=True))
    assert set(began) == {f"was-{name.partition('.')[0][2:]}" for name in RIGHT}
    response = autosave(browser, attempt, {**began, "q-i-single": "a", "q-i-multiple": ["b"], "q-i-order.a": "1"})
    assert response.status_code == 200
    assert response.get_json()["was"] == {
        "i-single": '{"choice":"a"}',
        "i-multiple": '{"choices":["b"]}',
        "i-order": '{"places":{"a":1}}',
    }
    assert queries.responses(attempt_id_of(attempt)) == {
        "i-single": {"choice": "a"},
        "i-multiple": {"choices": ["b"]},
        "i-order": {"places": {"a": 1}},
    }


def attempt_id_of(location):
    from uuid import UUID

    return UUID(attempt_id(location))


def test_an_old_tab_does_not_put_back_what_a_newer_one_changed(visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    began = as_script(browser.get(attempt).get_data(as_text=True))  # both tabs open on an empty form
    autosave(browser, attempt, {**began, "q-i-single": "a"})
    autosave(browser, attempt, {**began, "q-i-single": "", "q-i-short": "typed in the old tab"})
    assert queries.responses(attempt_id_of(attempt)) == {
        "i-single": {"choice": "a"},
        "i-short": {"text": "typed in the old tab"},
    }
    hand_in(browser, attempt, {**began, "q-i-short": "typed in the old tab"})
    assert queries.responses(attempt_id_of(attempt))["i-single"] == {"choice": "a"}


def test_an_answer_that_is_changed_back_is_changed_back(visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    browser.send(f"{attempt}/answers", {"q-i-single": "a"}, page=attempt)
    fields = as_script(browser.get(attempt).get_data(as_text=True))
    for choice in ("b", "a"):  # within one page, as the script saves it
        said = autosave(browser, attempt, {**fields, "q-i-single": choice}).get_json()
        fields |= {f"was-{key}": began for key, began in said["was"].items()}
    assert queries.responses(attempt_id_of(attempt))["i-single"] == {"choice": "a"}


def test_one_answer_that_cannot_be_kept_does_not_cost_the_others(visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    too_long = {"q-i-single": "a", "q-i-short": "x" * 251}
    page = browser.send(f"{attempt}/answers", too_long, page=attempt)
    assert "too long" in text(page)
    assert queries.responses(attempt_id_of(attempt)) == {"i-single": {"choice": "a"}}
    assert 'value="' + "x" * 251 in page.get_data(as_text=True), "what was typed is there to be shortened"
    began = as_script(page.get_data(as_text=True))
    hand_in(browser, attempt, {**began, "q-i-single": "a", "q-i-short": "exit criterion"})
    assert queries.responses(attempt_id_of(attempt)) == {
        "i-single": {"choice": "a"},
        "i-short": {"text": "exit criterion"},
    }


def test_one_answer_by_script_is_idempotent(session, visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    token = browser.token_for(attempt)
    for _ in range(2):
        response = browser.post(
            f"{attempt}/answers",
            json={"client_id": "c1", "item": "i-single", "response": {"choice": "a"}},
            headers={"X-CSRFToken": token},
        )
        assert response.status_code == 200
    assert len(session.scalars(select(Answer)).all()) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"item": "i-single", "response": {"choice": "zz"}},
        {"item": "i-single", "response": "a"},
        {"item": "nothing", "response": {"choice": "a"}},
        {"fields": []},
        {"fields": {"q-i-short": "x" * 251}},
        {},
    ],
)
def test_what_cannot_be_an_answer_is_refused_in_words(session, visit, rosa, at_post, sent):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    response = browser.post(f"{attempt}/answers", json=sent, headers={"X-CSRFToken": browser.token_for(attempt)})
    assert response.status_code == 409
    assert response.get_json()["message"]
    assert session.scalars(select(Answer)).all() == []


def test_an_answer_takes_few_statements(visit, rosa, at_post, count_statements):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    token = browser.token_for(attempt)
    count_statements.statements.clear()
    browser.post(
        f"{attempt}/answers",
        json={"client_id": "c1", "item": "i-single", "response": {"choice": "a"}},
        headers={"X-CSRFToken": token},
    )
    assert len(count_statements) <= 4, count_statements.statements


def test_handing_in_with_gaps_asks_once_and_loses_nothing(session, visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    response = browser.send(f"{attempt}/submission", {"q-i-single": "a", "q-i-numeric": "a dozen"}, page=attempt)
    assert response.status_code == 200
    body = text(response)
    assert "Some questions have no full answer yet" in body
    assert "Write a number, for example 12.5." in body
    assert re.search(r'<li><a href="#sure">[^<]*“Hand in all the same”', response.get_data(as_text=True))
    assert 'value="a dozen"' in response.get_data(as_text=True)
    assert session.scalars(select(Grade)).all() == []
    assert queries.responses(attempt_id_of(attempt))["i-single"] == {"choice": "a"}
    assert hand_in(browser, attempt, {"q-i-single": "a"}).status_code == 303
    assert session.scalars(select(Grade.passed)).one() is False


def test_a_second_click_and_the_back_button_change_nothing(session, visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    hand_in(browser, attempt, RIGHT)
    again = browser.send(f"{attempt}/submission", {"q-i-single": "b", "sure": "yes"}, page="/courses")
    assert (again.status_code, again.location) == (303, f"{attempt}/result")
    assert browser.get(attempt).location == f"{attempt}/result"
    late = browser.send(f"{attempt}/answers", {"q-i-single": "b"}, page="/courses")
    assert late.status_code == 409
    assert "handed in already" in text(late)
    assert len(session.scalars(select(Grade)).all()) == 1


def test_failing_shows_objectives_only_and_when_the_next_attempt_opens(visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    hand_in(browser, attempt, {})
    body = text(browser.get(f"{attempt}/result"))
    assert "Not passed yet" in body
    assert "Know it" in body
    assert "Your next attempt opens on" in body
    assert "UTC" in body  # in the reader's zone, with the zone
    assert "Because i-" not in body
    assert browser.send(start_url(at_post), page=start_url(at_post)).status_code == 409


def age(session, hours):
    """Let time pass for the attempts that are closed."""
    session.execute(update(Attempt).values(closed_at=clock.now() - timedelta(hours=hours)))
    session.commit()
    session.expire_all()


def test_used_up_attempts_show_everything_and_wait_for_the_manager(session, visit, cast, at_post):
    browser = visit(cast.rosa)
    for _ in range(2):
        attempt = begin(browser, at_post)
        hand_in(browser, attempt, {"q-i-judgment": "b"})
        age(session, 25)
    body = text(browser.get(f"{attempt}/result"))
    assert "Your attempts are used up (2 in all)." in body
    assert "Because i-judgment." in body
    assert "Nearly." in body
    assert "Waiting on your manager" in body
    assert browser.send(f"{start_url(at_post)}/grant", {"reason": "please"}, page="/courses").status_code == 403
    assert visit(cast.otis).send(f"{start_url(at_post)}/grant", {"reason": "x"}, page="/courses").status_code == 404
    manager = visit(cast.milo)
    page = start_url(at_post)
    assert "Unlock one more attempt" in text(manager.get(page))
    assert manager.send(f"{page}/grant", {"reason": ""}, page=page).status_code == 409
    assert manager.send(f"{page}/grant", {"reason": "We went through it"}, page=page).status_code == 303
    assert "Unlock one more attempt" not in text(manager.get(page)).replace("unlocked one more", "")
    browser = visit(cast.rosa)
    assert "Milo Hart unlocked one more attempt" in text(browser.get(page))
    assert hand_in(browser, begin(browser, at_post), RIGHT).status_code == 303


def test_a_manager_reads_results_and_answers_nothing(visit, rosa, milo, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    assert visit(milo).get(f"{attempt}/result").status_code == 303  # still open: nothing to read
    hand_in(browser, attempt, RIGHT)
    assert "This is a result of Rosa Diaz" in text(visit(milo).get(f"{attempt}/result"))


def test_when_the_time_is_over_what_was_saved_counts(session, visit, rosa, at_post):
    browser = visit(rosa)
    attempt = begin(browser, at_post)
    browser.send(f"{attempt}/answers", RIGHT, page=attempt)
    session.execute(update(Attempt).values(deadline_at=clock.now() - timedelta(minutes=2)))
    session.commit()
    session.expire_all()
    assert browser.get(attempt).location == f"{attempt}/result"
    assert "The time ran out." in text(browser.get(f"{attempt}/result"))
    late = browser.send(f"{attempt}/answers", {"q-i-single": "b"}, page="/courses")
    assert "ran out on" in text(late)
    response = browser.send(f"{attempt}/submission", {"q-i-single": "b"}, page="/courses", follow_redirects=True)
    assert "Passed on attempt 1" in text(response)
    assert "what was saved by then was graded" in text(response)


def test_a_perfect_pre_test_skips_and_says_so(visit, rosa, enrollment):
    browser = visit(rosa)
    start = browser.get(start_url(enrollment, "one/pretest"))
    assert "With 8 of 8 right you may skip" in text(start)
    assert "Skip it, start the module" in text(start)
    attempt = begin(browser, enrollment, "one/pretest")
    response = hand_in(browser, attempt, {f"q-pre{n}": "a" for n in range(8)}, follow_redirects=True)
    assert "Tested out" in text(response)
    assert "Open now: “Module two”." in text(response)
    assert "Right about" not in text(response)


def test_a_pre_test_that_is_not_perfect_tells_what_to_read(visit, rosa, enrollment):
    browser = visit(rosa)
    attempt = begin(browser, enrollment, "one/pretest")
    response = hand_in(browser, attempt, {f"q-pre{n}": "a" for n in range(7)}, follow_redirects=True)
    body = text(response)
    assert "7 of 8 right. Skipping the module takes 8." in body
    assert "1 question had no answer." in body
    assert "Next Chunk a" in body


def test_a_passed_over_pre_test_says_why(visit, rosa, at_post):
    page = visit(rosa).get(start_url(at_post, "one/pretest"))
    assert page.status_code == 403
    assert "You have started this module, so its pre-test is closed" in text(page)


CHECK = {"q-one-a-q0": "b", "q-one-a-q1": "a"}


def check_url(enrollment, step="one/a"):
    return f"/courses/{enrollment.id}/checks/{step}"


def chunk_url(enrollment, step="one/a"):
    return f"/courses/{enrollment.id}/steps/{step}"


def test_a_check_gives_feedback_at_once_and_completes_the_chunk(visit, rosa, enrollment):
    browser = visit(rosa)
    assert "Because" not in text(browser.get(chunk_url(enrollment)))
    response = browser.send(check_url(enrollment), CHECK, page=chunk_url(enrollment), follow_redirects=True)
    body = text(response)
    assert "1 of 2 right." in body
    assert "Wrong about one-a-q0." in body
    assert "Because one-a-q0." in body
    assert "Next: Show what you know" in body
    assert learning_queries.done(enrollment.id)["one/a"].how == "read"
    assert "Check again" in body


def test_the_same_check_sent_twice_is_one(session, visit, rosa, enrollment):
    browser = visit(rosa)
    page = browser.get(chunk_url(enrollment)).get_data(as_text=True)
    client_id = re.search(r'name="client_id" value="([^"]+)"', page)[1]
    for _ in range(2):
        sent = browser.send(check_url(enrollment), {**CHECK, "client_id": client_id}, page=chunk_url(enrollment))
        assert sent.status_code == 303
    assert [str(attempt.id) for attempt in session.scalars(select(Attempt))] == [client_id]


def test_an_unanswered_check_keeps_what_was_marked(session, visit, rosa, enrollment):
    response = visit(rosa).send(check_url(enrollment), {"q-one-a-q0": "b"}, page=chunk_url(enrollment))
    assert response.status_code == 422
    page = response.get_data(as_text=True)
    assert re.search(r'name="q-one-a-q0" value="b" checked', page)
    assert "Question 2: Answer this question." in text(response)
    assert page.index('id="check"') < page.index('class="error-summary"') < page.index("<fieldset")
    assert learning_queries.done(enrollment.id) == {}


def test_a_check_of_a_locked_chunk_is_refused(visit, rosa, enrollment):
    response = visit(rosa).send(check_url(enrollment, "two/a"), RIGHT, page="/courses")
    assert response.status_code == 409


def test_a_check_with_every_type(visit, rosa, at_post):
    browser = visit(rosa)
    hand_in(browser, begin(browser, at_post), RIGHT)
    wrong_order = {**RIGHT, "q-i-order.a": "2", "q-i-order.b": "1"}
    response = browser.send(
        check_url(at_post, "two/a"), wrong_order, page=chunk_url(at_post, "two/a"), follow_redirects=True
    )
    body = text(response)
    assert "11 of 12 right." in body
    assert "Partly right" in body
    assert "Right: 1" in body


def test_the_form_survives_a_round_through_json(session, visit, rosa, at_post):
    begin(visit(rosa), at_post)
    kept = session.scalars(select(Attempt.form)).one()
    assert json.loads(json.dumps(kept)) == kept
    assert kept["threshold_bp"] == 8000
