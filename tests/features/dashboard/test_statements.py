"""An admin browses what the record store holds."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from lms.lrs import credentials, turns
from lms.lrs import service as store
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
        ({"person": "Nobody At All"}, "Nobody is known here as"),
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
        "7 of 10",
        "<dd>no</dd>",
        "5 min",
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


def test_no_statement_breaks_a_page_or_fills_it(visit, enid, session):
    """Days beyond a calendar, endless names, thousands of extensions, megabytes, signs that turn a line round."""
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"
    ids = keep(
        session,
        {"timestamp": first},
        {"timestamp": last},
        {"actor": {"mbox": "mailto:l@example.com", "name": "Long " * 2000}},
        {"object": {"id": "https://example.com/" + "x" * 9000}},
        {"actor": {"objectType": "Group", "member": [{"mbox": f"mailto:a{n}@example.com"} for n in range(300)]}},
        {"result": {"extensions": {f"https://example.com/ext/{n}": n for n in range(3000)}}},
        {"result": {"response": "z" * 1_000_000}},
        {"actor": {"mbox": "mailto:r@example.com", "name": "\u202eyllaer"}},
    )
    browser = visit(enid)
    page = browser.get(LIST)
    assert first in page.text
    assert last in page.text
    assert len(page.text) < 20_000
    for id_ in ids:
        one = browser.get(f"{LIST}/{id_}/stored")
        assert one.status_code == 200
        assert len(one.text) < 170_000
        words = one.text.partition("As JSON")[0]
        assert len(words) < 15_000
        assert "\u202e" not in words
    assert "Too long for a page" in browser.get(f"{LIST}/{ids[6]}/stored").text


def test_it_says_what_happened_and_how_it_went(visit, enid, rosa, session):
    """Days apart from the storing, scores, lengths of time, chosen answers, attachments, and where."""
    question = {
        "id": "https://example.com/question",
        "definition": {
            "name": {"en": "Whom to call"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
            "choices": [
                {"id": "a", "description": {"en": "The buyer"}},
                {"id": "b", "description": {"en": "The user"}},
            ],
        },
    }
    (id_,) = keep(
        session,
        {
            "actor": account(rosa),
            "verb": {"id": "https://example.com/verbs#answered-at-length"},
            "object": question,
            "timestamp": "2024-02-29T12:00:00Z",
            "result": {
                "score": {"scaled": 0.83333, "raw": 1234567.5, "min": 0, "max": 2000000},
                "duration": "PT1H0M3.50S",
                "response": "a[,]b",
            },
            "context": {
                "platform": "Zoom",
                "contextActivities": {"category": [{"id": "https://example.com/kind"}], "other": [COURSE]},
            },
            "attachments": [
                {
                    "usageType": "https://example.com/notes",
                    "display": {"en": "Call notes"},
                    "contentType": "text/plain",
                    "length": 1200,
                    "sha2": "a" * 64,
                    "fileUrl": "https://example.com/notes.txt",
                }
            ],
        },
    )
    browser = visit(enid)
    row = browser.get(LIST).text
    assert "answered-at-length</a>" in row
    assert "1,234,567.5 of 2,000,000 (83.3%)" in row
    assert "Feb 29, 2024" in row
    page = browser.get(f"{LIST}/{id_}/stored").text
    for words in (
        "1 h 3.5 s",
        "The buyer, The user",
        "Zoom",
        "https://example.com/kind",
        "Call notes (text/plain, 1,200 bytes)",
    ):
        assert words in page, words


def test_names_come_from_wherever_the_store_knows_them(visit, enid, rosa, session, app):
    """An activity told of before, the statement that another one is about, and the tool whose key stored it."""
    made = credentials.add("Reporting", at=datetime.now(UTC))  # noqa: TID251 -- the store takes the time itself
    told, nameless = keep(session, {"actor": account(rosa)}, {"object": {"id": COURSE["id"]}})
    reference = {"objectType": "StatementRef", "id": told}
    body = {
        "id": str(uuid4()),
        "actor": {"mbox": "mailto:guest@example.com"},
        "verb": {"id": "https://example.com/verbs/liked"},
        "object": reference,
    }
    by_tool = {"objectType": "Agent", "account": {"homePage": BASE, "name": f"lrs:{made.key}"}}
    store.store([body], at=turns.join(alone=True), authority=by_tool)
    session.commit()
    browser = visit(enid)
    page = browser.get(LIST).text
    assert page.count("A course") == 3
    assert f"“{rosa.name} completed A course”" in page
    one = browser.get(f"{LIST}/{body['id']}/stored").text
    assert f'<a href="{LIST}/{told}/stored">{rosa.name} completed A course</a>' in one
    assert f"Reporting (lrs:{made.key})" in one
    assert "<h1>guest@example.com completed A course</h1>" in browser.get(f"{LIST}/{nameless}/stored").text


def test_whoever_a_statement_shows_can_be_searched_for(visit, enid, rosa, session):
    rosa.left_on = date(2026, 1, 1)
    agents = (
        account(rosa),
        {"mbox": "mailto:ann@example.com"},
        {"openid": "https://id.example.com/zoe"},
        {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},
        {"account": {"homePage": "https://hr.example.com", "name": "4711"}},
    )
    ids = keep(session, *({"actor": agent} for agent in agents))
    browser = visit(enid)
    for id_ in ids:
        page = browser.get(f"{LIST}/{id_}/stored").text
        link = re.search(r'href="([^"]+)">Everything of this person', page)[1].replace("&amp;", "&")
        assert re.findall(r"/([0-9a-f-]{36})/stored", browser.get(link).text) == [id_]
    assert found(browser, person=rosa.name) == ids[:1], "she has left, her statements are here"


def test_what_was_searched_for_stands_above_what_was_found(visit, enid, rosa, session):
    """In a line: on a phone the form itself would hide what was found."""
    keep(session, {"actor": account(rosa)})
    page = visit(enid).get(f"{LIST}?{urlencode({'person': rosa.name, 'since': '2026-01-02', 'related': 'yes'})}").text
    assert f"Searched for person {rosa.name}, stored since 2026-01-02, also where it is only mentioned." in page
    assert '<details class="more"><summary>Change the search' in page
    assert '<details class="more" open>' in visit(enid).get(f"{LIST}?verb=nonsense").text


def test_words_that_two_verbs_share_are_told_apart(visit, enid, session):
    launched, opened = keep(session, {"verb": {"id": Verb.LAUNCHED.value}}, {"verb": {"id": Verb.OPENED.value}})
    browser = visit(enid)
    assert found(browser, verb="opened") == [launched]
    assert found(browser, verb="reopened") == [opened]


def test_as_it_is_kept_to_the_letter(visit, enid, session):
    id_ = str(uuid4())
    text = f'{{"id":"{id_}","actor":{{"mbox":"mailto:a@b.example"}},"verb":{{"id":"https://e.example/v"}},' + (
        '"object":{"id":"https://e.example/o"},"result":{"score":{"raw":1.50E1}}}'
    )
    batch = store.received([json.loads(text)], texts=[text], authority=AUTHORITY)
    store.keep(store.ready(batch), at=turns.join(alone=True), authority=AUTHORITY)
    session.commit()
    file = visit(enid).get(f"{LIST}/{id_}/stored.json")
    assert file.status_code == 200
    assert '"raw":1.50E1' in file.text
    assert f"statement-{id_}.json" in file.headers["Content-Disposition"]


def test_a_voided_one_is_found_by_its_id_only(visit, enid, session):
    (id_,) = keep(session, {})
    (void,) = keep(session, {"verb": {"id": Verb.VOIDED.value}, "object": {"objectType": "StatementRef", "id": id_}})
    browser = visit(enid)
    assert found(browser) == [void]
    page = browser.get(f"{LIST}/{id_}/stored").text
    assert "Voided" in page
    assert f'href="{LIST}/{void}/stored"' in page
    assert "“guest@example.com completed A course”" in browser.get(LIST).text


def test_what_is_not_there(visit, enid, session):
    assert visit(enid).get(f"{LIST}/{uuid4()}/stored").status_code == 404
    assert visit(enid).get(f"{LIST}/{uuid4()}/stored.json").status_code == 404


@pytest.mark.parametrize("who", ["rosa", "milo", "otis", "vera"])
def test_these_pages_do_not_exist_for_others(visit, cast, session, who):
    (id_,) = keep(session, {})
    browser = visit(getattr(cast, who))
    assert browser.get(LIST).status_code == 404
    assert browser.get(f"{LIST}/{id_}/stored").status_code == 404
    assert browser.get(f"{LIST}/{id_}/stored.json").status_code == 404


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
