"""Every course in `courses/` is walked from its first step to its last, as a learner's browser would do it."""

import io

import pytest

from lms import clock
from lms.catalog import loader
from lms.catalog import queries as catalog
from lms.catalog import service as catalog_service
from lms.demo.answers import right, spoken
from lms.learning import queries, service
from lms.learning.models import Enrollment
from lms.policy.outline import Assessment, Chunk, Edition, ItemType, Purpose
from lms.policy.sequencing import is_pretest
from tests.conftest import COURSES

SLUGS = sorted(path.parent.name for path in COURSES.glob("*/course.yaml"))


def right_answer(item):
    """The fields of a form that answers this question rightly."""
    name = f"q-{item.key}"
    response = right(item)
    match item.type:
        case ItemType.BEST_WORST:
            return {f"{name}.{end}": key for end, key in response.items()}
        case ItemType.RANKING:
            return {f"{name}.{key}": str(place) for key, place in response["places"].items()}
        case ItemType.CLOZE:
            return {f"{name}.{key}": said for key, said in response["gaps"].items()}
        case ItemType.SCENARIO:
            return {f"{name}.{turn}": reply for turn, reply in response["replies"].items()}
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {name: next(option.key for option in item.options if option.is_right)}
        case ItemType.MULTIPLE | ItemType.HOTSPOT:
            return {name: [option.key for option in item.options if option.is_right]}
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return {name: item.answer}
        case ItemType.ORDER:
            return {f"{name}.{entry.key}": str(place) for place, entry in enumerate(item.sequence, 1)}
        case ItemType.MATCHING:
            return {f"{name}.{pair.key}": pair.key for pair in item.pairs}
        case ItemType.SHORT:
            return {name: item.accept[0]}
        case ItemType.LONG_TEXT:
            return {name: response["text"]}
        case ItemType.RECORDING:
            return {f"f-{item.key}": (io.BytesIO(spoken(item.key)), "voice.wav")}


def right_answers(items):
    fields = {}
    for item in items:
        fields |= right_answer(item)
    return fields


@pytest.fixture(scope="module")
def loaded():
    found = {slug: loader.load(COURSES / slug) for slug in SLUGS}
    assert not [problem for one in found.values() for problem in one.problems if one.course is None]
    return found


def published(loaded, slug, by):
    """The course, after the rep course that it is the edition of."""
    one = loaded[slug]
    if one.course.edition_of:
        base = next(key for key, other in loaded.items() if other.course.key == one.course.edition_of)
        published(loaded, base, by)
    version = catalog_service.publish(one.course, one.assets, change_class="substantive", by=by, at=clock.now())
    return catalog.version(version.id)


@pytest.mark.slow
@pytest.mark.parametrize("slug", SLUGS)
def test_a_learner_can_finish_it(session, visit, cast, enid, loaded, slug):
    version = published(loaded, slug, enid)
    learner = cast.milo if version.edition is Edition.MANAGER else cast.rosa
    enrollment = service.enroll(learner.id, version, by=learner, at=clock.now())
    course = queries.course_of(enrollment)
    browser = visit(learner)
    base = f"/courses/{enrollment.id}"
    for key, (module, step) in course.steps.items():
        if is_pretest(step):
            assert browser.get(f"{base}/assessments/{key}").status_code == 200
            continue
        if isinstance(step, Chunk):
            page = browser.get(f"{base}/steps/{key}")
            assert page.status_code == 200, key
            assert len(page.data) < 30_000, f"{key} weighs {len(page.data)} bytes"
            sent = browser.send(
                f"{base}/checks/{key}", right_answers(step.items), page=f"{base}/steps/{key}", follow_redirects=True
            )
            assert f"{len(step.items)} of {len(step.items)} right." in sent.get_data(as_text=True), key
        elif isinstance(step, Assessment):
            start = f"{base}/assessments/{key}"
            attempt = browser.send(start, page=start).location
            sent = browser.send(f"{attempt}/submission", right_answers(step.items), page=attempt, follow_redirects=True)
            words = "Passed on attempt 1" if step.purpose is Purpose.POST else "Taken"
            if any(item.is_scored_by_person for item in step.items):
                words = "With Milo Hart since"
            assert words in sent.get_data(as_text=True), key
        else:  # field work is transfer's; here only what it opens matters
            service.complete_step(enrollment, key, how="verified", by=cast.milo, at=clock.now())
            session.commit()
        assert browser.get(f"{base}/print/{module.key}").status_code == 200
    session.expire_all()
    assert session.get(Enrollment, enrollment.id).state == "satisfied"
    assert "Course completed" in browser.get(base).get_data(as_text=True)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_perfect_pre_test_lets_one_skip_wherever_the_course_says_so(session, visit, cast, enid, loaded, slug):
    version = published(loaded, slug, enid)
    course = catalog.course(version.id)
    module = next((one for one in course.modules if one.has_test_out and not one.requires), None)
    if module is None:
        return  # nothing to skip at the start of this course
    enrollment = service.enroll(cast.rosa.id, version, by=cast.rosa, at=clock.now())
    pre = next(step for step in module.steps if is_pretest(step))
    start = f"/courses/{enrollment.id}/assessments/{module.key}/{pre.key}"
    browser = visit(cast.rosa)
    attempt = browser.send(start, page=start).location
    sent = browser.send(f"{attempt}/submission", right_answers(pre.items), page=attempt, follow_redirects=True)
    assert "Tested out" in sent.get_data(as_text=True)
