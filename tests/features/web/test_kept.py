"""What a process or a browser keeps, so that it is not made for every page: it must not go stale or leak."""

from datetime import timedelta
from uuid import uuid4

import pytest
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
    assert one.token("/account") == one.token("/courses")
    assert one.token("/account") != other.token("/account")


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
