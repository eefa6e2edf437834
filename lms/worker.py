"""The worker beside the server: brings statements to their stores, sends mail, and does what the clock asks for.

Each duty stands alone: one that fails is logged and tried again later, and never keeps another from its work. The
worker may be killed at any moment and started twice; nothing is lost or doubled by it.
"""

import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypeVar
from uuid import UUID

import click
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError, ProgrammingError

from lms import clock
from lms.assessment import queries as attempts
from lms.assessment import repair_queries, waiting_queries
from lms.assessment import service as assessment
from lms.dashboard.health import HEARTBEAT
from lms.db import db
from lms.learning import check_queries as checks
from lms.learning import queries as enrollments
from lms.learning import service as learning
from lms.mail import sending as mail
from lms.practice import queries as practice_queries
from lms.practice import service as practice
from lms.settings import Settings
from lms.statements import delivery, home
from lms.statements import stores as statement_stores
from lms.statements.couriers import Couriers
from lms.statements.stores import Stores
from lms.statements.transport import Transport
from lms.transfer import service as transfer

IDLE_SECONDS = 0.5
# Who waits for a store's answer holds a connection to the database, of fifteen that the process may have.
MOST_SENDING = 8
BATCH = 50
MAIL_BATCH = 10
CLOCK_EVERY = timedelta(minutes=1)
PRACTICE_EVERY = timedelta(minutes=15)
REGRADE_EVERY = timedelta(seconds=2)
MISSING_EVERY = timedelta(minutes=10)
MISSING_AMONG = 10_000
STORES_EVERY = timedelta(seconds=2)
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)
HEARTBEAT_EVERY = timedelta(seconds=5)

START_TRIES = 30
START_PAUSE = 1.0

Thing = TypeVar("Thing", UUID, int)

LOG = logging.getLogger("lms.worker")


@dataclass
class Duty:
    """One thing to do again and again. `run` returns whether there may be more of it right away."""

    name: str
    run: Callable[[datetime], bool]
    every: timedelta = timedelta(0)
    failures: int = 0
    rests_from: datetime | None = None
    next_at: datetime | None = None

    def is_due(self, at: datetime) -> bool:
        """Also when the clock was set back behind its last turn: the time it waits for may be far away by now."""
        return self.next_at is None or self.rests_from is None or not self.rests_from <= at < self.next_at


@dataclass
class Worker:
    duties: Sequence[Duty]
    heartbeat: Path
    stores: Stores | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    beaten_at: datetime | None = None
    # A duty for each store in use; an admin may add one at any moment.
    deliveries: dict[str, Duty] = field(default_factory=dict)
    couriers: Couriers | None = None
    sending: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MOST_SENDING))

    def run(self) -> None:
        """Until told to stop; then finish what is in hand. Stores elsewhere are brought theirs beside the rounds."""
        self._call_couriers(self._bring)
        try:
            while not self.stopping.is_set():
                if self.couriers is not None:
                    self.couriers.look()
                if not self.round():
                    self.stopping.wait(IDLE_SECONDS)
        finally:
            if self.couriers is not None:
                self.couriers.stop()

    def round(self) -> bool:
        """Give every duty that is due one turn; whether any of them has more to do."""
        is_busy = False
        for duty in (*self._deliveries(), *self.duties):
            if self.stopping.is_set():
                break
            at = clock.now()
            is_busy = self._turn_if_due(duty, at) or is_busy
            self._beat(at)
        return is_busy

    def until_idle(self) -> None:
        """Rounds until nothing is left that can be done now; then every store elsewhere, all at the same time."""
        self._call_couriers(self._bring_all)
        while not self.stopping.is_set() and self.round():
            pass
        if self.couriers is not None:
            self.couriers.look()
            self.couriers.wait()

    def close(self) -> None:
        if self.stores is not None:
            self.stores.close()

    def _deliveries(self) -> tuple[Duty, ...]:
        stores = self.stores
        if stores is None:
            return ()
        self.deliveries = {
            key: self.deliveries.get(key) or Duty(f"deliver:{key}", deliver(key, partial(stores.__getitem__, key)))
            for key in stores
            if self.couriers is None or stores[key].is_local
        }
        return tuple(self.deliveries.values())

    def _call_couriers(self, work: Callable[[str, Transport, threading.Event], None]) -> None:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self.couriers = Couriers(app, self.stores, work) if self.stores is not None else None

    def _bring(self, key: str, transport: Transport, stopping: threading.Event) -> None:
        """All the work of a store's own thread."""
        duty = Duty(f"deliver:{key}", deliver(key, lambda: transport))
        while not stopping.is_set():
            with self.sending:
                is_busy = self._turn_if_due(duty, clock.now())
            if not is_busy:
                stopping.wait(IDLE_SECONDS)

    def _bring_all(self, key: str, transport: Transport, _: threading.Event) -> None:
        """What a store takes now, in a thread of its own."""
        duty = Duty(f"deliver:{key}", deliver(key, lambda: transport))
        is_busy = True
        while is_busy and not self.stopping.is_set():
            with self.sending:
                is_busy = self._turn_if_due(duty, clock.now())

    def _turn_if_due(self, duty: Duty, at: datetime) -> bool:
        return duty.is_due(at) and self._turn(duty, at)

    def _turn(self, duty: Duty, at: datetime) -> bool:
        duty.rests_from = at
        try:
            has_more = duty.run(at)
        except Exception as wrong:
            db.session.rollback()
            duty.failures += 1
            pause = min(FIRST_PAUSE * 2 ** min(duty.failures - 1, 20), LONGEST_PAUSE)
            duty.next_at = at + pause
            log("duty_failed", duty=duty.name, failures=duty.failures, again_at=duty.next_at.isoformat(), wrong=wrong)
            return False
        else:
            duty.failures = 0
            duty.next_at = None if has_more else at + duty.every
            return has_more
        finally:
            db.session.remove()

    def _beat(self, at: datetime) -> None:
        if self.beaten_at is None or not timedelta(0) <= at - self.beaten_at < HEARTBEAT_EVERY:
            self.heartbeat.parent.mkdir(parents=True, exist_ok=True)
            self.heartbeat.write_text(at.isoformat() + "\n", encoding="ascii")
            self.beaten_at = at


