"""Answers that a person scores, through HTTP, without a script unless said: who may, what they see, what is kept."""

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms import clock
from lms.assessment import queries, service
from lms.assessment.models import AttemptScoring, Recording
from lms.assessment.service import Marks
from lms.db import db
from lms.demo.answers import spoken
from lms.learning import service as learning
from lms.people import service as people
from lms.policy.items import Media
from lms.policy.outline import Module
from tests.factories import make_user
from tests.features.learning.samples import chunk, course, posttest, publish, recorded, single, written

ITEMS = (single("plain"), written("letter"), recorded("said"))
TEST = replace(posttest(attempts=3, cooldown_hours=0), items=ITEMS, threshold_bp=6000)
COURSE = course(
    Module("one", "Module one", (TEST,)),
    Module("two", "Module two", (chunk("after", items=0),), requires=("one",)),
    key="scored",
)
ANSWERS = {"q-plain": "a", "q-letter": "You start a second shift in March."}
MARKS = {
    "level.letter.reason": "3",
    "level.letter.request": "4",
    "comment.letter.reason": "A fact, and theirs.",
    "level.said.reason": "2",
    "level.said.request": "2",
    "comment.said.request": "",
}


@pytest.fixture
def enrollment(rosa, milo, enid):
    return learning.enroll(rosa.id, publish(COURSE, enid), by=milo, at=clock.now() - timedelta(days=2))


@pytest.fixture
def start(enrollment):
    return f"/courses/{enrollment.id}/assessments/one/posttest"


@pytest.fixture
def attempt(visit, rosa, start):
    return visit(rosa).send(start, page=start).location


@pytest.fixture
def handed_in(visit, rosa, attempt):
    """The address of an attempt with a text and a recording that wait."""
    sent = {**ANSWERS, "f-said": wav()}
    answer = visit(rosa).send(f"{attempt}/submission", sent, page=attempt, content_type="multipart/form-data")
    assert (answer.status_code, answer.location) == (303, f"{attempt}/result")
    return attempt


def wav(data=None, name="voice.wav"):
    return (io.BytesIO(spoken("rosa") if data is None else data), name, "text/html")


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def upload(browser, attempt, file, item="said", page=None):
    headers = {"X-CSRFToken": browser.token_for(page or attempt), "Accept": "application/json"}
    data = {"recording": file}
    return browser.post(f"{attempt}/recordings/{item}", data=data, headers=headers, content_type="multipart/form-data")


def take():
    return db.session.scalars(select(Recording)).one()


# -------------------------------------------------------------------------------------------- answering


def test_the_page_lets_the_browser_hear_and_nothing_more(visit, rosa, attempt):
    page = visit(rosa).get(attempt)
    assert 'enctype="multipart/form-data"' in page.text
    assert '<input type="file" id="f-said" name="f-said" accept="audio/*,video/*"' in page.text
    assert "recorder.js" in page.text
    assert "microphone=(self)" in page.headers["Permissions-Policy"]
    assert "camera=()" in page.headers["Permissions-Policy"]
    assert "Gives a reason that concerns them." in text(page)
    assert "A fact" not in text(page)  # levels are for who scores


def test_a_film_needs_the_camera_and_other_tests_need_nothing(visit, rosa, milo, enid):
    filmed = replace(TEST, items=(recorded("said", media=Media.VIDEO),))
    plain = replace(TEST, items=(single("plain"),))
    for items, allowed in ((filmed, "camera=(self)"), (plain, "camera=()")):
        made = course(Module("one", "One", (items,)), key=f"c{len(items.items)}{items.items[0].key}")
        one = learning.enroll(rosa.id, publish(made, enid), by=milo, at=clock.now())
        page = f"/courses/{one.id}/assessments/one/posttest"
        browser = visit(rosa)
        opened = browser.get(browser.send(page, page=page).location)
        assert allowed in opened.headers["Permissions-Policy"]
        assert ("recorder.js" in opened.text) is (allowed == "camera=(self)")


