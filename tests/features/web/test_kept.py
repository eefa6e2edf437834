"""What a process or a browser keeps, so that it is not made for every page: it must not go stale or leak."""

from datetime import timedelta
from uuid import uuid4

import flask
import pytest
import time_machine
from flask import url_for

from lms import clock
from lms.web.addresses import address_of
from tests.factories import make_user


def cookies_set(response) -> list[str]:
    return [value for name, value in response.headers if name == "Set-Cookie"]


def test_the_session_cookie_is_signed_anew_now_and_then_only(visit, monkeypatch):
    browser = visit(make_user("Rosa Diaz", roles=("rep",)))
    browser.get("/account")
    assert cookies_set(browser.get("/account")) == []
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert len(cookies_set(browser.get("/account"))) == 1
    assert cookies_set(browser.get("/account")) == []


def test_the_navigation_kept_for_a_role_names_the_reader(visit):
    one, other = make_user("Rosa Diaz", roles=("rep",)), make_user("Nils Berg", roles=("rep",))
    for person, somebody_else in ((one, other), (other, one)):
        page = visit(person).get("/account").get_data(as_text=True)
        assert f"/people/{person.id}/numbers" in page
        assert str(somebody_else.id) not in page
        assert "00000000-0000" not in page


def test_each_session_has_its_own_form_token(visit):
    one, other = visit(make_user("Rosa Diaz", roles=("rep",))), visit(make_user("Nils Berg", roles=("rep",)))
    assert one.token("/courses") == one.token("/courses")
    assert one.token("/courses") != other.token("/courses")


@pytest.mark.parametrize(
    ("endpoint", "variable"),
    [
        ("transfer.review", "activity_id"),
        ("transfer.observe", "activity_id"),
        ("learning.trail", "enrollment_id"),
        ("dashboard.person", "person_id"),
    ],
)
def test_addresses_of_many_are_those_of_url_for(app, endpoint, variable):
    value = uuid4()
    with app.test_request_context("/", base_url="http://localhost/behind"):
        assert address_of(endpoint, variable)(value) == url_for(endpoint, **{variable: value})


def test_the_frame_kept_for_a_role_carries_name_and_token_of_its_reader(visit):
    rosa = make_user("Rosa Diaz", roles=("rep",))
    sly = make_user("</a>TOKEN & 00000000-0000-0000-0000-000000000000", roles=("rep",))
    shown = {rosa: "Rosa Diaz", sly: "&lt;/a&gt;TOKEN &amp; 00000000-0000-0000-0000-000000000000"}
    for person in (rosa, sly, rosa):
        browser = visit(person)
        page = browser.get("/courses").get_data(as_text=True)
        assert f'<span class="menu-name">{shown[person]}</span>' in page
        assert f'data-viewer="{person.id}"' in page
        assert page.count(browser.token("/courses")) == 2


def test_a_cookie_read_before_still_ends_with_its_time(visit):
    browser = visit(make_user("Rosa Diaz", roles=("rep",)))
    for _ in range(2):
        assert browser.get("/account").status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        assert browser.get("/account").status_code == 303
    with time_machine.travel(clock.now() - timedelta(days=1), tick=False):  # signed tomorrow: not by us, today
        assert browser.get("/account").status_code == 303


def test_what_one_page_changes_in_a_session_stays_in_that_session(app):
    sessions = app.session_interface
    with app.test_request_context():
        cookie = sessions.get_signing_serializer(app).dumps({"_user_id": "x"})
    with app.test_request_context(headers={"Cookie": f"fieldwork={cookie}"}):
        flask.session["draft"] = "mine"
    with app.test_request_context(headers={"Cookie": f"fieldwork={cookie}"}):
        assert dict(flask.session) == {"_user_id": "x"}


def test_addresses_that_are_kept_begin_where_the_application_is_mounted(app):
    value = uuid4()
    for root in ("/behind", "", "/elsewhere", "/behind"):
        with app.test_request_context("/courses", base_url=f"http://localhost{root}"):
            assert url_for("learning.courses") == f"{root}/courses"
            assert url_for(".courses") == f"{root}/courses"
            assert address_of("learning.trail", "enrollment_id")(value) == f"{root}/courses/{value}"
        with app.test_request_context("/queue", base_url=f"http://localhost{root}"):
            assert url_for(".queue") == f"{root}/queue"
            assert address_of(".review", "activity_id")(value) == url_for("transfer.review", activity_id=value)
