"""Pages of questions and tests: found, read, reviewed, repaired, counted; for authors and administrators only."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.assessment import item_views, queries, service, statistics
from lms.assessment.models import Grade
from lms.catalog import bank
from lms.catalog.models import ItemLine
from lms.learning import service as learning
from lms.policy.outline import Item, ItemType, Module
from tests.factories import make_user
from tests.features.learning.samples import chunk, conversation, course, every_type, posttest, pretest, publish, single

AT = clock.now() - timedelta(days=20)
DAY = timedelta(days=1)
GATE = Item("gate", ItemType.SHORT, "What ends a stage?", "know", "It does.", accept=("exit criterion",))


@pytest.fixture
def version(enid):
    test = replace(posttest(), items=(*(single(f"q{n}") for n in range(4)), GATE))
    module = Module("one", "Module one", (pretest(), chunk("a"), test, chunk("z")))
    return publish(course(module, key="paged"), enid)


def line(session, key):
    return session.scalars(select(ItemLine).where(ItemLine.key == key)).one()


def sit(version, person, by, right, gate="exit criterion", minutes=5):
    enrollment = learning.enroll(person.id, version, by=by, at=AT)
    learning.complete_step(enrollment, "one/a", how="read", by=person, at=AT)
    attempt = service.issue(enrollment, "one/posttest", by=person, at=AT + DAY)
    sitting = queries.sitting(attempt.id)
    answers = {f"q{n}": {"choice": "a" if n < right else "b"} for n in range(4)}
    service.save_answers(sitting, {**answers, "gate": {"text": gate}}, at=AT + DAY)
    service.submit(sitting, at=AT + DAY + timedelta(minutes=minutes))
    return attempt


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def figures_at(version):
    return f"/admin/tests/{version.line_id}/one/posttest"


@pytest.mark.parametrize(("who", "status"), [("rosa", 404), ("milo", 404), ("otis", 404), ("enid", 200)])
def test_who_sees_the_pages(session, visit, cast, version, who, status):
    browser = visit(getattr(cast, who))
    item = f"/admin/items/{line(session, 'q0').id}"
    for page in ("/admin/items", item, f"{item}/repair", "/admin/tests", figures_at(version)):
        assert browser.get(page).status_code == status, page


def test_questions_are_found(session, visit, enid, version):
    browser = visit(enid)
    body = text(browser.get("/admin/items"))
    assert "17 questions" in body
    found = browser.get("/admin/items?words=ends+stage&type=short")
    assert "1 question" in text(found)
    assert str(line(session, "gate").id) in found.get_data(as_text=True)
    assert "No question fits" in text(browser.get("/admin/items?words=nowhere"))


def test_a_questions_page_says_where_it_is_asked(session, visit, enid, version):
    body = text(visit(enid).get(f"/admin/items/{line(session, 'gate').id}"))
    assert "What ends a stage?" in body
    assert "Accepted: exit criterion" in body
    assert "Module one: Show what you know" in body
    assert "Nobody has sat a test with this question yet." in body


TOLD = {
    "i-calculated": "calls from 7 to 7 in steps of 1",
    "i-cloze": "two : ask · listen",
    "i-matching": "Left a → Right a",
    "i-scenario": "From ten a head. right",
    "i-best-worst": "Nearly weight 2/3",
}


def test_every_type_has_a_page_that_tells_its_key(session, visit, enid):
    items = (*every_type(), conversation())
    publish(course(Module("one", "Module one", (replace(posttest(), items=items),)), key="types"), enid)
    browser = visit(enid)
    for item in items:
        page = browser.get(f"/admin/items/{line(session, item.key).id}")
        assert page.status_code == 200, item.type
        assert TOLD.get(item.key, "") in text(page)


def press(browser, item, move, comment="", lock=None, page=None):
    lock = item.lock if lock is None else lock
    return browser.send(
        f"/admin/items/{item.id}/moves",
        {"move": move, "comment": comment, "lock": lock},
        page=f"/admin/items/{item.id}",
    )


def test_a_draft_goes_through_its_review(session, visit, milo, enid, version):
    bank.add_drafts(version.line_id, [single("new")], by=milo, at=AT)
    session.flush()
    item = line(session, "new")
    browser = visit(enid)
    body = text(browser.get(f"/admin/items/{item.id}"))
    assert "Nobody is asked this yet." in body
    assert press(browser, item, "review").status_code == 303
    session.expire_all()
    refused = press(browser, item, "return", comment=" ")
    assert refused.status_code == 422
    assert "Write why." in text(refused)
    assert press(browser, item, "return", comment="The key is disputed.").status_code == 303
    body = text(browser.get(f"/admin/items/{item.id}"))
    assert "The key is disputed." in body
    assert "Returned to draft" in body


def test_a_stale_page_moves_nothing(session, visit, enid, version):
    item = line(session, "q0")
    page = item.lock
    browser = visit(enid)
    assert press(browser, item, "retire", comment="Too easy.", lock=page).status_code == 303
    assert press(browser, item, "return", comment="Too easy.", lock=page).status_code == 409
    assert press(browser, item, "dance", lock=page).status_code == 409
    session.expire_all()
    assert line(session, "q0").state == "retired"


def test_a_comment_moves_nothing(session, visit, enid, version):
    item = line(session, "q0")
    browser = visit(enid)
    where = f"/admin/items/{item.id}"
    assert browser.send(f"{where}/notes", {"comment": ""}, page=where).status_code == 422
    assert browser.send(f"{where}/notes", {"comment": "Ask <b>Otis</b>."}, page=where).status_code == 303
    assert "Ask &lt;b&gt;Otis&lt;/b&gt;." in browser.get(where).get_data(as_text=True)
    session.expire_all()
    assert line(session, "q0").state == "live"


def test_a_repair_is_previewed_and_decided(session, visit, rosa, milo, enid, version):
    attempt = sit(version, rosa, milo, right=3, gate="Proof point")
    where = f"/admin/items/{line(session, 'gate').id}/repair"
    browser = visit(enid)
    assert "Proof point" in text(browser.get(where)), "what people typed is shown for judgment"
    shown = browser.get(f"{where}?remedy=accept&accepted=proof+point")
    assert "1 would pass now" in text(shown)
    assert rosa.name in text(shown)
    assert "would pass now" not in text(browser.get(f"{where}?remedy=accept"))
    empty = browser.get(f"{where}?remedy=accept")
    assert (empty.status_code, "Say which answer" in text(empty)) == (422, True)
    sent = {"version": 1, "remedy": "accept", "accepted": "proof point", "reason": ""}
    assert browser.send(where, sent, page=where).status_code == 422
    done = browser.send(where, {**sent, "reason": "It is the same."}, page=where, follow_redirects=True)
    assert "Results that became better: 1." in text(done)
    assert "Accepted too: proof point" in text(done)
    assert [grade.passed for grade in session.scalars(select(Grade).order_by(Grade.number))] == [False, True]
    assert visit(rosa).get(f"/attempts/{attempt.id}/result").status_code == 200


def test_an_author_finds_the_bank_in_the_bar(visit, version, enid):
    author = visit(make_user("Ada Writer", roles=("author",)))
    link = '<li><a href="/admin/items"'
    bar = author.get("/").get_data(as_text=True).split('aria-label="Main"')[1].split("</nav>")[0]
    assert f"{link}>Questions" in bar
    bank = author.get("/admin/items").get_data(as_text=True)
    assert f'{link} aria-current="page">Questions' in bank.split('aria-label="Main"')[1].split("</nav>")[0]
    admin = visit(enid).get("/").get_data(as_text=True).split('aria-label="Main"')[1].split("</nav>")[0]
    assert "Questions" not in admin, "an administrator finds it under Admin"


def test_figures_come_a_page_at_a_time(visit, enid, milo, version, monkeypatch):
    monkeypatch.setattr(item_views, "FIGURES_PAGE", 2)
    crowd(version, milo, 1)
    browser = visit(enid)
    first, last = (text(browser.get(f"{figures_at(version)}?page={page}")) for page in (1, 99))
    assert "page 1 of 3" in first
    assert "page 3 of 3" in last
    assert first.count("Goes with the rest") == 2
    assert (first.count("Next page"), last.count("Next page")) == (1, 0)


def test_an_author_repairs_nothing(session, visit, version):
    author = make_user("Ada Writer", roles=("author",))
    item = line(session, "gate")
    browser = visit(author)
    assert "An administrator can, if it was wrong." in text(browser.get(f"/admin/items/{item.id}"))
    assert browser.get(f"/admin/items/{item.id}/repair").status_code == 403


def crowd(version, milo, count):
    for number in range(count):
        person = make_user(f"Person {number}")
        sit(version, person, milo, right=number % 5, minutes=10)


def test_figures_come_with_people(session, visit, enid, milo, version):
    browser = visit(enid)
    assert "Nobody has sat this test yet" in text(browser.get(figures_at(version)))
    crowd(version, milo, 19)
    body = text(browser.get(figures_at(version)))
    assert "Below 20, only counts are shown." in body
    assert "%" not in body.split("Question by question")[1].split("On forms")[1].split("Earned")[1][:40]
    crowd(version, milo, 1)
    report = statistics.of_test(version.line_id, "one", "posttest")
    assert report.report.n == 20
    [first] = [row for row in report.items if row.key == "q0"]
    assert first.figures.difficulty == pytest.approx(15 / 20)
    assert {choice.key: choice.count for choice in first.figures.choices} == {"a": 15, "b": 5, "c": 0}
    assert report.report.median_seconds == 600
    body = text(browser.get(figures_at(version)))
    assert "75 %" in body
    assert "an option that almost nobody chooses" in body
    assert "20 people so far." in body


def test_only_the_first_attempt_of_a_person_counts(session, version, rosa, milo):
    sit(version, rosa, milo, right=1)
    enrollment_id = session.scalars(select(queries.Attempt.enrollment_id)).first()
    again = queries.sitting(session.scalars(select(queries.Attempt.id)).one()).enrollment
    assert again.id == enrollment_id
    second = service.issue(again, "one/posttest", by=rosa, at=AT + 5 * DAY)
    service.submit(queries.sitting(second.id), at=AT + 5 * DAY)
    report = statistics.of_test(version.line_id, "one", "posttest")
    assert report.report.n == 1
    assert [row.figures.choices[0].count for row in report.items if row.key == "q0"] == [1]


def test_the_file_has_the_same_figures(visit, enid, milo, version):
    crowd(version, milo, 20)
    answer = visit(enid).get(f"{figures_at(version)}/items.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="paged-one-posttest-items.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    items = {row["item"]: row for row in rows if not row["option"]}
    assert set(items) == {"q0", "q1", "q2", "q3", "gate"}
    assert (items["q0"]["n"], float(items["q0"]["difficulty"])) == ("20", 0.8)
    assert items["q0"]["discrimination"] == "", "fifty people are needed"
    options = [row for row in rows if row["item"] == "q0" and row["option"]]
    assert [(row["option"], row["right"], row["chosen"]) for row in options] == [
        ("a", "yes", "16"),
        ("b", "no", "4"),
        ("c", "no", "0"),
    ]


def test_the_gain_from_pre_to_post(session, visit, enid, rosa, milo, version):
    for person, before, after in ((rosa, 4, 3), (make_user("Ben"), 2, 4)):
        enrollment = learning.enroll(person.id, version, by=milo, at=AT)
        for step, answers in (
            ("one/pretest", {f"pre{n}": {"choice": "a" if n < before else "b"} for n in range(8)}),
            ("one/posttest", {f"q{n}": {"choice": "a" if n < after else "b"} for n in range(4)}),
        ):
            attempt = service.issue(enrollment, step, by=person, at=AT + DAY)
            service.save_answers(queries.sitting(attempt.id), answers, at=AT + DAY)
            service.submit(queries.sitting(attempt.id), at=AT + DAY)
            if step == "one/pretest":
                learning.complete_step(enrollment, "one/a", how="read", by=person, at=AT + DAY)
    found = statistics.of_test(version.line_id, "one", "posttest").gain
    assert (found.n, found.pre, found.post) == (2, pytest.approx(0.375), pytest.approx(0.7))
    body = text(visit(enid).get(figures_at(version)))
    assert "2 people took both" in body
    assert "no proof of teaching" in body


def test_a_test_that_is_not_there(visit, enid, version):
    assert visit(enid).get(f"/admin/tests/{version.line_id}/one/a").status_code == 404
    assert visit(enid).get(f"/admin/tests/{version.line_id}/one/nowhere").status_code == 404


def test_the_pages_take_few_statements(visit, enid, milo, version, count_statements):
    crowd(version, milo, 4)
    browser = visit(enid)
    browser.get(figures_at(version))
    before = len(count_statements)
    browser.get(figures_at(version))
    few = len(count_statements) - before
    crowd(version, milo, 4)
    browser.get(figures_at(version))
    before = len(count_statements)
    browser.get(figures_at(version))
    assert len(count_statements) - before == few