def test_a_file_without_a_script_is_kept_with_everything_else(visit, rosa, attempt):
    browser = visit(rosa)
    sent = {**ANSWERS, "f-said": wav()}
    assert browser.send(f"{attempt}/answers", sent, page=attempt, content_type="multipart/form-data").status_code == 303
    page = browser.get(attempt).text
    assert f'src="{attempt}/recordings/{take().id}"' in page
    assert "You start a second shift in March." in page
    # Saved again without choosing another file: the recording stays.
    browser.send(f"{attempt}/answers", {**ANSWERS, "q-said": ""}, page=attempt, content_type="multipart/form-data")
    assert f'src="{attempt}/recordings/{take().id}"' in browser.get(attempt).text


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "The file is empty."), (b"%PDF-1.7 " + bytes(900), "could not be recognized as a recording")],
)
def test_a_file_that_is_no_recording_is_told_at_its_question(visit, rosa, attempt, data, words):
    sent = {**ANSWERS, "f-said": wav(data, "voice.mp3")}
    answer = visit(rosa).send(f"{attempt}/submission", sent, page=attempt, content_type="multipart/form-data")
    assert answer.status_code == 200
    assert words in text(answer)
    assert "You start a second shift in March." in answer.text
    assert db.session.scalars(select(Recording)).all() == []


def test_the_recorder_sends_a_take_by_itself(visit, rosa, attempt):
    browser = visit(rosa)
    answer = upload(browser, attempt, wav())
    assert answer.status_code == 200
    assert answer.json["href"] == f"{attempt}/recordings/{take().id}"
    assert answer.json["was"] == f'{{"file":"{take().id}"}}'
    # The page then sends the form with the id that it was told.
    sent = {**ANSWERS, "q-said": answer.json["id"], "was-said": answer.json["was"]}
    assert browser.send(f"{attempt}/submission", sent, page=attempt).location == f"{attempt}/result"
    assert "With Milo Hart" in text(browser.get(f"{attempt}/result"))


@pytest.mark.parametrize(
    ("item", "data", "status", "code"),
    [
        ("said", b"GIF89a" + bytes(50), 409, "recording_not_taken"),
        ("letter", None, 409, "item_unknown"),
        ("nothing", None, 409, "item_unknown"),
    ],
)
def test_a_take_that_is_not_taken_says_why(visit, rosa, attempt, item, data, status, code):
    answer = upload(visit(rosa), attempt, wav(data), item)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["message"]


def test_a_take_has_a_largest_size(visit, rosa, attempt, app, monkeypatch):
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], recording_megabytes=1))
    browser = visit(rosa)
    larger = _post(browser, attempt, spoken("rosa") + bytes(1024 * 1024))
    assert (larger.status_code, larger.json["code"]) == (409, "recording_too_large")
    assert "1 MB at most" in larger.json["message"]
    far_larger = _post(browser, attempt, spoken("rosa") + bytes(4 * 1024 * 1024))
    assert far_larger.status_code == 413
    assert "3 MB in all" in far_larger.json["message"]
    assert queries.responses(db.session.scalars(select(queries.Attempt.id)).one()) == {}


def _post(browser, attempt, data):
    """As bytes in memory: a body that is refused unread would leave the client's own file open."""
    head = b'--x\r\nContent-Disposition: form-data; name="recording"; filename="a.wav"\r\n\r\n'
    return browser.post(
        f"{attempt}/recordings/said",
        data=head + data + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"X-CSRFToken": browser.token_for(attempt), "Accept": "application/json"},
    )


def test_who_is_not_signed_in_may_not_send_much(visit, attempt):
    much = {"data": bytes(17 * 1024 * 1024), "content_type": "multipart/form-data; boundary=x"}
    answer = visit(None).post(f"{attempt}/recordings/said", **much)
    assert answer.status_code == 413


def test_a_long_text_says_its_own_length(visit, rosa, attempt):
    answer = visit(rosa).send(f"{attempt}/submission", {**ANSWERS, "q-letter": "x" * 4001}, page=attempt)
    assert "4000 characters at most" in text(answer)
    assert "x" * 4001 in answer.text


# ------------------------------------------------------------------------------------------- recordings


def hear(browser, handed_in, **more):
    return browser.get(f"{handed_in}/recordings/{take().id}", buffered=True, **more)  # read to its end and closed


