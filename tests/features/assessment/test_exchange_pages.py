"""Questions come in through a page: dry run, then all of it or nothing, as drafts; and go out as files."""

import base64
import io
import re
import zipfile
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from lms.catalog import bank_queries
from lms.catalog.bank_queries import Wanted
from lms.catalog.models import AssetBlob, ItemFile, ItemLine, ItemVersion, StagedQuestions
from lms.policy.outline import Module
from lms.statements.models import LedgerEntry
from tests.features.learning.samples import chunk, conversation, course, every_type, posttest, publish, single

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
GIFT = b"""::first::Which one?{=This one#Yes ~That one####Because.}

// [tag:objective:elsewhere]
::second::How many?{#3:0.5}

::third::Why?{}

::fourth::Broken {=a ~b
"""
MOODLE = (
    b'<quiz><question type="multichoice"><name><text>shown</text></name><questiontext format="html"><text>'
    b'<![CDATA[<p>What is this? <img src="@@PLUGINFILE@@/a%20map.png" alt="A map"></p>]]></text>'
    b'<file name="a map.png" path="/" encoding="base64">' + base64.b64encode(PNG) + b"</file></questiontext>"
    b'<single>true</single><answer fraction="100"><text>A map</text></answer>'
    b'<answer fraction="0"><text>A list</text></answer></question></quiz>'
)


@pytest.fixture
def version(enid):
    return publish(course(Module("one", "Module one", (chunk("a"), posttest())), key="home"), enid)


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def upload(browser, *files):
    sent = [(io.BytesIO(data), name) for name, data in files]
    answer = browser.send("/admin/items/import", {"files": sent}, page="/admin/items/import")
    assert answer.status_code == 303, text(answer)
    return answer.location


def press(browser, page, **given):
    """The button of the report, with what the form of the page holds."""
    body = browser.get(page).get_data(as_text=True)
    kept = dict(re.findall(r'<input type="hidden" name="(seen_target|seen_next|coming)" value="([^"]*)"', body))
    fields = {"target": kept["seen_target"], "next": kept["seen_next"], **kept, **given}
    return browser.send(page, fields, page=page)


def drafts():
    return bank_queries.search(Wanted(state="draft")).rows


@pytest.mark.parametrize(("who", "status"), [("rosa", 404), ("milo", 404), ("otis", 404), ("enid", 200)])
def test_who_sees_the_pages(visit, cast, version, who, status):
    browser = visit(getattr(cast, who))
    for page in ("/admin/items/import", "/admin/items/export", "/admin/items/export/gift"):
        assert browser.get(page).status_code == status, page


def test_an_upload_belongs_to_whom_it_belongs(visit, cast, session, version):
    page = upload(visit(cast.enid), ("bank.gift", GIFT))
    other = visit(cast.enid)
    assert other.get(page).status_code == 200
    session.execute(StagedQuestions.__table__.update().values(created_by_id=cast.milo.id))
    assert "no longer kept" in text(visit(cast.enid).get(page))


def test_a_dry_run_says_what_becomes_of_each_question(session, visit, enid, version):
    before = session.scalar(select(func.count()).select_from(ItemLine))
    page = upload(visit(enid), ("bank.gift", GIFT))
    body = text(visit(enid).get(page))
    assert "Come in 2" in body
    assert "Refused 2" in body
    assert "bank.gift:4:1" in body, "the line of what is changed"
    assert "Its objective “elsewhere” is not one of the course" in body
    assert "no question of the type “essay”" in body
    assert "Which one?" in body
    assert session.scalar(select(func.count()).select_from(ItemLine)) == before


def test_what_was_looked_at_comes_in_as_drafts_once(session, visit, enid, version):
    browser = visit(enid)
    page = upload(browser, ("bank.gift", GIFT), ("more.csv", b"type,prompt,option_1,weight_1\nshort,Say yes,yes,100\n"))
    assert press(browser, page).status_code == 303
    assert [(row.key, row.state.value, row.objective) for row in drafts()] == [
        ("first", "draft", "know"),
        ("say-yes", "draft", "know"),
        ("second", "draft", "know"),
    ]
    session.expire_all()
    assert session.scalars(select(StagedQuestions)).one().content == b""
    body = browser.get(page)
    assert "Imported: 3 drafts" in text(body)
    for row in drafts():
        assert f"/admin/items/{row.id}" in body.get_data(as_text=True)
    again = browser.send(page, {"target": "home/know"}, page="/admin/items")
    assert again.status_code == 303
    assert "Nothing came in twice" in text(browser.get(again.location))
    assert len(drafts()) == 3
    entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "file_imported")).all()
    assert [dict(one.facts["facts"])["new"] for one in entries] == ["3"]


def test_the_same_again_is_there_already_and_another_wording_gets_its_own_key(visit, enid, version):
    browser = visit(enid)
    press(browser, upload(browser, ("bank.gift", GIFT)))
    page = upload(browser, ("bank.gift", GIFT))
    body = text(browser.get(page))
    assert "Come in 0" in body
    assert "There already 2" in body
    refused = press(browser, page)
    assert refused.status_code == 422
    assert "nothing to import" in text(refused)
    page = upload(browser, ("bank.gift", GIFT.replace(b"Which one", b"Which other")))
    assert press(browser, page).status_code == 303
    assert sorted(row.key for row in drafts()) == ["first", "first-2", "second"]


