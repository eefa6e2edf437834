"""The learner's pages through HTTP: what is shown, what is refused, and how many statements it takes."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import literal_column, select

from lms.learning import queries, service
from lms.learning.history_queries import ACTIVITY, Share, shares
from lms.learning.models import Enrollment
from lms.policy.outline import Module
from lms.policy.sequencing import TransferFact
from tests.features.learning.samples import AT, chunk, course, long_course, posttest, publish, small_course


@pytest.fixture
def version(enid):
    return publish(small_course(), enid)


@pytest.fixture
def enrollment(version, rosa, milo):
    return service.enroll(rosa.id, version, by=milo, at=AT)


@pytest.fixture
def plain(rosa, enid):
    """A course of chunks without questions."""
    made = course(
        Module("m", "M", (chunk("a", items=0), chunk("b", items=0))),
        Module("n", "N", (chunk("a", items=0),), requires=("m",)),
        key="plain",
    )
    return service.enroll(rosa.id, publish(made, enid), by=rosa, at=AT)


def url(enrollment, tail=""):
    return f"/courses/{enrollment.id}{tail}"


def done(enrollment, *keys, by, how="read"):
    for key in keys:
        service.complete_step(enrollment, key, how=how, by=by, at=AT)


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


READ_PAGES = ["", "/trail", "/steps/one/a", "/print/one", "/steps/two/a"]


@pytest.mark.parametrize("tail", READ_PAGES)
@pytest.mark.parametrize(
    ("who", "status"), [("rosa", 200), ("milo", 200), ("vera", 200), ("enid", 200), ("otis", 404), ("olga", 404)]
)
def test_who_sees_the_pages_of_an_enrollment(visit, cast, enrollment, tail, who, status):
    expected = 403 if status == 200 and tail == "/steps/two/a" else status  # a locked step explains itself
    assert visit(getattr(cast, who)).get(url(enrollment, tail)).status_code == expected


def test_nobody_is_sent_to_sign_in(visit, enrollment):
    response = visit(None).get(url(enrollment))
    assert response.status_code == 303
    assert "/sign-in" in response.location


@pytest.mark.parametrize(("who", "status"), [("milo", 403), ("enid", 403), ("otis", 404)])
@pytest.mark.parametrize("tail", ["/steps/m/a/done", "/bookmark"])
def test_only_the_learner_learns(visit, cast, plain, who, status, tail):
    visitor = visit(getattr(cast, who))
    assert visitor.send(url(plain, tail), {"step": "m/a"}, page="/courses").status_code == status
    assert queries.done(plain.id) == {}


def test_the_trail_offers_one_next_thing_and_explains_locks(visit, rosa, enrollment):
    page = visit(rosa).get(url(enrollment))
    assert page.status_code == 200
    body = text(page)
    assert "Start" in body
    assert "What you know" in body
    assert "Opens when you finish the module “Module one”. Steps left in it: 4." in body
    assert page.get_data(as_text=True).count("button-primary") == 1


def test_a_lock_names_the_manager_since_when_and_the_way(visit, rosa, milo, enrollment, monkeypatch):
    done(enrollment, "one/a", "one/b", by=rosa)
    done(enrollment, "one/posttest", by=rosa, how="passed")
    waits = TransferFact("results_in", "Milo Hart", AT)
    monkeypatch.setattr(queries, "transfer_facts", lambda _: {"one/script": waits})
    begun = ("'one/script'", "null", "''", "''", "''", str(ACTIVITY))
    share = select(*(literal_column(written) for written in begun))
    monkeypatch.setitem(shares, ACTIVITY, Share(share, lambda *_: {"one/script": waits}))
    page = visit(rosa).get(url(enrollment))
    assert "Opens when Milo Hart confirms your numbers for “Your call script”." in text(page)
    assert "Waiting on Milo Hart" in text(page)
    assert '<time datetime="2026-03-02' in page.get_data(as_text=True)
    assert f'href="/transfer/{enrollment.id}/one/script"' in page.get_data(as_text=True)


def test_three_marks_stay_apart(visit, rosa, milo, enrollment):
    done(enrollment, "one/a", "one/b", by=rosa)
    done(enrollment, "one/posttest", by=rosa, how="passed")
    body = text(visit(rosa).get(url(enrollment)))
    assert "3 of 3 learned" in body
    assert "0 of 1 shown in the field" in body
    assert "0 of 1 verified by the manager" in body
    done(enrollment, "one/script", by=milo, how="verified")
    body = text(visit(rosa).get(url(enrollment)))
    assert "1 of 1 verified by the manager" in body
    assert "Opened when Milo Hart confirmed the numbers of “Your call script”" in body
    assert "Verified by Milo Hart" in body


def test_an_unlock_shows_without_reload(visit, rosa, milo, enrollment):
    browser = visit(rosa)
    page = browser.get(url(enrollment)).get_data(as_text=True)
    poll = re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    assert browser.get(poll).status_code == 204
    done(enrollment, "one/a", by=rosa)
    part = visit(rosa).get(poll)
    assert part.status_code == 200
    assert 'aria-live="polite"' in part.get_data(as_text=True)
    assert "Next: Chunk b." in text(part)


def test_a_chunk_says_where_it_stands_what_it_builds_on_and_what_completes_it(visit, rosa, enrollment):
    done(enrollment, "one/a", by=rosa)
    page = visit(rosa).get(url(enrollment, "/steps/one/b"))
    body = text(page)
    assert "Step 2 of 4" in body
    assert "Builds on: Chunk a" in body
    assert "Chunk a: It repeats a." in body
    whole = page.get_data(as_text=True)
    assert whole.index('id="check-title"') < whole.index('class="rule') < whole.index("<fieldset")
    assert "when you have answered every question" in body
    assert "Text of b." in body
    assert f'data-bookmark-url="{url(enrollment, "/bookmark")}"' in page.get_data(as_text=True)


def test_a_locked_chunk_keeps_its_content(visit, rosa, enrollment):
    page = visit(rosa).get(url(enrollment, "/steps/one/b"))
    assert page.status_code == 403
    assert "Opens when you finish “Chunk a”." in text(page)
    assert "Text of b" not in text(page)


@pytest.mark.parametrize("tail", ["/steps/one/none", "/steps/none/a", "/print/none", "/assets/one/assets/none.svg"])
def test_what_is_not_there_is_404(visit, rosa, enrollment, tail):
    assert visit(rosa).get(url(enrollment, tail)).status_code == 404


def test_tests_and_activities_have_their_own_pages(visit, rosa, enrollment):
    response = visit(rosa).get(url(enrollment, "/steps/one/pretest"))
    assert (response.status_code, response.location) == (303, url(enrollment, "/assessments/one/pretest"))


def test_done_next_completes_once_and_goes_on(visit, rosa, plain):
    browser = visit(rosa)
    for _ in range(2):
        response = browser.send(url(plain, "/steps/m/a/done"), page=url(plain, "/steps/m/a"))
        assert (response.status_code, response.location) == (303, url(plain, "/steps/m/b"))
    assert list(queries.done(plain.id)) == ["m/a"]


def test_the_page_after_the_last_step_says_what_opened(visit, rosa, plain):
    done(plain, "m/a", by=rosa)
    response = visit(rosa).send(url(plain, "/steps/m/b/done"), page=url(plain, "/steps/m/b"), follow_redirects=True)
    assert "Open now: “N”." in text(response)


def test_finishing_the_course_is_said_and_shown(visit, rosa, plain):
    done(plain, "m/a", "m/b", by=rosa)
    response = visit(rosa).send(url(plain, "/steps/n/a/done"), page=url(plain, "/steps/n/a"), follow_redirects=True)
    assert "You completed “Sample course”." in text(response)
    assert "Course completed" in text(response)


def test_pressing_done_does_not_skip_the_questions(visit, rosa, enrollment):
    response = visit(rosa).send(url(enrollment, "/steps/one/a/done"), page=url(enrollment, "/steps/one/a"))
    assert response.status_code == 409
    assert "Answer the questions of “Chunk a” first" in text(response)


def test_done_on_a_locked_chunk_is_refused(visit, rosa, plain):
    response = visit(rosa).send(url(plain, "/steps/m/b/done"), page=url(plain))
    assert response.status_code == 409
    assert "“Chunk a” comes first" in text(response)


def test_resume_goes_where_one_left_and_then_to_the_next_thing(session, visit, rosa, plain):
    browser = visit(rosa)
    assert browser.get(url(plain, "/resume")).location == url(plain, "/steps/m/a")
    done(plain, "m/a", by=rosa)
    browser = visit(rosa)
    token = browser.token("/courses")
    assert (
        browser.post(url(plain, "/bookmark"), json={"step": "m/b"}, headers={"X-CSRFToken": token}).status_code == 200
    )
    session.expire_all()
    assert session.get(Enrollment, plain.id).bookmark == "m/b"
    assert browser.get(url(plain, "/resume")).location == url(plain, "/steps/m/b")


@pytest.mark.parametrize("sent", [{"step": "m/none"}, {"step": 5}, {}])
def test_a_bookmark_must_name_a_step(visit, rosa, plain, sent):
    browser = visit(rosa)
    token = browser.token("/courses")
    assert browser.post(url(plain, "/bookmark"), json=sent, headers={"X-CSRFToken": token}).status_code == 409


def test_getting_pages_writes_nothing(session, visit, rosa, enrollment, count_statements):
    browser = visit(rosa)
    count_statements.statements.clear()
    for tail in [*READ_PAGES, "/resume", "/assessments/one/pretest", "/checks/one/a"]:
        browser.get(url(enrollment, tail))
    browser.get("/courses")
    assert not [one for one in count_statements.statements if not one.lstrip().upper().startswith(("SELECT", "WITH"))]


def test_my_courses_show_one_next_thing_each_and_what_else_there_is(visit, rosa, enid, enrollment):
    publish(course(Module("m", "M", (chunk("x"),)), key="other", title="Another course"), enid)
    publish(course(Module("m", "M", (chunk("y"),)), key="lead", title="For managers"), enid, edition_of="sample")
    body = text(visit(rosa).get("/courses"))
    assert "Next: What you know" in body
    assert "Another course" in body
    assert "For managers" not in body


def test_taking_a_course_twice_is_taking_it_once(session, visit, olga, version):
    browser = visit(olga)
    first = browser.send(f"/courses/take/{version.line_id}", page="/courses")
    second = browser.send(f"/courses/take/{version.line_id}", page="/courses")
    assert (first.status_code, first.location) == (303, second.location)
    assert len(session.scalars(select(Enrollment).where(Enrollment.user_id == olga.id)).all()) == 1


def test_who_took_a_course_may_stop_it_and_who_was_assigned_may_not(session, visit, rosa, plain, enrollment):
    browser = visit(rosa)
    assert "Stop this course" in text(browser.get(url(plain)))
    assert browser.send(url(plain, "/withdrawal"), page=url(plain)).status_code == 303
    session.expire_all()
    assert session.get(Enrollment, plain.id).state == "withdrawn"
    assert "Stop this course" not in text(browser.get(url(enrollment)))
    assert browser.send(url(enrollment, "/withdrawal"), page=url(enrollment)).status_code == 409


@pytest.mark.parametrize(("who", "status"), [("milo", 200), ("vera", 200), ("enid", 200), ("rosa", 403), ("otis", 404)])
def test_who_may_assign(visit, cast, version, who, status):
    assert visit(getattr(cast, who)).get(f"/people/{cast.rosa.id}/enrollments").status_code == status


def test_a_manager_assigns_a_course_and_ends_it_with_a_reason(session, visit, milo, rosa, version):
    page = f"/people/{rosa.id}/enrollments"
    browser = visit(milo)
    assert browser.send(page, {"version": "", "due_on": ""}, page=page).status_code == 422
    assert browser.send(page, {"version": str(version.id), "due_on": "2026-12-01"}, page=page).status_code == 303
    again = browser.send(page, {"version": str(version.id), "due_on": ""}, page=page)
    assert again.status_code == 422
    assert "Rosa Diaz is in “Sample course” already" in text(again)
    mine = session.scalars(select(Enrollment).where(Enrollment.user_id == rosa.id)).one()
    assert str(mine.due_on) == "2026-12-01"
    assert browser.send(url(mine, "/withdrawal"), {"reason": ""}, page=page).status_code == 409
    assert browser.send(url(mine, "/withdrawal"), {"reason": "Moved to support"}, page=page).status_code == 303
    assert "Moved to support" in text(browser.get(page))


def test_print_holds_what_is_open_and_says_what_is_left_out(visit, rosa, enrollment):
    body = text(visit(rosa).get(url(enrollment, "/print/one")))
    assert "Text of a." in body
    assert "Text of b." not in body
    assert "1 chunk not open yet is left out" in body


def with_asset(enid, rosa):
    """A course with one picture."""
    import hashlib

    from lms.catalog import queries as catalog
    from lms.catalog import service as catalog_service

    data = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    digest = hashlib.sha256(data).hexdigest()
    path = "m/assets/call.svg"
    made = course(
        Module("m", "M", (chunk("a", body='![A call](assets/call.svg "The call")'),)),
        key="pictures",
        assets={path: digest},
    )
    asset = SimpleNamespace(sha256=digest, media_type="image/svg+xml", data=data)
    version = catalog_service.publish(made, {path: asset}, change_class="cosmetic", by=enid, at=AT)
    return service.enroll(rosa.id, catalog.version(version.id), by=rosa, at=AT), data


def test_an_asset_is_private_immutable_and_never_a_page(visit, rosa, otis, enid):
    enrollment, data = with_asset(enid, rosa)
    browser = visit(rosa)
    source = re.search(r'<img src="([^"]+)"', browser.get(url(enrollment, "/steps/m/a")).get_data(as_text=True))[1]
    response = browser.get(source)
    assert (response.status_code, response.data, response.mimetype) == (200, data, "image/svg+xml")
    assert "immutable" in response.headers["Cache-Control"]
    assert "private" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert browser.get(source, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    part = browser.get(source, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, data[:4])
    assert "immutable" not in browser.get(source.partition("?")[0]).headers["Cache-Control"]
    assert visit(otis).get(source).status_code == 404


PAGES = {"player": ("/steps/m1/c0", 4), "trail": ("", 5), "part": ("/trail", 5)}


@pytest.mark.parametrize("page", PAGES)
def test_statement_counts_do_not_grow_with_the_course(visit, rosa, enid, count_statements, page):
    tail, most = PAGES[page]
    counts = []
    for size in (5, 50):
        enrollment = service.enroll(rosa.id, publish(long_course(size, f"long-{size}"), enid), by=rosa, at=AT)
        done(enrollment, *(f"m0/c{n}" for n in range(4)), by=rosa)
        browser = visit(rosa)
        browser.get(url(enrollment, tail))  # the course is read once per process
        count_statements.statements.clear()
        assert browser.get(url(enrollment, tail)).status_code == 200
        counts.append(len(count_statements))
    assert counts[0] == counts[1] <= most, count_statements.statements


def test_a_lesson_stays_light(visit, rosa, enrollment):
    body = visit(rosa).get(url(enrollment, "/steps/one/a")).data
    assert len(body) < 30_000


def test_a_manager_reads_the_trail_without_its_buttons(visit, milo, enrollment):
    page = visit(milo).get(url(enrollment))
    assert "This is the trail of Rosa Diaz" in text(page)
    assert "button-primary" not in page.get_data(as_text=True)
    chunk_page = visit(milo).get(url(enrollment, "/steps/one/a")).get_data(as_text=True)
    assert "Check my answers" not in chunk_page
    assert "data-bookmark-url" not in chunk_page


def test_a_formative_gate_is_named_in_the_lock(visit, rosa, enid):
    made = course(Module("m", "M", (posttest(), chunk("after"))), key="gate")
    enrollment = service.enroll(rosa.id, publish(made, enid), by=rosa, at=AT)
    page = visit(rosa).get(url(enrollment, "/steps/m/after"))
    assert "Opens when you pass “Show what you know”." in text(page)


def test_who_stands_in_for_a_manager_does_not_end_enrollments(session, visit, cast, enrollment):
    from datetime import timedelta

    from lms import clock
    from lms.people.models import Delegation

    today = clock.company_day(clock.now())
    session.add(
        Delegation(
            manager_id=cast.milo.id,
            delegate_id=cast.otis.id,
            starts_on=today,
            ends_on=today + timedelta(days=1),
            reason="Vacation",
            created_at=clock.now(),
        )
    )
    visitor = visit(cast.otis)
    assert visitor.get(url(enrollment)).status_code == 200
    sent = visitor.send(url(enrollment, "/withdrawal"), {"reason": "I would rather not"}, page="/courses")
    assert sent.status_code == 403


def test_a_far_lock_is_one_line_and_the_nearest_stands_out(visit, rosa, enid):
    enrollment = service.enroll(rosa.id, publish(long_course(4, "far"), enid), by=rosa, at=AT)
    page = visit(rosa).get(url(enrollment)).get_data(as_text=True)
    assert page.count('class="lock"') == 1
    assert page.count("Opens when you finish the module") == 3
    assert page.count("It holds 4 chunks.") == 3
    assert page.count('href="#module-m1"') == 1, "m2 waits for m1, and says where that is"
    assert page.count('href="#module-m2"') == 1


def test_a_file_of_a_locked_module_is_not_served_to_its_learner(visit, rosa, milo, enid):
    from hashlib import sha256

    from lms.catalog import queries as catalog
    from lms.catalog import service as catalog_service

    data = b'<svg xmlns="http://www.w3.org/2000/svg"><title>Call</title></svg>'
    asset = SimpleNamespace(sha256=sha256(data).hexdigest(), media_type="image/svg+xml", data=data)
    paths = ["m/assets/call.svg", "n/assets/call.svg"]
    made = course(
        Module("m", "M", (chunk("a", items=0, body="![A call](assets/call.svg)"),)),
        Module("n", "N", (chunk("a", items=0, body="![A call](assets/call.svg)"),), requires=("m",)),
        key="shut",
        assets=dict.fromkeys(paths, asset.sha256),
    )
    version = catalog_service.publish(made, dict.fromkeys(paths, asset), change_class="cosmetic", by=enid, at=AT)
    mine = service.enroll(rosa.id, catalog.version(version.id), by=milo, at=AT)
    browser = visit(rosa)
    first, second = (url(mine, f"/assets/{path}") for path in paths)
    assert (browser.get(first).status_code, browser.get(second).status_code) == (200, 404)
    assert browser.get(second, headers={"If-None-Match": f'"{asset.sha256}"'}).status_code == 404
    assert visit(milo).get(second).status_code == 200
    done(mine, "m/a", by=rosa)
    assert visit(rosa).get(second).status_code == 200


def test_a_course_that_was_closed_goes_on_by_a_manager_and_can_be_taken_again(session, visit, milo, rosa, enrollment):
    page = f"/people/{rosa.id}/enrollments"
    service.close(enrollment, reason="The person left.", by=None, at=AT)
    assert "Sample course" in text(visit(rosa).get("/courses")), "it is offered again"
    browser = visit(milo)
    assert "Let it go on" in text(browser.get(page))
    assert browser.send(url(enrollment, "/reopening"), {"reason": ""}, page=page).status_code == 409
    assert browser.send(url(enrollment, "/reopening"), {"reason": "She is back"}, page=page).status_code == 303
    session.expire_all()
    assert session.get(Enrollment, enrollment.id).state == "active"
    assert "Let it go on" not in text(browser.get(page))


def test_a_passed_test_is_done_and_not_shown(visit, rosa, enrollment):
    done(enrollment, "one/a", "one/b", by=rosa)
    done(enrollment, "one/posttest", by=rosa, how="passed")
    page = visit(rosa).get(url(enrollment)).get_data(as_text=True)
    assert "Passed" in page
    assert "icon-shown" not in page, "nobody has seen anything in the field yet"
    assert "icon-verified" not in page
    assert "icon-waiting" not in page, "the transfer activity is hers to begin"


def test_a_course_that_has_begun_says_less_about_itself(visit, rosa, enrollment):
    assert 'class="lead"' in visit(rosa).get(url(enrollment)).get_data(as_text=True)
    done(enrollment, "one/a", by=rosa)
    page = visit(rosa).get(url(enrollment)).get_data(as_text=True)
    assert 'class="lead"' not in page
    assert "What this course is about" in page