def test_a_recording_is_heard_by_its_speaker_and_by_who_scores_it(visit, handed_in, cast):
    for person, status in (
        (cast.rosa, 200),
        (cast.milo, 200),
        (cast.enid, 200),
        (cast.vera, 404),  # above the manager, and not the one who scores
        (cast.otis, 404),
        (cast.nils, 404),
    ):
        assert hear(visit(person), handed_in).status_code == status, person.name
    assert hear(visit(None), handed_in).status_code == 303


def test_a_recording_is_sent_as_what_its_bytes_are_and_never_as_a_page(visit, rosa, handed_in):
    answer = hear(visit(rosa), handed_in)
    assert answer.data == spoken("rosa")
    assert answer.headers["Content-Type"] == "audio/wav"  # not the text/html that the browser said
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=recording-")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "private" in answer.headers["Cache-Control"]


def test_a_player_asks_in_pieces(visit, rosa, handed_in):
    piece = hear(visit(rosa), handed_in, headers={"Range": "bytes=0-99"})
    assert (piece.status_code, piece.data) == (206, spoken("rosa")[:100])
    assert piece.headers["Content-Range"] == f"bytes 0-99/{len(spoken('rosa'))}"
    tag = piece.headers["ETag"]
    assert hear(visit(rosa), handed_in, headers={"If-None-Match": tag}).status_code == 304


def test_a_recording_has_one_address(visit, rosa, olga, milo, enid, handed_in, enrollment):
    """Its id under an attempt of somebody else leads nowhere, for them and for the speaker."""
    other = learning.enroll(olga.id, queries.catalog.version(enrollment.version_id), by=milo, at=clock.now())
    theirs = service.issue(other, "one/posttest", by=olga, at=clock.now())
    for person in (olga, rosa, enid):
        assert visit(person).get(f"/attempts/{theirs.id}/recordings/{take().id}").status_code == 404


# ---------------------------------------------------------------------------------------------- waiting


def test_the_learner_is_told_on_whom_it_waits(visit, rosa, handed_in, enrollment):
    browser = visit(rosa)
    page = text(browser.get(f"{handed_in}/result"))
    assert "With Milo Hart since" in page
    assert "Nothing to do for you here." in page
    assert "You start a second shift in March." in page
    trail = text(browser.get(f"/courses/{enrollment.id}"))
    assert "With Milo Hart to score" in trail
    assert "Waiting on Milo Hart" in trail
    locked = browser.get(f"/courses/{enrollment.id}/steps/two/after")
    assert locked.status_code == 403
    assert "Opens when Milo Hart has scored" in text(locked)
    today = text(browser.get("/"))
    assert "Milo Hart has your test" in today
    assert browser.get(handed_in).location == f"{handed_in}/result"


def test_the_start_page_says_why_no_other_attempt_begins(visit, rosa, handed_in, start):
    page = visit(rosa).get(start)
    assert "Until then no other one begins" in text(page)
    assert "With the person who scores it" in text(page)
    assert visit(rosa).send(start, page=start).status_code == 409


def test_it_stands_in_the_managers_queue(visit, milo, handed_in):
    browser = visit(milo)
    queue = browser.get("/queue")
    assert f'href="{handed_in}/scoring"' in queue.text
    assert "To score" in text(queue)
    today = browser.get("/")
    assert "Score what Rosa Diaz handed in" in text(today)
    assert f'href="{handed_in}/scoring"' in today.text


def test_it_stands_in_nobody_elses_queue(visit, otis, vera, enid, handed_in):
    for person in (otis, vera, enid):
        assert "To score" not in text(visit(person).get("/queue"))


# ---------------------------------------------------------------------------------------------- scoring


def test_the_answer_stands_beside_what_good_looks_like(visit, milo, handed_in):
    page = visit(milo).get(f"{handed_in}/scoring")
    said = text(page)
    assert "You start a second shift in March." in said
    assert f'src="{handed_in}/recordings/{take().id}"' in page.text
    for words in ("Gives a reason that concerns them.", "3. A fact", "4. One, with a time", "Passing takes 1.8 of 3."):
        assert words in said, words
    assert page.text.count('type="radio"') == 2 * (3 + 4)


