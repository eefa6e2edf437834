"""What an admin sees of deliveries, and may do about them."""

import dataclasses
import json
import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.statements import delivery, home, ledger, queries
from lms.statements.models import Delivery, DeliveryTarget, LedgerEntry, OwedStatement
from lms.statements.transport import EmbeddedTransport
from tests.features.statements.samples import WORDS, sample

AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
PAGE = "/admin/deliveries"


@pytest.fixture
def parked(session) -> int:
    """The number of a delivery that the embedded store refused."""
    session.add(DeliveryTarget(key="embedded"))
    session.flush()
    ledger.record(sample("worksheet_submitted"))
    row = session.scalars(select(OwedStatement)).one()
    body = json.loads(row.body)
    row.body = json.dumps({**body, "verb": {"id": body["verb"]["id"], "display": "submitted"}})
    session.commit()
    assert delivery.deliver_due("embedded", EmbeddedTransport(home.current()), at=AT).parked == 1
    return row.seq


def test_before_anything_happened_the_page_says_what_will_be_here(visit, enid):
    page = visit(enid).get(PAGE)
    assert page.status_code == 200
    assert "No store yet" in page.text
    assert "Nothing was recorded yet" in page.text


def test_the_page_shows_backlog_and_refusals(visit, enid, session, parked):
    ledger.record(sample("module_completed"))
    page = visit(enid).get(PAGE).text
    assert "Built-in store" in page
    assert "statement.verb.display: must be an object" in page
    assert "The first words" in page
    assert WORDS not in page
    assert "Module completed" in visit(enid).get(f"{PAGE}?state=owed").text
    assert "Module completed" not in visit(enid).get(f"{PAGE}?state=parked").text


def test_more_than_a_page_can_be_leafed_through(visit, enid, session):
    session.add(DeliveryTarget(key="embedded"))
    session.flush()
    for number in range(35):
        ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number))
    browser = visit(enid)
    first = browser.get(PAGE)
    seq = session.scalars(select(Delivery.seq).order_by(Delivery.seq.desc()).offset(24).limit(1)).one()
    assert f"before={seq}" in first.text
    second = browser.get(f"{PAGE}?before={seq}")
    assert second.text.count("/admin/statements/") == 10


def test_a_page_may_end_between_two_stores_of_one_statement(visit, enid, session):
    """An odd number of lines a page, two stores: each line stands on one page, and none is left out."""
    session.add_all([DeliveryTarget(key="embedded"), DeliveryTarget(key="own-second", origin="page", name="Second")])
    session.flush()
    for number in range(30):
        ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number))
    browser = visit(enid)
    seen, address = [], PAGE
    while address:
        text = browser.get(address).text
        rows = re.findall(r'/admin/statements/([0-9a-f-]{36})".*?</tr>', text, re.S)
        seen += zip(rows, re.findall(r"<td>(Built-in store|Second)</td>", text), strict=True)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following and following[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 60


def test_sending_again_is_noted_and_owed_at_once(visit, enid, session, parked):
    browser = visit(enid)
    answer = browser.send(f"{PAGE}/{parked}/embedded", page=PAGE)
    assert answer.status_code == 303
    row = session.get(Delivery, (parked, "embedded"), populate_existing=True)
    assert (row.state, row.error) == ("owed", "")
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "statement_resent")).one()
    assert entry.actor_id == enid.id
    assert entry.facts["target"] == "embedded"
    assert "sends it again" in browser.get(PAGE).text
    # A second click is a second act, and does no harm.
    assert browser.send(f"{PAGE}/{parked}/embedded", page=PAGE).status_code == 303


def test_one_statement_readable_and_as_it_is(visit, enid, session, parked):
    row = session.scalars(select(OwedStatement)).one()
    page = visit(enid).get(f"/admin/statements/{row.id}")
    assert page.status_code == 200
    assert "Rosa Diaz submitted “The first words”" in page.text
    assert "contextActivities" in page.text
    assert "Send again" in page.text


def test_a_reference_is_read_as_one(visit, enid, session):
    id_ = ledger.record(sample("results_confirmed"))
    assert "Milo Hart verified statement" in visit(enid).get(f"/admin/statements/{id_}").text


def test_what_is_not_there(visit, enid, session):
    browser = visit(enid)
    assert browser.get(f"/admin/statements/{uuid4()}").status_code == 404
    assert browser.send(f"{PAGE}/9999/embedded", page=PAGE).status_code == 404
    assert browser.get(f"{PAGE}?before=x&state=y").status_code == 200


@pytest.mark.parametrize("who", ["rosa", "milo", "otis", "vera"])
def test_these_pages_do_not_exist_for_others(visit, cast, session, parked, who):
    browser = visit(getattr(cast, who))
    row = session.scalars(select(OwedStatement)).one()
    assert browser.get(PAGE).status_code == 404
    assert browser.get(f"/admin/statements/{row.id}").status_code == 404
    assert browser.send(f"{PAGE}/{parked}/embedded", page="/account").status_code == 404
    assert queries.delivery(parked, "embedded").state == "parked"


def test_nobody_is_asked_to_sign_in(visit, session):
    assert visit(None).get(PAGE).status_code in {302, 303}


def test_the_number_of_queries_does_not_grow(visit, enid, session, count_statements):
    session.add(DeliveryTarget(key="embedded"))
    session.flush()

    def cost() -> int:
        browser = visit(enid)
        session.expunge_all()
        count_statements.statements.clear()
        browser.get(PAGE)
        return len(count_statements)

    ledger.record(sample("chunk_completed"))
    one = cost()
    for number in range(1, 40):
        ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number))
    assert cost() == one


def test_anyone_may_read_what_our_words_mean(app, session):
    answer = app.test_client().get("/xapi/profile")
    assert answer.status_code == 200
    assert answer.mimetype == "application/ld+json"
    assert answer.get_json(force=True)["type"] == "Profile"
