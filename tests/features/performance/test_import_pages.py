"""The import as an admin meets it: upload, dry run, application; and every way in which it goes wrong."""

import io
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.db import db
from lms.performance import service
from lms.performance.models import ImportBatch, Reading, StagedImport
from tests.features.performance.samples import sheet

PAGE = "/admin/metrics/import/readings"
pytestmark = pytest.mark.usefixtures("metrics")


def upload(browser, data: bytes, kind: str = "readings", name: str = "weekly.csv"):
    page = f"/admin/metrics/import/{kind}"
    return browser.send(page, {"file": (io.BytesIO(data), name)}, page=page, content_type="multipart/form-data")


def words(answer) -> str:
    return unescape(answer.get_data(as_text=True))


def hidden(answer) -> dict[str, str]:
    """What the form to apply carries."""
    text = words(answer)
    return {name: text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("staged", "values")}


def apply(browser, fields, kind="readings", **more):
    page = f"/admin/metrics/import/{kind}"
    return browser.send(f"{page}/application", {**fields, "source": "CRM", **more}, page=page)


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def file_of_two(rosa) -> bytes:
    return sheet(("person", "starts_on", "calls"), (rosa.email, "2026-03-02", 40), (rosa.email, "2026-03-09", 50))


def test_dry_run_then_apply_then_refused(visit, enid, file_of_two):
    browser = visit(enid)
    staged = upload(browser, file_of_two)
    assert staged.status_code == 303
    report = browser.get(staged.location)
    assert "2 rows: 2 values to add, 0 to correct, 0 as before, for 1 person" in words(report)
    assert (count(Reading), count(ImportBatch)) == (0, 0)
    fields = hidden(report)
    applied = apply(browser, fields)
    assert (applied.status_code, applied.location) == (303, "/admin/metrics")
    assert "Applied weekly.csv: 2 added, 0 corrected, 0 as before." in words(browser.get("/admin/metrics"))
    assert (count(Reading), count(ImportBatch), count(StagedImport)) == (2, 1, 0)
    again = apply(browser, fields)
    assert again.status_code == 409
    assert "This file was applied already" in words(again)
    assert count(Reading) == 2
    assert browser.get(staged.location).status_code == 404


def test_the_same_file_again_has_nothing_to_do(visit, enid, file_of_two):
    browser = visit(enid)
    apply(browser, hidden(browser.get(upload(browser, file_of_two).location)))
    report = browser.get(upload(browser, file_of_two).location)
    assert "There is nothing to change: every value is on record already." in words(report)
    assert 'name="staged"' not in words(report)


def test_a_correction_is_shown_before_and_after(visit, enid, rosa, file_of_two):
    browser = visit(enid)
    apply(browser, hidden(browser.get(upload(browser, file_of_two).location)))
    again = sheet(("person", "starts_on", "calls"), (rosa.email, "2026-03-02", "44.5"))
    report = words(browser.get(upload(browser, again).location))
    assert "0 values to add, 1 to correct" in report
    assert '<td class="num">40</td><td class="num">44.5</td>' in report


def test_a_file_with_problems_shows_them_all_and_offers_no_way_to_apply_it(visit, enid, rosa):
    data = sheet(("person", "starts_on", "calls"), ("r0sa", "2026-03-02", "1e400"), (rosa.email, "someday", 4))
    browser = visit(enid)
    staged = upload(browser, data, name="<b>x</b>.csv")
    report = browser.get(staged.location)
    assert "3 problems. Nothing can be imported until the file is mended." in words(report)
    assert "Nobody is known as “r0sa”." in words(report)
    assert "“someday” is not a date." in words(report)
    assert b"&lt;b&gt;x&lt;/b&gt;.csv" in report.data
    assert 'name="staged"' not in words(report)
    key = db.session.scalar(select(StagedImport.id))
    pressed = apply(browser, {"staged": key, "values": "1"})
    assert (pressed.status_code, count(Reading)) == (303, 0)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "This is not a text file."),
        (b"", "The file is empty."),
        (b'person,starts_on,calls\n"rosa,2026-03-02,4\n', "Look for a quote that is not closed."),
        (b"person,starts_on,calls\n=cmd|' /C calc'!A0,2026-03-02,4\n", "Nobody is known as “=cmd|' /C calc'!A0”."),
        (b"person;starts_on;calls\nnobody;2026-03-02;4\n", "Nobody is known as “nobody”."),
        ("person,starts_on,calls\n<script>,2026-03-02,4\n".encode("utf-16"), "Nobody is known as “<script>”."),
        (b"person,starts_on,calls\n" + b"a" * 200_000 + b",2026-03-02,4\n", "The row cannot be read"),
    ],
    ids=["binary", "empty", "quote", "formula", "semicolon", "utf-16", "huge cell"],
)
def test_hostile_files_get_a_sentence(visit, enid, data, said):
    browser = visit(enid)
    staged = upload(browser, data)
    assert staged.status_code == 303
    assert said in words(browser.get(staged.location))


