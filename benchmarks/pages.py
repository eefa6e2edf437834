"""The pages that people open most, against the bare page: player, answer, course trail, queue, team."""

import json
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle, takewhile
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask

from benchmarks.bare import make_bare
from benchmarks.calling import Ratio, Request, compare, form
from lms import clock
from lms.app import create_app
from lms.assessment import queries as assessments
from lms.assessment import service as assessment
from lms.assessment.models import Attempt
from lms.catalog import loader
from lms.catalog import queries as catalog
from lms.catalog import service as publishing
from lms.db import Base, db
from lms.demo.build import COURSES, publish
from lms.demo.journey import Journey, right
from lms.demo.states import first_transfer
from lms.learning import service as learning
from lms.people import service as people
from lms.people.models import User
from lms.policy.outline import Assessment, Course, Purpose
from lms.settings import Settings

# The team page shows fifty people with three counts each: measured, without a goal of its own.
GOALS = {"player": 0.60, "answer": 0.60, "trail": 0.50, "trail, 50 modules": 0.50, "queue": 0.50, "team": 0.0}
REPS = 1000
WAITING = 30
UNDER_WAY = 10
LESSON_LIMIT = 30_000


@dataclass
class Prepared:
    app: Flask
    rep: User
    manager: User
    enrollment_id: UUID
    trails: list[tuple[User, UUID]]
    wide_enrollment_id: UUID
    chunk_key: str
    attempt_id: UUID
    item_key: str
    response: dict[str, Any]


