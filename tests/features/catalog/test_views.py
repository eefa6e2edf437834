"""The pages of authors: who may see them, the report before publishing, all or nothing."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lms.catalog import queries, service
from lms.catalog.models import CourseVersion, StagedBundle
from lms.policy.outline import Edition
from tests.factories import make_user
from tests.features.catalog.bundles import loaded, replaced, small
from tests.features.catalog.test_zip import packed

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PUBLISH = "/admin/courses/publish"


@pytest.fixture
def version(session, enid):
    found = loaded(small())
    return service.publish(found.course, found.assets, change_class="substantive", by=enid, at=AT, note="First")


def text(response) -> str:
    return response.get_data(as_text=True)


def upload(client, files: dict[str, bytes]):
    data = {"file": (packed(files), "course.zip"), "csrf_token": client.token(PUBLISH)}
    return client.post(PUBLISH, data=data, content_type="multipart/form-data")


def test_only_authors_see_any_of_it(visit, cast, version):
    pages = [
        "/admin/courses",
        PUBLISH,
        f"/admin/courses/{version.id}",
        f"/admin/courses/{version.id}/steps/first/why",
        f"/admin/courses/{version.id}/assets/first/assets/line.svg",
        f"{PUBLISH}/{uuid4()}",
    ]
    for page in pages:
        assert visit(None).get(page).status_code in {302, 303}
        for person in (cast.rosa, cast.milo, cast.vera):
            assert visit(person).get(page).status_code == 404, page


def test_the_list_shows_the_newest_version_of_each_course(visit, enid, version):
    page = text(visit(enid).get("/admin/courses"))
    assert "A small course" in page
    assert f"/admin/courses/{version.id}" in page


def test_an_empty_list_teaches(visit, enid):
    assert "No course is published yet" in text(visit(enid).get("/admin/courses"))


def test_one_version_in_full(visit, enid, version):
    page = text(visit(enid).get(f"/admin/courses/{version.id}"))
    for words in (
        "Everything that the format has, once.",
        "Nobody knows whether the loader works.",
        "Opens at once.",
        "Opens when “The first module” is finished.",
        "Passed with 80 percent. 3 attempts, 24 hours apart, 15 minutes each.",
        "Passed at the test-out bar it waives chunks and post-test",
        "when the manager has confirmed the reported numbers",
        "No manager’s edition is published yet",
        "This is the first version.",
        "Enid Shaw",
    ):
        assert words in page, words
    assert visit(enid).get(f"/admin/courses/{uuid4()}").status_code == 404


def test_what_changed_against_the_version_before(visit, session, enid, version):
    found = loaded(replaced(small(), "01-first/posttest.yaml", "pass_percent: 80", "pass_percent: 70"))
    second = service.publish(found.course, found.assets, change_class="substantive", by=enid, at=AT, note="Lower")
    page = text(visit(enid).get(f"/admin/courses/{second.id}"))
    assert "What changed since version 1" in page
    assert "bar to pass" in page
    assert "changes what is learned, asked or required" in page
    assert f'href="/admin/courses/{version.id}"' in page


def test_every_step_can_be_looked_at(visit, enid, version):
    client = visit(enid)
    for key in queries.course(version.id).steps:
        response = client.get(f"/admin/courses/{version.id}/steps/{key}")
        assert response.status_code == 200, key
    page = text(client.get(f"/admin/courses/{version.id}/steps/first/why"))
    picture = f"/admin/courses/{version.id}/assets/first/assets/line.svg"
    assert f'src="{picture}"' in page
    answer = client.get(picture)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get(picture, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get(picture.replace("line", "other")).status_code == 404
    assert f'href="/admin/courses/{version.id}/steps/first/how"' in page
    assert "popovertarget" in page
    assert client.get(f"/admin/courses/{version.id}/steps/first/nothing").status_code == 404


def test_a_good_upload_is_reported_then_published(visit, session, enid):
    client = visit(enid)
    answer = upload(client, small())
    assert answer.status_code == 303
    report = answer.location
    page = text(client.get(report))
    assert "“A small course” can be published" in page
    assert session.scalar(select(func.count()).select_from(CourseVersion)) == 0
    assert "What kind of change" not in page, "version 1 changes nothing"
    done = client.send(report, {"note": "The first one"}, page=report)
    assert done.status_code == 303
    row = queries.latest_version("small")
    assert row is not None
    assert done.location.endswith(f"/admin/courses/{row.id}")
    assert row.note == "The first one"
    assert "version 1" in text(client.get(done.location))
    assert session.scalar(select(func.count()).select_from(StagedBundle)) == 0
    again = client.post(report, data={"csrf_token": client.token(PUBLISH)})
    assert again.status_code == 404
    assert "no longer kept" in text(again)


def test_a_broken_upload_is_reported_whole_and_publishes_nothing(visit, session, enid):
    files = replaced(small(), "01-first/posttest.yaml", "attempts: 3", "attempts: 0")
    files = replaced(files, "01-first/10-why.md", "[[crm]]", "[[crn]]")
    client = visit(enid)
    report = upload(client, files).location
    page = text(client.get(report))
    assert "2 problems in the course" in page
    assert "01-first/posttest.yaml" in page
    assert "no attempt is allowed" in page
    assert "<code>[[crn]]</code> is no term of the glossary" in page
    assert "<form" not in page.split('id="main"')[1].split("</main>")[0]
    forced = client.post(report, data={"change_class": "cosmetic", "csrf_token": client.token(PUBLISH)})
    assert forced.status_code == 422
    assert session.scalar(select(func.count()).select_from(CourseVersion)) == 0


def test_the_report_says_what_differs_and_suggests_a_class(visit, enid, version):
    client = visit(enid)
    files = replaced(small(), "01-first/10-why.md", "So say", "Say")
    page = text(client.get(upload(client, files).location))
    assert "What differs from version 1" in page
    assert "clarifying seems right" in page
    assert 'value="clarifying" checked' in page or 'checked id="change_class-1"' in page
    assert "Publish version 2" in page


def test_the_same_again_is_nothing_to_publish(visit, session, enid, version):
    client = visit(enid)
    report = upload(client, small()).location
    page = text(client.get(report))
    assert "Version 1 has the very same content." in page
    assert "Publish version" not in page
    done = client.post(report, data={"change_class": "cosmetic", "note": "", "csrf_token": client.token(PUBLISH)})
    assert "Nothing new: version 1 has the very same content." in text(client.get(done.location))
    assert session.scalar(select(func.count()).select_from(CourseVersion)) == 1


def test_what_was_typed_survives_a_refusal(visit, session, enid):
    course = loaded(small()).course
    assert course is not None
    files = replaced(small(), "course.yaml", "key: small", "key: small-m\nedition: manager\nedition_of: nowhere")
    client = visit(enid)
    report = upload(client, files).location
    answer = client.send(report, {"change_class": "clarifying", "note": "My words"}, page=report)
    assert answer.status_code == 422
    assert "Publish nowhere first" in text(answer)
    assert "My words" in text(answer)
    too_long = client.send(report, {"change_class": "clarifying", "note": "x" * 501}, page=report)
    assert too_long.status_code == 422
    assert "500 characters are the most" in text(too_long)


def test_an_upload_without_a_file_or_of_something_else(visit, enid):
    client = visit(enid)
    nothing = client.send(PUBLISH, {}, page=PUBLISH)
    assert nothing.status_code == 422
    assert "Choose a zip file" in text(nothing)
    data = {"file": (io.BytesIO(b"hello"), "x.zip"), "csrf_token": client.token(PUBLISH)}
    report = client.post(PUBLISH, data=data, content_type="multipart/form-data").location
    assert "not a zip that can be read" in text(client.get(report))


def test_a_shipped_course_can_be_chosen_and_no_other_folder(visit, enid):
    client = visit(enid)
    answer = client.send(PUBLISH, {"folder": "appointment-setting"}, page=PUBLISH)
    assert answer.status_code == 303
    assert "Appointment setting" in text(client.get(answer.location))
    for name in ("../instance", "/etc", "nothing"):
        assert client.send(PUBLISH, {"folder": name}, page=PUBLISH).status_code == 422


def test_another_authors_upload_is_not_mine(visit, session, enid):
    client = visit(enid)
    report = upload(client, small()).location
    other = make_user("Ada North", roles=("author",))
    assert visit(other).get(report).status_code == 404


def test_the_edition_is_shown_on_both_sides(visit, session, enid, version):
    found = loaded(small())
    edition = replace(found.course, key="small-m", title="For managers", edition=Edition.MANAGER, edition_of="small")
    published = service.publish(edition, found.assets, change_class="substantive", by=enid, at=AT)
    assert "Its manager’s edition is For managers." in text(visit(enid).get(f"/admin/courses/{version.id}"))
    assert "Manager’s edition of A small course." in text(visit(enid).get(f"/admin/courses/{published.id}"))
