"""An admin browses what the record store holds."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from lms.lrs import service as store
from lms.lrs import turns
from lms.lrs.queries import walks
from lms.statements import build, home
from lms.statements.vocabulary import Verb
from tests.features.statements.samples import EVENTS

LIST = "/admin/statements"
BASE = "http://localhost"
AUTHORITY = {"objectType": "Agent", "account": {"homePage": BASE, "name": "lrs:other"}}
COURSE = {"id": "https://example.com/course", "definition": {"name": {"de": "Ein Kurs", "en-US": "A course"}}}
REGISTRATION = "6b7c8a52-5d2c-4f0e-9d55-0d1a7c8f4f11"


def account(person) -> dict:
    return {"account": {"homePage": BASE, "name": str(person.id)}}


def keep(session, *statements) -> list[str]:
    ids = []
    for statement in statements:
        body = {
            "id": str(uuid4()),
            "actor": {"mbox": "mailto:guest@example.com"},
            "verb": {"id": Verb.COMPLETED.value, "display": {"en-US": "completed"}},
            "object": COURSE,
            **statement,
        }
        store.store([body], at=turns.join(alone=True), authority=AUTHORITY)
        session.commit()
        ids.append(body["id"])
    return ids


def found(browser, **asked) -> list[str]:
    page = browser.get(f"{LIST}?{urlencode(asked)}")
    assert page.status_code == 200, page.text
    return re.findall(r"/admin/statements/([0-9a-f-]{36})/stored", page.text)


def test_before_anything_was_told(visit, enid, session):
    assert "No statement yet" in visit(enid).get(LIST).text


def test_newest_first_with_names(visit, enid, rosa, session):
    first, second, third = keep(
        session,
        {"actor": account(rosa)},
        {"verb": {"id": "https://example.com/verbs/looked-at"}, "object": {"id": "https://example.com/unnamed"}},
        {"actor": {"objectType": "Group", "member": [account(rosa), {"mbox": "mailto:a@b.example", "name": "Ann"}]}},
    )
    browser = visit(enid)
    assert found(browser) == [third, second, first]
    page = browser.get(LIST).text
    assert f">{rosa.name} completed</a>" in page
    assert "A course" in page
    assert ">guest@example.com looked-at</a>" in page
    assert "https://example.com/unnamed" in page
    assert f"{rosa.name}, Ann (a@b.example)" in page


def test_by_each_filter_and_by_several(visit, enid, rosa, milo, session):
    by_rosa, by_guest, about = keep(
        session,
        {"actor": account(rosa), "context": {"registration": REGISTRATION}},
        {"verb": {"id": Verb.PASSED.value}},
        {
            "object": {"id": "https://example.com/module"},
            "context": {
                "instructor": account(rosa),
                "contextActivities": {"parent": [COURSE]},
            },
        },
    )
    browser = visit(enid)
    assert found(browser, person=rosa.name) == [by_rosa]
    assert found(browser, person=rosa.email.upper()) == [by_rosa]
    assert found(browser, person=str(rosa.id)) == [by_rosa]
    assert found(browser, person=rosa.name, related="yes") == [about, by_rosa]
    assert found(browser, person="guest@example.com") == [about, by_guest]
    assert found(browser, person=milo.name) == []
    assert found(browser, verb="passed") == [by_guest]
    assert found(browser, verb=Verb.PASSED.value) == [by_guest]
    assert found(browser, activity=COURSE["id"]) == [by_guest, by_rosa]
    assert found(browser, activity=COURSE["id"], related="yes") == [about, by_guest, by_rosa]
    assert found(browser, registration=REGISTRATION) == [by_rosa]
    assert found(browser, person="guest@example.com", verb="passed") == [by_guest]


def test_days_are_whole_and_the_readers(visit, enid, session):
    (id_,) = keep(session, {})
    browser = visit(enid)
    today = datetime.now(UTC).date()  # noqa: TID251 -- the store takes the time itself
    day = timedelta(days=1)
    assert found(browser, since=today - day, until=today + day) == [id_]
    assert found(browser, since=today + 2 * day) == []
    assert found(browser, until=today - 2 * day) == []


def test_pages(visit, enid, session):
    ids = keep(session, *({} for _ in range(53)))
    browser = visit(enid)
    first = found(browser)
    assert first == ids[:2:-1]
    link = re.search(r'rel="next" href="([^"]+)"', browser.get(LIST).text)[1].replace("&amp;", "&")
    keep(session, {})
    second = browser.get(link)
    assert re.findall(r"/([0-9a-f-]{36})/stored", second.text) == ids[2::-1], "stable while others write"
    assert "Newest" in second.text


def test_a_search_that_is_not_at_its_end_is_not_said_to_have_found_nothing(visit, enid, session, monkeypatch):
    monkeypatch.setattr(walks, "STEPS", 4)
    here, there = {"actor": {"mbox": "mailto:x@example.com"}}, {"context": {"registration": REGISTRATION}}
    keep(session, *[here, there] * 4)
    asked = {"person": "x@example.com", "registration": REGISTRATION}
    browser = visit(enid)
    page = browser.get(f"{LIST}?{urlencode(asked)}").text
    assert "Nothing found so far" in page
    while link := re.search(r'rel="next" href="([^"]+)"', page):
        page = browser.get(link[1].replace("&amp;", "&")).text
    assert "No statement in the store answers all of this" in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"person": "Nobody At All"}, "Nobody here has"),
        ({"verb": "frobnicated"}, "is no verb"),
        ({"activity": "not an iri"}, "is no address of an activity"),
        ({"registration": "12"}, "is no registration"),
        ({"since": "soon"}, "is no day"),
        ({"until": "9999-12-31"}, "is no day"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_said_at_its_field(visit, enid, session, asked, said):
    keep(session, {})
    page = visit(enid).get(f"{LIST}?{urlencode(asked)}")
    assert page.status_code == 422
    assert said in page.text
    assert next(iter(asked.values())) in page.text
    assert "/stored" not in page.text


@pytest.mark.parametrize("after", ["x", "-5", "0", "9" * 18, "9" * 40])
def test_a_page_that_nobody_leads_to_is_no_failure(visit, enid, session, after):
    keep(session, {})
    assert visit(enid).get(f"{LIST}?after={after}").status_code == 200


def test_one_statement_in_words_and_as_it_is(visit, enid, rosa, milo, session):
    (id_,) = keep(
        session,
        {
            "actor": account(rosa),
            "result": {"score": {"raw": 7, "max": 10}, "success": False, "duration": "PT5M", "response": "<b>bold</b>"},
            "context": {
                "registration": REGISTRATION,
                "instructor": account(milo),
                "contextActivities": {"parent": [COURSE]},
                "extensions": {
                    "https://example.com/ext/attempt-number": 2,
                    "https://example.com/ext/odd": [1],
                    "https://example.com/ext/witness": account(enid),
                },
            },
        },
    )
    browser = visit(enid)
    page = browser.get(f"{LIST}/{id_}/stored").text
    for words in (
        "raw 7, max 10",
        "<dd>no</dd>",
        "PT5M",
        "&lt;b&gt;bold",
        milo.name,
        "Attempt number",
        "lrs:other",
        enid.name,
    ):
        assert words in page, words
    assert "&#34;registration&#34;" in page
    assert "Where it was delivered" not in page, "another tool wrote it"
    assert f"registration={REGISTRATION}" in page


def test_a_voided_one_is_found_by_its_id_only(visit, enid, session):
    (id_,) = keep(session, {})
    (void,) = keep(session, {"verb": {"id": Verb.VOIDED.value}, "object": {"objectType": "StatementRef", "id": id_}})
    browser = visit(enid)
    assert found(browser) == [void]
    assert "Voided" in browser.get(f"{LIST}/{id_}/stored").text
    assert f"statement {id_}" in browser.get(LIST).text


def test_what_is_not_there(visit, enid, session):
    assert visit(enid).get(f"{LIST}/{uuid4()}/stored").status_code == 404


@pytest.mark.parametrize("who", ["rosa", "milo", "otis", "vera"])
def test_these_pages_do_not_exist_for_others(visit, cast, session, who):
    (id_,) = keep(session, {})
    browser = visit(getattr(cast, who))
    assert browser.get(LIST).status_code == 404
    assert browser.get(f"{LIST}/{id_}/stored").status_code == 404


def test_the_list_costs_the_same_however_long_it_is(visit, enid, rosa, milo, session, count_statements):
    browser = visit(enid)

    def cost() -> int:
        session.expunge_all()
        count_statements.statements.clear()
        browser.get(LIST)
        return len(count_statements)

    keep(session, {"actor": account(rosa)})
    one = cost()
    keep(session, *({"actor": account(who)} for who in (rosa, milo) * 10))
    assert cost() == one


def test_no_address_stands_in_what_we_tell(visit, enid, session):
    """Ours carry accounts only: the browser puts the names to them."""
    text = json.dumps([build.statements(event, home.current()) for event in EVENTS])
    assert "mbox" not in text
    assert "mailto" not in text