def test_a_missing_level_is_asked_for_and_nothing_typed_is_lost(visit, milo, handed_in):
    sent = {key: value for key, value in MARKS.items() if key != "level.said.request"}
    answer = visit(milo).send(f"{handed_in}/scoring", sent, page=f"{handed_in}/scoring")
    assert answer.status_code == 422
    assert 'href="#level.said.request"' in answer.text
    assert 'id="level.said.request"' in answer.text
    assert "A fact, and theirs." in answer.text
    assert answer.text.count(" checked") == 3
    assert db.session.scalars(select(AttemptScoring)).all() == []


def test_scoring_opens_the_next_module_and_tells_the_learner(visit, milo, rosa, handed_in, enrollment):
    page = f"{handed_in}/scoring"
    answer = visit(milo).send(page, MARKS, page=page)
    assert (answer.status_code, answer.location) == (303, page)
    after = text(visit(milo).get(page))
    assert "Milo Hart scored this on" in after
    assert "Keep the score" not in after
    result = text(visit(rosa).get(f"{handed_in}/result"))
    # 1, 1 and the mean of 1/2 and 1/3
    for words in (
        "Passed on attempt 1",
        "2.42 of 3 points",
        "What Milo Hart marked",
        "A fact, and theirs.",
        "Level 2 of 4",
    ):
        assert words in result, words
    assert visit(rosa).get(f"/courses/{enrollment.id}/steps/two/after").status_code == 200
    assert "Rosa Diaz handed in attempt 1" in text(visit(rosa).get("/record"))
    assert "Milo Hart scored an answer" in text(visit(rosa).get("/record"))


def test_an_open_trail_sees_a_verdict_that_opens_nothing(visit, milo, rosa, handed_in, enrollment):
    page = visit(rosa).get(f"/courses/{enrollment.id}").get_data(as_text=True)
    again = re.search(r'hx-get="([^"]+)"', page).group(1)
    assert visit(rosa).get(again).status_code == 204
    lowest = {key: "1" if key.startswith("level.") else value for key, value in MARKS.items()}
    assert visit(milo).send(f"{handed_in}/scoring", lowest, page=f"{handed_in}/scoring").status_code == 303
    part = visit(rosa).get(again)
    assert part.status_code == 200
    assert "Waiting on Milo" not in text(part)


def test_comments_are_read_before_the_test_is_passed_and_answers_are_not(visit, milo, rosa, handed_in):
    page = f"{handed_in}/scoring"
    low = {**MARKS, **{key: "1" for key in MARKS if key.startswith("level.")}}
    visit(milo).send(page, low, page=page)
    result = text(visit(rosa).get(f"{handed_in}/result"))
    assert "Not passed yet" in result
    assert "A fact, and theirs." in result
    assert "Because letter." not in result


def test_the_second_of_two_scorers_is_told_what_the_first_decided(visit, milo, enid, handed_in):
    page = f"{handed_in}/scoring"
    late = visit(enid)
    token = late.token(page)
    visit(milo).send(page, MARKS, page=page)
    other = {**MARKS, "level.said.reason": "1", "csrf_token": token}
    answer = late.post(page, data=other)
    assert answer.status_code == 409
    assert re.search(r"Milo Hart scored this on .* already: passed\. Yours was not kept\.", text(answer))
    again = visit(milo).send(page, MARKS, page=page)  # a double click
    assert again.status_code == 303


def test_who_may_score(visit, cast, handed_in, session):
    facilitator = make_user("Fay Moss", roles=("facilitator",))
    nobody = make_user("Ned Low", roles=("author",))
    people.delegate(
        cast.milo,
        cast.otis,
        starts_on=clock.company_day(clock.now()),
        ends_on=clock.company_day(clock.now()) + timedelta(days=2),
        reason="Away",
        by=cast.milo,
        at=clock.now(),
    )
    for person, status in (
        (cast.rosa, 403),
        (cast.milo, 200),
        (cast.otis, 200),  # stands in
        (cast.vera, 403),  # sees the result, but somebody nearer scores
        (cast.nils, 404),
        (cast.olga, 404),
        (cast.enid, 200),
        (facilitator, 200),
        (nobody, 404),
    ):
        browser = visit(person)
        assert browser.get(f"{handed_in}/scoring").status_code == status, person.name
        assert (f'href="{handed_in}/scoring"' in browser.get("/queue").text) is (
            person in (cast.milo, cast.otis, facilitator)
        ), person.name


