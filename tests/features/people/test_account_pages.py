"""One's own account, and a manager's delegates, through HTTP."""

import pytest

from lms.people import queries
from tests.features.people.conftest import PASSWORD, today


@pytest.fixture
def rosa(cast, with_password):
    return with_password(cast.rosa)


def test_account_page_says_who_manages_me(visit, rosa):
    page = visit(rosa).get("/account").get_data(as_text=True)
    assert "Milo Hart" in page
    assert "North" in page


def test_zone(visit, session, rosa, account_changes):
    browser = visit(rosa)
    assert browser.send("/account", {"zone": "Europe/Berlin"}, page="/account").status_code == 303
    session.refresh(rosa)
    assert rosa.zone == "Europe/Berlin"
    assert browser.send("/account", {"zone": "Mars/Olympus"}, page="/account").status_code == 422
    assert account_changes(rosa) == ["zone_changed"]


def change(browser, current, new):
    return browser.send("/account/password", {"current_password": current, "new_password": new}, page="/account")


def test_change_password_keeps_this_session_and_ends_others(visit, rosa, outbox):
    here, there = visit(rosa), visit(rosa)
    assert change(here, PASSWORD, "quite another one").status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert [mail.kind for mail in outbox(rosa)] == ["password_changed"]


@pytest.mark.parametrize(
    ("current", "new"), [("wrong wrong", "quite another one"), (PASSWORD, "short"), (PASSWORD, "aaaaaaaaaaaa")]
)
def test_change_password_refused(visit, session, rosa, current, new):
    before = rosa.password_hash
    assert change(visit(rosa), current, new).status_code == 422
    session.refresh(rosa)
    assert rosa.password_hash == before


def test_guessing_the_current_password_is_limited(visit, rosa):
    browser = visit(rosa)
    answers = [change(browser, "wrong wrong", "quite another one").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


# Delegates


def name(browser, who, first=0, last=0, reason="vacation"):
    """`first` and `last` in days from today."""
    data = {"who": who, "starts_on": str(today(first)), "ends_on": str(today(last)), "reason": reason}
    return browser.send("/delegates", data, page="/delegates")


@pytest.mark.parametrize("by", ["email", "name"])
def test_name_and_end_a_delegate(visit, session, cast, by):
    browser = visit(cast.milo)
    assert name(browser, getattr(cast.otis, by)).status_code == 303
    assert cast.rosa.id in queries.reps_waiting_on(cast.otis.id, today())
    page = browser.get("/delegates").get_data(as_text=True)
    assert "decides now" in page
    (path,) = {part.partition('"')[0] for part in page.split('action="')[1:] if part.startswith("/delegates/")}
    assert visit(cast.vera).send(path, page="/delegates").status_code == 404  # not hers to end
    assert browser.send(path, page="/delegates").status_code == 303
    session.expire_all()
    assert queries.reps_waiting_on(cast.otis.id, today()) == {cast.olga.id}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"who": "nobody of this name"}, "Nobody here has"),
        ({"reason": " "}, "Write why"),
        ({"last": -9, "first": -12}, "This day is over"),
        ({"last": 0, "first": 3}, "before the first"),
    ],
)
def test_refused_in_place_and_nothing_typed_is_lost(visit, cast, changes, words):
    answer = name(visit(cast.milo), **{"who": cast.otis.email, "reason": "parental leave", **changes})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert changes.get("who", cast.otis.email) in page


def test_a_name_that_two_people_have_is_asked_back(visit, session, cast):
    cast.nils.name = "Otis Grey"
    answer = name(visit(cast.milo), "otis grey")
    assert answer.status_code == 422
    assert "Several people" in answer.get_data(as_text=True)


def test_reps_have_no_delegates_page(visit, cast):
    assert visit(cast.rosa).get("/delegates").status_code == 404
    assert visit().get("/delegates").status_code == 303