def deliver(target: str, transport: Callable[[], Transport]) -> Callable[[datetime], bool]:
    """One turn of bringing what is owed to `target` there."""

    def run(at: datetime) -> bool:
        way = transport()
        done = delivery.deliver_due(target, way, at=at, limit=BATCH, endpoint=way.endpoint)
        if done.error:
            log("delivery_paused", target=target, again_at=str(done.retry_at), error=done.error)
        return done.sent + done.parked > 0

    return run


def duties(settings: Settings, stores: Stores) -> tuple[Duty, ...]:
    """Everything the worker does for this application, besides the deliveries."""
    letters = mail.transport_from(settings.mail_url, settings.instance, settings.mail_from)

    def send_mail(at: datetime) -> bool:
        claimed = mail.due(at, MAIL_BATCH)
        db.session.commit()
        for message in claimed:
            mail.send_one(message, letters, clock.now())
            db.session.commit()
        return bool(claimed)

    def owe_missing(_: datetime) -> bool:
        delivery.begin_writing()
        statement_stores.owe_missing(latest=MISSING_AMONG)
        db.session.commit()
        return False

    def regrade(at: datetime) -> bool:
        return in_parts(repair_queries.unfinished_repairs, assessment.work_off, at)

    def preview(at: datetime) -> bool:
        return in_parts(repair_queries.unfinished_previews, assessment.work_off_preview, at)

    def in_parts(
        unfinished: Callable[[], Sequence[UUID]], work_off: Callable[[UUID, datetime], object], at: datetime
    ) -> bool:
        """One part of each, committed by itself; the next parts come with the next turn."""
        waiting = unfinished()
        db.session.remove()
        for one in waiting:
            delivery.begin_writing()
            work_off(one, at)
            db.session.commit()
        return bool(waiting)

    def find_stores(_: datetime) -> bool:
        return stores.refresh()

    def sources(_: datetime) -> tuple[int, ...]:
        return practice_queries.new_sources(BATCH)

    def practice_mail(user_id: UUID, at: datetime) -> object:
        return practice.remind(user_id, at, f"{settings.base_url.rstrip('/')}/practice")

    def check_mail(check_id: UUID, at: datetime) -> object:
        user_id = checks.learner_of(check_id)
        mine = practice_queries.setting(user_id) if user_id else None
        if mine is None or mine.away_since is not None:
            return False
        return learning.tell(check_id, at, settings.base_url.rstrip("/"), mine.hour)

    def check_gone_by(check_id: UUID, at: datetime) -> object:
        user_id = checks.learner_of(check_id)
        is_away = user_id is not None and practice_queries.setting(user_id).away_since is not None
        return not is_away and assessment.let_check_go(check_id, at=at)

    return (
        Duty("find-stores", find_stores, STORES_EVERY),
        Duty("mail", send_mail),
        Duty("regrade", regrade, REGRADE_EVERY),
        Duty("preview-repair", preview, REGRADE_EVERY),
        Duty("owe-missing", owe_missing, MISSING_EVERY),
        Duty("remind", one_by_one("remind", _waiting, lambda id_, at: transfer.remind_due(at, id_)), CLOCK_EVERY),
        Duty("escalate", one_by_one("escalate", _waiting, lambda id_, at: transfer.escalate_due(at, id_)), CLOCK_EVERY),
        Duty("watch-scoring", one_by_one("watch-scoring", _to_score, assessment.watch_scoring), CLOCK_EVERY),
        Duty("practice-cards", one_by_one("practice-cards", sources, practice.take_source), CLOCK_EVERY),
        Duty("practice-mail", one_by_one("practice-mail", practice_queries.to_remind, practice_mail), PRACTICE_EVERY),
        Duty("check-mail", one_by_one("check-mail", checks.to_tell, check_mail), PRACTICE_EVERY),
        Duty("checks-gone-by", one_by_one("checks-gone-by", checks.gone_by, check_gone_by), PRACTICE_EVERY),
        Duty("close-left", one_by_one("close-left", _left_behind, learning.close_one_left), CLOCK_EVERY),
        Duty(
            "cancel-ended",
            one_by_one("cancel-ended", transfer.ended, lambda id_, at: transfer.cancel_ended(at, id_)),
            CLOCK_EVERY,
        ),
        Duty(
            "close-overdue",
            one_by_one("close-overdue", attempts.overdue, lambda id_, at: assessment.close_attempt(id_, at=at)),
            CLOCK_EVERY,
        ),
    )