def test_a_facilitator_scores_without_seeing_the_rest(visit, handed_in, enrollment):
    fay = make_user("Fay Moss", roles=("facilitator",))
    browser, page = visit(fay), f"{handed_in}/scoring"
    assert browser.get(f"/courses/{enrollment.id}").status_code == 404
    assert browser.send(page, MARKS, page=page).status_code == 303
    assert "Fay Moss scored this on" in text(browser.get(page))


def test_nothing_is_read_before_it_is_handed_in(visit, milo, attempt):
    assert visit(milo).get(f"{attempt}/scoring").status_code == 404


def test_who_stands_above_sees_the_marks_and_does_not_hear_the_voice(visit, vera, milo, handed_in):
    waiting = visit(vera).get(f"{handed_in}/result")
    assert "played only to the learner" in text(waiting)
    assert "/recordings/" not in waiting.text
    service.score_attempt(
        queries.sitting(db.session.scalars(select(queries.Attempt.id)).one(), for_update=True),
        {key: Marks({"reason": 2, "request": 2}) for key in ("letter", "said")},
        by=milo,
        at=clock.now(),
    )
    result = visit(vera).get(f"{handed_in}/result")
    assert "What Milo Hart marked" in text(result)
    assert "/recordings/" not in result.text


# -------------------------------------------------------------------------------------- those who write


def test_authors_see_the_rubric_and_the_share_that_people_earned(visit, milo, enid, rosa, handed_in, enrollment):
    page = f"{handed_in}/scoring"
    visit(milo).send(page, MARKS, page=page)
    browser = visit(enid)
    preview = text(browser.get(f"/admin/courses/{enrollment.version_id}/steps/one/posttest"))
    for words in ("a text, scored by a person", "a recording, scored by a person", "Scored on: The call.", "A fact"):
        assert words in preview, words
    listed = browser.get("/admin/items?type=recording")
    assert "Say said." in text(listed)
    item = re.search(r'href="(/admin/items/[0-9a-f-]+)"', listed.text)
    assert item is not None
    assert "Scored by a person on: The call" in text(browser.get(item[1]))
    table = browser.get(f"/admin/tests/{enrollment.line_id}/one/posttest/items.csv").get_data(as_text=True)
    rows = {line.split(",")[0]: line.split(",") for line in table.splitlines()[1:]}
    assert (rows["letter"][2], rows["letter"][5], rows["said"][2]) == ("long_text", "1", "recording")


def test_what_was_removed_by_age_is_said(visit, rosa, milo, handed_in):
    page = f"{handed_in}/scoring"
    visit(milo).send(page, MARKS, page=page)
    at = clock.now() + timedelta(days=400)
    assert service.give_up(at=at, before=at) == 1
    result = visit(rosa).get(f"{handed_in}/result")
    assert result.status_code == 200
    assert "The recording was removed" in text(result)
    assert "Level 2 of 4" in text(result)


def test_recordings_go_by_command_when_their_time_is_over(visit, rosa, milo, handed_in, app, session):
    def sweep(*more):
        session.commit()
        answer = app.test_cli_runner().invoke(args=["recordings", "sweep", *more])
        assert answer.exit_code == 0, answer.output
        session.expire_all()
        return answer.output.strip()

    assert sweep() == "0 recordings and 0 files removed"
    visit(milo).send(f"{handed_in}/scoring", MARKS, page=f"{handed_in}/scoring")
    assert sweep("--older-than", "1") == "0 recordings and 0 files removed"  # handed in today
    session.execute(update(queries.Attempt).values(closed_at=clock.now() - timedelta(days=3)))
    assert sweep("--older-than", "1").startswith("1 recordings")
    assert session.scalars(select(Recording)).all() == []
    assert "The recording was removed" in text(visit(rosa).get(f"{handed_in}/result"))