def test_no_file_is_said_beside_the_field(visit, enid):
    answer = visit(enid).send(PAGE, {}, page=PAGE, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert '<a href="#file">Choose a file first.</a>' in words(answer)


def test_an_unusual_week_is_shown_before_it_is_applied(visit, enid, rosa):
    browser = visit(enid)
    report = words(
        browser.get(upload(browser, sheet(("person", "starts_on", "calls"), (rosa.email, "2026-03-03", 7))).location)
    )
    assert "The file can be applied. Look at 1 remark first" in report
    assert "2026-03-03 is a Tuesday" in report
    assert "The file is clean" not in report
    assert 'name="staged"' in report


def test_what_changed_after_the_dry_run_is_shown_before_it_is_applied(visit, enid, rosa, file_of_two):
    browser = visit(enid)
    first = upload(browser, file_of_two)
    fields = hidden(browser.get(first.location))
    one_row = sheet(("person", "starts_on", "calls"), (rosa.email, "2026-03-02", 40))
    apply(browser, hidden(browser.get(upload(browser, one_row).location)))
    shown = apply(browser, fields)
    assert (shown.status_code, shown.location) == (303, first.location)
    report = browser.get(first.location)
    assert "changed since this dry run" in words(report)
    assert "1 value to add, 0 to correct, 1 as before" in words(report)
    assert apply(browser, hidden(report)).status_code == 303
    assert count(Reading) == 2


def test_a_readings_file_cannot_be_applied_as_targets(visit, enid, file_of_two):
    browser = visit(enid)
    fields = hidden(browser.get(upload(browser, file_of_two).location))
    assert apply(browser, fields, kind="targets").status_code == 409
    assert browser.get(f"/admin/metrics/import/targets?staged={fields['staged']}").status_code == 404


@pytest.mark.parametrize("staged", ["", "x", "0dc8ffc8-6a4e-4b12-8cbd-1c2f4a5cf0f3"])
def test_an_unknown_upload_is_refused_in_words(visit, enid, staged):
    answer = apply(visit(enid), {"staged": staged, "values": "1"})
    assert answer.status_code == 409
    assert "Upload it again" in words(answer)


def test_targets_go_the_same_way(visit, enid, rosa):
    browser = visit(enid)
    data = sheet(("job_role", "metric", "effective_on", "value"), ("sdr", "calls", "2026-01-05", 200))
    report = browser.get(upload(browser, data, "targets", "targets.csv").location)
    assert "1 row: 1 value to add" in words(report)
    assert apply(browser, hidden(report), "targets").status_code == 303
    assert "targets.csv" in words(browser.get("/admin/metrics"))


def test_forgotten_uploads_go_after_a_week(enid):
    at = clock.now()
    service.stage("readings", "old.csv", b"x", by=enid.id, at=at - timedelta(days=8))
    service.stage("readings", "new.csv", b"x", by=enid.id, at=at)
    assert db.session.scalars(select(StagedImport.file_name)).all() == ["new.csv"]


@pytest.mark.parametrize("who", ["rosa", "milo", "vera"])
def test_who_is_not_an_admin_finds_no_such_page(visit, cast, who):
    browser = visit(getattr(cast, who))
    assert browser.get("/admin/metrics").status_code == 404
    assert browser.get(PAGE).status_code == 404
    token = {"csrf_token": browser.token("/")}
    assert browser.post(PAGE, data=token).status_code == 404
    assert browser.post(f"{PAGE}/application", data=token).status_code == 404


def test_nobody_is_sent_to_sign_in(visit):
    assert visit().get(PAGE).location.startswith("/sign-in")
