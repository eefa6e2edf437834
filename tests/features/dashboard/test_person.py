"""A person's page: learning, done and shown and verified, numbers; and what may be done from there."""

from datetime import date
from uuid import uuid4

import pytest
import time_machine

from lms.db import db
from lms.people import service as people
from tests.factories import make_user
from tests.features.dashboard.samples import words
from tests.features.transfer import stage
from tests.features.transfer.stage import Story


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(stage.MONDAY + 2 * stage.DAY, tick=False):
        yield


@pytest.fixture
def story(cast):
    return Story(cast)


@pytest.mark.parametrize(
    ("who", "status"),
    [("rosa", 200), ("milo", 200), ("vera", 200), ("enid", 200), ("nils", 404), ("otis", 404), ("olga", 404)],
)
def test_who_may_open_it(visit, cast, who, status):
    assert visit(getattr(cast, who)).get(f"/people/{cast.rosa.id}").status_code == status


def test_nobody_signs_in_first_and_an_unknown_person_is_not_found(visit, rosa, enid):
    assert visit().get(f"/people/{rosa.id}").location.startswith("/sign-in")
    assert visit(enid).get(f"/people/{uuid4()}").status_code == 404


def test_it_shows_three_numbers_and_where_the_activity_stands(visit, story, milo):
    story.to_verified()
    said = words(visit(milo).get(f"/people/{story.rep.id}"))
    assert "SDR · North · reports to Milo Hart Rosa Diaz" in said
    assert "0 of 1 chunks and tests" in said
    assert said.count("1 of 1 activities") == 2
    assert "Your call script Verified 1 – Mon, Mar 2" in said


def test_whoever_may_decide_is_led_to_the_review_and_the_rep_to_the_activity(visit, story, cast):
    story.to_review()
    review = f'href="/reviews/{story.activity.id}"'.encode()
    own = f'href="/transfer/{story.enrollment.id}/{stage.STEP}"'.encode()
    page = f"/people/{story.rep.id}"
    assert review in visit(cast.milo).get(page).data
    assert own in visit(story.rep).get(page).data
    assert own in visit(cast.vera).get(page).data
    for person, link in ((cast.milo, review), (cast.vera, own), (story.rep, own)):
        assert visit(person).get(link.decode()[6:-1]).status_code == 200


class TestDelegate:
    @pytest.fixture
    def stand_in(self, cast):
        person = make_user("Pia Stand-In", roles=("manager",))
        on = date(2026, 3, 4)
        at = stage.MONDAY + 2 * stage.DAY
        people.delegate(cast.milo, to=person, starts_on=on, ends_on=on, reason="vacation", by=cast.milo, at=at)
        return person

    def test_sees_the_person_but_neither_record_nor_the_form_to_assign(self, visit, story, stand_in):
        page = visit(stand_in).get(f"/people/{story.rep.id}")
        assert page.status_code == 200
        assert b"/record" not in page.data.partition(b"<main")[2]
        assert b"/enrollments" not in page.data
        assert visit(stand_in).get(f"/people/{story.rep.id}/record").status_code == 404


class TestAssigning:
    def link(self, person) -> bytes:
        return f'href="/people/{person.id}/enrollments"'.encode()

    @pytest.mark.parametrize("who", ["milo", "vera", "enid"])
    def test_whoever_may_assign_is_led_there(self, visit, cast, who):
        browser = visit(getattr(cast, who))
        assert self.link(cast.rosa) in browser.get(f"/people/{cast.rosa.id}").data
        assert browser.get(f"/people/{cast.rosa.id}/enrollments").status_code == 200

    def test_nobody_assigns_to_themselves(self, visit, rosa):
        assert self.link(rosa) not in visit(rosa).get(f"/people/{rosa.id}").data

    def test_who_left_gets_no_course(self, visit, cast):
        cast.rosa.left_on = date(2026, 3, 4)
        db.session.flush()
        page = visit(cast.milo).get(f"/people/{cast.rosa.id}")
        assert "Rosa Diaz left on Wed, Mar 4. What was verified stays on record." in words(page)
        assert self.link(cast.rosa) not in page.data
