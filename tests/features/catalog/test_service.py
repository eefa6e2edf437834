"""Publishing: versions, the same content again, going back, editions, assets once, two at once."""

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lms.app import create_app
from lms.catalog import queries, service
from lms.catalog.document import digest, to_document
from lms.catalog.models import AssetBlob, CourseLine, CourseVersion
from lms.db import db
from lms.errors import RuleViolation
from lms.policy.outline import Edition
from lms.statements.models import LedgerEntry, OwedStatement
from tests.conftest import make_settings, new_postgres
from tests.factories import make_user
from tests.features.catalog.bundles import loaded, small

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def bundle():
    found = loaded(small())
    assert found.course is not None
    return found


def publish(bundle, enid, course=None, **changes):
    values = {"change_class": "substantive", "by": enid, "at": AT, "note": "First"} | changes
    return service.publish_or_find(course or bundle.course, bundle.assets, **values)


def test_the_first_version_makes_the_line(session, enid, bundle):
    done = publish(bundle, enid)
    assert done.is_new
    row = queries.latest_version("small")
    assert row is not None
    assert (row.number, row.title, row.edition, row.change_class, row.note) == (
        1,
        "A small course",
        Edition.REP,
        "substantive",
        "First",
    )
    assert (row.published_by_id, row.published_at) == (enid.id, AT)
    assert row.digest == digest(to_document(bundle.course))
    assert queries.course(row.id) == bundle.course
    assert queries.version(row.id) == row
    assert [line.key for line in queries.lines()] == ["small"]


def test_the_same_content_again_is_the_same_version(session, enid, bundle):
    first = publish(bundle, enid)
    again = publish(bundle, enid, change_class="cosmetic", note="Again")
    assert not again.is_new
    assert again.version.id == first.version.id
    assert session.scalar(select(func.count()).select_from(CourseVersion)) == 1
    assert session.scalar(select(func.count()).where(LedgerEntry.kind == "course_published")) == 1
    assert service.publish(bundle.course, bundle.assets, change_class="cosmetic", by=enid, at=AT).id == first.version.id


def test_a_change_is_the_next_version_and_the_old_one_stays(session, enid, bundle):
    first = publish(bundle, enid).version
    changed = replace(bundle.course, title="A better title")
    second = publish(bundle, enid, changed, change_class="clarifying").version
    assert (second.number, second.line_id) == (2, first.line_id)
    assert queries.course(first.id).title == "A small course"
    assert queries.course(second.id).title == "A better title"
    assert [row.title for row in queries.versions(first.line_id)] == ["A better title", "A small course"]
    assert [row.number for row in queries.latest_versions()] == [2]
    assert [line.title for line in queries.lines()] == ["A better title"]


def test_going_back_to_an_older_content_is_a_new_version(session, enid, bundle):
    publish(bundle, enid)
    publish(bundle, enid, replace(bundle.course, title="Other"))
    back = publish(bundle, enid)
    assert (back.is_new, back.version.number) == (True, 3)


def test_assets_are_kept_once(session, enid, bundle):
    first = publish(bundle, enid).version
    publish(bundle, enid, replace(bundle.course, title="Other"))
    publish(bundle, enid, replace(bundle.course, key="copy"))
    assert session.scalar(select(func.count()).select_from(AssetBlob)) == len(bundle.assets)
    row = queries.asset(first.id, "first/assets/line.svg")
    assert row is not None
    assert row.media_type == "image/svg+xml"
    assert row.data == small()["01-first/assets/line.svg"]
    assert queries.asset(first.id, "first/assets/other.svg") is None
    assert queries.asset(first.id, "../course.yaml") is None
    assert queries.asset(uuid4(), "first/assets/line.svg") is None


def test_the_ledger_says_who_published_what(session, enid, bundle):
    version = publish(bundle, enid, note="Because").version
    [entry] = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "course_published"))
    assert (entry.actor_id, entry.record_id, entry.title, entry.reason) == (
        enid.id,
        version.id,
        "A small course",
        "Because",
    )
    assert session.scalar(select(func.count()).select_from(OwedStatement)) == 0, "ledger only"


def test_a_managers_edition_joins_its_rep_course(session, enid, bundle):
    edition = replace(bundle.course, key="small-manager", edition=Edition.MANAGER, edition_of="small")
    with pytest.raises(RuleViolation) as refused:
        publish(bundle, enid, edition)
    assert refused.value.code == "rep_course_not_published"
    rep = publish(bundle, enid).version
    assert queries.edition_line(rep.line_id) is None
    publish(bundle, enid, edition)
    line = queries.edition_line(rep.line_id)
    assert line is not None
    assert (line.key, line.edition_of_id) == ("small-manager", rep.line_id)