def measure(database: Callable[[], AbstractContextManager[str]], kind: str, *, quick: bool) -> list[Ratio]:
    """All ratios on one kind of database."""
    rounds, seconds = (3, 0.3) if quick else (9, 0.7)
    with database() as url, database() as bare_url, tempfile.TemporaryDirectory() as folder:
        bare, bare_cookie = make_bare(bare_url, Path(folder))
        page = Request(bare, "/page", bare_cookie)
        insert = Request(bare, "/insert", bare_cookie, body=form(title="A note"))
        prepared = prepare(url, Path(folder), reps=REPS // 10 if quick else REPS)
        rep, manager = cookie(prepared.app, prepared.rep), cookie(prepared.app, prepared.manager)
        get = {
            "player": Request(prepared.app, f"/courses/{prepared.enrollment_id}/steps/{prepared.chunk_key}", rep),
            "trail": in_turn(
                [Request(prepared.app, f"/courses/{id_}", cookie(prepared.app, user)) for user, id_ in prepared.trails]
            ),
            "trail, 50 modules": Request(prepared.app, f"/courses/{prepared.wide_enrollment_id}", rep),
            "queue": Request(prepared.app, "/queue", manager),
            "team": Request(prepared.app, "/team", manager),
        }
        found = [compare(name, call, page, rounds=rounds, seconds=seconds) for name, call in get.items()]
        found.insert(1, compare("answer", answering(prepared, rep), insert, rounds=rounds, seconds=seconds))
        return found


def in_turn(calls: list[Request]) -> Callable[[], bytes]:
    """Each time the next of these: learners who stand at different places, so that nothing kept for one serves all."""
    following = cycle(calls)
    return lambda: next(following)()


def answering(prepared: Prepared, signed_in: str) -> Callable[[], bytes]:
    """One answer of an attempt saved, each time under a new id, as the page's autosave sends it."""
    token = csrf_token(prepared.app, signed_in)
    request = Request(
        prepared.app,
        f"/attempts/{prepared.attempt_id}/answers",
        signed_in,
        content_type="application/json",
        headers=(("HTTP_X_CSRFTOKEN", token), ("HTTP_ACCEPT", "application/json")),
        body=b"",
    )

    def send() -> bytes:
        body = json.dumps({"item": prepared.item_key, "client_id": uuid4().hex, "response": prepared.response})
        return replace(request, body=body.encode())()

    return send


def prepare(url: str, folder: Path, *, reps: int) -> Prepared:
    """A line of `reps` people, thirty requests waiting on one manager, one rep in mid-course."""
    app = create_app(
        Settings(
            secret_key="benchmark-" * 5,
            database_url=url,
            instance=folder / "instance",
            base_url="http://localhost",
            argon2_cheap=True,
        )
    )
    with app.app_context():
        Base.metadata.create_all(db.engine)
        at = clock.now()
        start = at - timedelta(days=60)
        day = clock.company_day(start - timedelta(days=1))

        def hire(name: str, *roles: str) -> User:
            return people.create_person(
                name=name, zone="UTC", job_role="sdr", roles=roles, hired_on=day, by=None, at=start - timedelta(days=1)
            )

        admin, manager = hire("Enid Shaw", "admin", "author"), hire("Milo Hart", "manager")
        version, edition = publish(admin, at=start)
        Journey(manager, edition, starts_at=start, by=admin).learn()
        staff = [hire(f"Rep {number:04}", "rep") for number in range(reps)]
        for user in staff:
            people.set_manager(user, manager, from_on=day, by=None, at=start)
        journeys = []
        for user in staff[:WAITING]:
            journey = Journey(user, version, starts_at=start, by=admin)
            for module in journey.course.modules[:3]:  # straight to the script: its content does not matter here
                for step in module.steps:
                    key = module.step_key(step)
                    if key not in journey.course.transfers and not isinstance(step, Assessment):
                        learning.complete_step(journey.enrollment, key, how="read", by=user, at=journey.wait(minutes=5))
                    elif isinstance(step, Assessment) and step.purpose is Purpose.POST:
                        learning.complete_step(
                            journey.enrollment, key, how="passed", by=user, at=journey.wait(minutes=5)
                        )
            journey.write(first_transfer(journey))
            journey.submit(first_transfer(journey))
            journeys.append(journey)
        trails = [(journey.rep, journey.enrollment.id) for journey in journeys[:UNDER_WAY]]
        for number, user in enumerate(staff[WAITING:]):
            enrollment = learning.enroll(user.id, version, by=admin, at=start)
            if number < UNDER_WAY:
                walk(enrollment, user, steps=3 * number, at=start)
                trails.append((user, enrollment.id))
        wide = publishing.publish(fifty_modules(), {}, change_class="substantive", by=admin, at=start)
        rep = staff[0]
        wide_version = catalog.version(wide.id)
        wide_enrollment = learning.enroll(rep.id, wide_version, by=admin, at=start)
        course = catalog.course(version.id)
        chunk = course.modules[1].steps[1]
        attempt_id, item = open_attempt(rep, wide_enrollment, at)
        db.session.commit()
        prepared = Prepared(
            app,
            rep,
            manager,
            journeys[0].enrollment.id,
            trails,
            wide_enrollment.id,
            f"{course.modules[1].key}/{chunk.key}",
            attempt_id,
            item.key,
            dict(right(item)),
        )
        for user in {manager, *(user for user, _ in trails)}:
            db.session.expunge(user)
        return prepared


def walk(enrollment: Any, user: User, *, steps: int, at: Any) -> None:
    """The first so many required steps, one a day, at most up to the first field activity."""
    course = catalog.course(enrollment.version_id)
    required = [key for module in course.modules for key in module.required_keys]
    keys = list(takewhile(lambda key: key not in course.transfers, required))
    for day, key in enumerate(keys[:steps], 1):
        how = "passed" if isinstance(course.steps[key][1], Assessment) else "read"
        if how == "read" or course.steps[key][1].purpose is Purpose.POST:
            learning.complete_step(enrollment, key, how=how, by=user, at=at + timedelta(days=day))


def open_attempt(rep: User, enrollment: Any, at: Any) -> tuple[UUID, Any]:
    """An attempt in progress on the wide course's first pre-test."""
    attempt: Attempt = assessment.issue(enrollment, "module-1/pretest", by=rep, at=at)
    sitting = assessments.sitting(attempt.id)
    return attempt.id, next(item for item in sitting.items if item.options)


def fifty_modules() -> Course:
    """The shipped chunks again and again, until there are fifty modules: its size is what counts."""
    shipped = loader.load(COURSES / "appointment-setting").course
    assert shipped is not None
    source = shipped.modules[0]
    modules = tuple(
        replace(
            source,
            key=f"module-{number}",
            title=f"Module {number}",
            steps=tuple(
                replace(step, key="pretest") if isinstance(step, Assessment) and step.purpose is Purpose.PRE else step
                for step in source.steps
            ),
            requires=(f"module-{number - 1}",) if number > 1 else (),
            builds_on=(),
        )
        for number in range(1, 51)
    )
    return replace(shipped, key="fifty-modules", title="Fifty modules", modules=modules, assets={})


def cookie(app: Flask, user: User) -> str:
    """What the browser of somebody signed in sends: made here, then as the first page of the day renews it."""
    with app.test_request_context():
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        kept = {"_user_id": user.session_token, "_fresh": True, "_permanent": True, "csrf_token": "b" * 40}
        made = f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(kept)}"
    renewed: list[str] = []
    Request(app, "/account", made)(renewed)
    return renewed[0] if renewed else made


def csrf_token(app: Flask, signed_in: str) -> str:
    page = Request(app, "/account", signed_in)().decode()
    return page.partition('name="csrf-token" content="')[2].partition('"')[0]