def test_another_wording_can_be_the_next_version(session, visit, enid, version):
    browser = visit(enid)
    press(browser, upload(browser, ("bank.gift", GIFT)))
    page = upload(browser, ("bank.gift", GIFT.replace(b"Which one", b"Which other")))
    shown_first = press(browser, page, next="yes")
    assert shown_first.status_code == 303
    assert len(drafts()) == 2, "nothing comes in that was not looked at"
    page = f"{page}?target=home/know&next=yes"
    assert press(browser, page).status_code == 303
    assert {row.key: row.number for row in drafts()} == {"first": 2, "second": 1}


def test_a_bank_that_changed_since_is_shown_again(visit, enid, version):
    browser = visit(enid)
    first, second = upload(browser, ("a.gift", GIFT)), upload(browser, ("b.gift", GIFT))
    body = browser.get(second).get_data(as_text=True)
    kept = dict(re.findall(r'<input type="hidden" name="(seen_target|seen_next|coming)" value="([^"]*)"', body))
    press(browser, first)
    answer = browser.send(second, {"target": kept["seen_target"], "next": "no", **kept}, page=second)
    assert answer.status_code == 303
    assert "The bank changed since this dry run" in text(browser.get(answer.location))
    assert len(drafts()) == 2


def test_pictures_come_along(session, visit, enid, version):
    browser = visit(enid)
    page = upload(browser, ("bank.xml", MOODLE))
    shown = re.search(r'<img src="(/admin/items/imports/[^"]+)" alt="A map"', browser.get(page).get_data(as_text=True))
    assert browser.get(shown[1]).get_data() == PNG
    press(browser, page)
    assert session.scalars(select(ItemFile.path)).all() == ["assets/shown-a-map.png"]
    assert PNG in {bytes(data) for data in session.scalars(select(AssetBlob.data))}
    (row,) = drafts()
    body = browser.get(f"/admin/items/{row.id}").get_data(as_text=True)
    kept = re.search(r'<img src="(/admin/items/[^"]+/versions/[^"]+)" alt="A map"', body)
    answer = browser.get(kept[1])
    assert (answer.get_data(), answer.headers["Content-Type"]) == (PNG, "image/png")
    assert browser.get(shown[1]).status_code == 404, "the upload is gone"
    with zipfile.ZipFile(io.BytesIO(browser.get("/admin/items/export/course?state=draft").get_data())) as packed:
        assert packed.read("assets/shown-a-map.png") == PNG
        assert b"![A map](assets/shown-a-map.png)" in packed.read("items.yaml")
    assert PNG[:20] in base64.b64decode(
        re.search(rb'encoding="base64">([^<]+)<', browser.get("/admin/items/export/moodle-xml?state=draft").data)[1]
    )


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("big.xml", b"<quiz>" + b" " * 30_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.gift", b"", "The file is empty."),
        ("bomb.zip", bomb(), "times its packed size"),
        ("torn.zip", b"PK\x03\x04torn", "not a zip that can be read"),
        ("torn.xml", b"<quiz><question", "torn.xml:1"),
        ("bytes.gift", b"\xff\xfe\x00\x81\x00", "neither text nor XML"),
        ("old.xml", b"<questestinterop/>", "QTI 1.2"),
        ("page.html", b"<html></html>", "web page"),
    ],
)
def test_files_that_hold_no_questions_say_why(visit, enid, version, name, data, said):
    browser = visit(enid)
    page = upload(browser, (name, data))
    assert said in text(browser.get(page))
    assert press(browser, page).status_code == 422
    assert drafts() == ()


def test_nothing_chosen_and_too_many_files(visit, enid, version):
    browser = visit(enid)
    page = "/admin/items/import"
    assert "Choose one or more files first." in text(browser.send(page, {}, page=page))
    many = [(io.BytesIO(b"x"), f"{n}.gift") for n in range(21)]
    assert "20 at a time" in text(browser.send(page, {"files": many}, page=page))


def test_without_a_course_there_is_nowhere_to_go(visit, enid):
    browser = visit(enid)
    page = upload(browser, ("bank.gift", GIFT))
    assert "No course is published" in text(browser.get(page))


def test_the_bank_goes_out_in_every_format(session, visit, enid):
    items = (*every_type(), conversation())
    publish(course(Module("one", "Module one", (replace(posttest(), items=items),)), key="types"), enid)
    browser = visit(enid)
    body = text(browser.get("/admin/items/export"))
    assert f"Export {len(items)} questions" in body
    assert "what it asks next depends on what was answered" in body
    for form in ("gift", "moodle-xml", "qti-3.0", "qti-2.2", "csv", "course"):
        answer = browser.get(f"/admin/items/export/{form}")
        assert answer.status_code == 200, form
        assert "attachment" in answer.headers["Content-Disposition"]
    assert browser.get("/admin/items/export/docx").status_code == 404
    assert browser.get("/admin/items/export/gift?words=nowhere").status_code == 404


def test_what_goes_out_as_items_of_a_course_comes_in_as_the_same(session, visit, enid):
    """Everything but the conversation by way of Moodle; all of it as items of a course."""
    publish(course(Module("one", "Module one", (replace(posttest(), items=(single("q"),)),)), key="there"), enid)
    browser = visit(enid)
    page = upload(browser, ("bank.xml", browser.get("/admin/items/export/moodle-xml").data))
    assert "There already 1" in text(browser.get(page))
    assert session.scalar(select(func.count()).select_from(ItemVersion)) == 1