def test_an_objective_of_an_earlier_course_is_taught_there(session, enid, bundle):
    asked, *others = bundle.course.objectives
    again = replace(bundle.course, key="again", objectives=(replace(asked, of="small"), *others))
    with pytest.raises(RuleViolation) as refused:
        publish(bundle, enid, again)
    assert (refused.value.code, refused.value.facts["objective"]) == ("carried_objective_unknown", asked.key)
    publish(bundle, enid)
    assert publish(bundle, enid, again).is_new
    elsewhere = replace(again, objectives=(asked, replace(others[0], key="new", of="small"), *others[1:]))
    with pytest.raises(RuleViolation, match="carried_objective_unknown"):
        publish(bundle, enid, elsewhere)


def test_an_edition_cannot_change(session, enid, bundle):
    publish(bundle, enid)
    publish(bundle, enid, replace(bundle.course, key="other"))
    with pytest.raises(RuleViolation) as refused:
        publish(bundle, enid, replace(bundle.course, key="other", edition=Edition.MANAGER, edition_of="small"))
    assert refused.value.code == "edition_is_fixed"


def test_an_unknown_class_or_foreign_assets_are_refused(session, enid, bundle):
    with pytest.raises(RuleViolation, match="change_class_unknown"):
        publish(bundle, enid, change_class="huge")
    with pytest.raises(RuleViolation, match="assets_do_not_match"):
        service.publish(bundle.course, {}, change_class="cosmetic", by=enid, at=AT)
    assert session.scalar(select(func.count()).select_from(CourseLine)) == 0


def test_a_version_is_read_once_per_process(session, enid, bundle, count_statements):
    version_id = publish(bundle, enid).version.id
    course = queries.course(version_id)
    queries.version(version_id)
    count_statements.statements.clear()
    assert queries.course(version_id) is course
    assert queries.version(version_id) is queries.version(version_id)
    assert len(count_statements) == 0


def test_a_version_that_does_not_exist(session):
    assert queries.find_course(uuid4()) is None
    assert queries.version(uuid4()) is None
    assert queries.latest_version("nothing") is None
    with pytest.raises(LookupError):
        queries.course(uuid4())


@pytest.fixture
def own_app(tmp_path, database_url):
    """An application with a database of its own: threads need real connections and real commits."""
    if database_url.startswith("sqlite"):
        yield from _own(f"sqlite:///{tmp_path / 'own.db'}", tmp_path)
    else:
        with new_postgres(os.environ["TEST_POSTGRES_URL"]) as url:
            yield from _own(url, tmp_path)


def _own(url, tmp_path):
    app = create_app(make_settings(url, tmp_path / "instance"))
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_many_at_once_get_one_number_each(own_app, bundle):
    """Six threads publish three contents, twice each: one line, three versions or more, no number twice, no error."""
    with own_app.app_context():
        enid = make_user("Enid Shaw", roles=("admin",))
        db.session.commit()
        enid_id, name = enid.id, enid.name
    start = threading.Barrier(6)
    failures: list[Exception] = []
    numbers: list[int] = []

    class By:
        id = enid_id

    By.name = name

    def act(index: int) -> None:
        with own_app.app_context():
            course = replace(bundle.course, title=f"Title {index % 3}")
            start.wait()
            try:
                if db.engine.dialect.name == "sqlite":
                    db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
                version = service.publish(course, bundle.assets, change_class="cosmetic", by=By, at=AT)
                db.session.commit()
                numbers.append(version.number)
            except Exception as wrong:
                failures.append(wrong)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    with own_app.app_context():
        kept = db.session.scalars(select(CourseVersion.number).order_by(CourseVersion.number)).all()
        assert kept == list(range(1, len(kept) + 1))
        assert 3 <= len(kept) <= 6
        assert set(numbers) <= set(kept)
        assert db.session.scalar(select(func.count()).select_from(CourseLine)) == 1
        assert db.session.scalar(select(func.count()).select_from(AssetBlob)) == len(bundle.assets)
        digests = db.session.scalars(select(CourseVersion.digest).order_by(CourseVersion.number)).all()
        assert all(one != other for one, other in pairwise(digests)), "never the same twice running"