def one_by_one(
    name: str, found: Callable[[datetime], Iterable[Thing]], act: Callable[[Thing, datetime], object]
) -> Callable[[datetime], bool]:
    """A duty that commits after each thing it does. One that fails is logged and keeps no other from being done."""

    def run(at: datetime) -> bool:
        ids = tuple(found(at))
        db.session.remove()
        for id_ in ids:
            try:
                delivery.begin_writing()
                act(id_, at)
                db.session.commit()
            except OperationalError:
                raise  # the database is away or busy: the whole duty rests
            except Exception as wrong:
                db.session.rollback()
                log("item_failed", duty=name, id=id_, wrong=wrong)
            finally:
                db.session.remove()
        return False

    return run


def _waiting(_: datetime) -> tuple[UUID, ...]:
    return transfer.waiting()


def _to_score(_: datetime) -> tuple[UUID, ...]:
    return waiting_queries.awaiting()


def _left_behind(at: datetime) -> tuple[UUID, ...]:
    return enrollments.left_behind(clock.company_day(at))


def make(app: Flask) -> Worker:
    """A worker for `app`, whose targets are what the settings say. Needs an application context; commits."""
    settings: Settings = app.config["SETTINGS"]
    delivery.begin_writing()
    statement_stores.sync_targets(settings)
    db.session.commit()
    stores = Stores(settings, home.current())
    stores.refresh()
    db.session.remove()
    return Worker(duties(settings, stores), heartbeat_path(settings), stores)


def heartbeat_path(settings: Settings) -> Path:
    return settings.instance / HEARTBEAT


def log(what: str, *, wrong: Exception | None = None, **facts: object) -> None:
    """One line of JSON, for whatever collects logs; the trace of an error goes with it."""
    line = {"at": clock.now().isoformat(), "what": what, **facts}
    if wrong is not None:
        line["error"] = f"{type(wrong).__name__}: {wrong}"
    LOG.log(logging.ERROR if wrong is not None else logging.INFO, json.dumps(line, default=str), exc_info=wrong)


def _make_patiently(app: Flask, *, tries: int) -> "Worker":
    """A database that restarts or is busy at this moment is waited for; one that is not there ends with a sentence."""
    while True:
        try:
            return make(app)
        except (OperationalError, ProgrammingError) as wrong:
            tries -= 1
            if tries <= 0:
                raise click.ClickException(
                    f"The database cannot be used yet ({str(wrong.orig).splitlines()[0]}). "
                    "Is it there, and migrated? (flask --app wsgi db upgrade)"
                ) from wrong
            db.session.rollback()
            time.sleep(START_PAUSE)


def register(app: Flask) -> None:
    """`flask --app wsgi worker`."""

    @app.cli.command("worker")
    @click.option("--once", is_flag=True, help="Do what is due now, then end.")
    def worker(once: bool) -> None:
        """Deliver statements, send mail and watch deadlines, until told to stop."""
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
        working = _make_patiently(app, tries=1 if once else START_TRIES)

        def stop(_signal: int, _frame: FrameType | None) -> None:
            working.stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        log("worker_started", stores=list(working.stores or ()), duties=[duty.name for duty in working.duties])
        started = time.monotonic()
        try:
            if once:
                working.until_idle()
            else:
                working.run()
        finally:
            working.close()
        log("worker_stopped", seconds=round(time.monotonic() - started, 1))
