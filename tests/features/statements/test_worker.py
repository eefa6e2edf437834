"""The worker: every duty for itself, stopped between two items, killed without loss."""

import dataclasses
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import func, select

from lms import clock, worker
from lms.dashboard.health import HEARTBEAT, worker_age
from lms.db import db
from lms.lrs.models import StoredStatement
from lms.settings import Store
from lms.statements import delivery, ledger, stores
from lms.statements.models import Delivery, OwedStatement
from lms.statements.transport import TIMEOUT_SECONDS
from lms.worker import Duty, Worker
from tests.fakes import FakeLrs, Fault
from tests.features.statements.samples import sample

ROOT = Path(__file__).parents[3]
AT = datetime(2026, 11, 23, 16, tzinfo=UTC)


def record(count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        delivery.begin_writing()  # a worker may be writing too
        ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number))
        db.session.commit()


def test_a_duty_that_fails_keeps_no_other_from_its_work(own_app, tmp_path, caplog):
    done = []

    def fail(at):
        raise ValueError("no such thing")

    with own_app.app_context(), caplog.at_level(logging.INFO, logger="lms.worker"):
        failing = Duty("failing", fail)
        working = Worker((failing, Duty("other", lambda at: bool(done.append(at)))), tmp_path / HEARTBEAT)
        working.round()
        working.round()
    assert len(done) == 2
    assert failing.failures == 1, "it rests after a failure"
    assert failing.next_at is not None
    assert failing.next_at > clock.now()
    (line,) = [json.loads(record.message) for record in caplog.records]
    assert line["what"] == "duty_failed"
    assert line["duty"] == "failing"
    assert line["error"] == "ValueError: no such thing"


def test_the_pauses_after_failures_grow_and_end(own_app, tmp_path):
    def fail(at):
        raise ValueError

    with own_app.app_context():
        duty = Duty("failing", fail)
        working = Worker((duty,), tmp_path / HEARTBEAT)
        pauses = []
        for _ in range(12):
            duty.next_at = None
            working.round()
            pauses.append(duty.next_at - clock.now())
    assert pauses[0] < pauses[1] < pauses[2]
    assert pauses[-1] <= timedelta(minutes=5)


def test_a_clock_that_is_set_back_stops_no_duty_and_no_sign_of_life(own_app, tmp_path):
    done = []

    def fail(at):
        raise ValueError

    with own_app.app_context(), time_machine.travel(AT, tick=False) as clock_on_the_wall:
        failing = Duty("failing", fail)
        hourly = Duty("hourly", lambda at: bool(done.append(at)), timedelta(hours=1))
        working = Worker((Duty("always", lambda at: bool(done.append(at))), hourly, failing), tmp_path / HEARTBEAT)
        working.round()
        clock_on_the_wall.move_to(AT - timedelta(days=1))
        working.round()
        assert done == [AT, AT] + [AT - timedelta(days=1)] * 2
        assert failing.failures == 2
        assert (tmp_path / HEARTBEAT).read_text().startswith("2026-11-22T16:00")
        clock_on_the_wall.shift(timedelta(minutes=59))
        working.round()
        assert len(done) == 5, "what is done hourly rests for an hour again"


def test_told_to_stop_it_ends_after_what_is_in_hand(own_app, tmp_path):
    done = []
    with own_app.app_context():

        def first(at):
            done.append("first")
            working.stopping.set()
            return True

        working = Worker((Duty("first", first), Duty("second", lambda at: bool(done.append("second")))), tmp_path / "h")
        working.run()
    assert done == ["first"]


def test_once_brings_everything_there_and_leaves_a_sign_of_life(own_app):
    with own_app.app_context():
        record(120)
    output = own_app.test_cli_runner().invoke(args=["worker", "--once"])
    assert output.exit_code == 0, output.output
    with own_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(StoredStatement)) == 120
        assert set(db.session.scalars(select(Delivery.state))) == {"delivered"}
    age = worker_age(Path(own_app.instance_path), clock.now())
    assert age is not None
    assert age < timedelta(seconds=30)


def test_a_store_elsewhere_that_is_down_does_not_hold_up_the_embedded_one(own_app):
    with FakeLrs(failures=99).running() as fake, own_app.app_context():
        settings = dataclasses.replace(
            own_app.config["SETTINGS"], lrs_endpoint=fake.endpoint, lrs_user="u", lrs_password="p"
        )
        stores.sync_targets(settings)
        db.session.commit()
        record(3)
        own_app.config["SETTINGS"] = settings
        working = worker.make(own_app)
        working.until_idle()
        working.close()
        assert stores.backlog("embedded") == 0
        assert stores.backlog("external") == 3


def test_done_once_too_no_store_waits_for_a_silent_one(own_app):
    """Here too what is owed is brought to the others meanwhile; the end comes when the silent one is given up."""
    fault = Fault(silence=30)
    with FakeLrs(batches=200).running() as well, FakeLrs(script=[fault]).running() as silent:
        describe(own_app, Store("a", silent.endpoint, "u", "p"), Store("b", well.endpoint, "u", "p"))
        with own_app.app_context():
            record(120)

        def once():
            with own_app.app_context():
                working = worker.make(own_app)
                working.until_idle()
                working.close()

        thread = threading.Thread(target=once)
        thread.start()
        assert silent.asked.wait(20)
        wait_for(lambda: [backlog(own_app, key) for key in ("b", "embedded")] == [0, 0], TIMEOUT_SECONDS / 2)
        assert backlog(own_app, "a") == 120
        silent.wake()
        thread.join(20)
        assert not thread.is_alive()
        assert backlog(own_app, "a") == 0


@contextmanager
def at_work(app):
    """A worker in a thread, as it runs beside the server."""
    with app.app_context():
        working = worker.make(app)

    def run():
        with app.app_context():
            working.run()
            working.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield working
    finally:
        working.stopping.set()
        thread.join(20)
        assert not thread.is_alive(), "it ends although a store is silent"


def describe(app, *described):
    """Settings that name these stores elsewhere."""
    settings = app.config["SETTINGS"] = dataclasses.replace(app.config["SETTINGS"], lrs_stores=described)
    with app.app_context():
        delivery.begin_writing()
        stores.sync_targets(settings)
        db.session.commit()
    return settings


def backlog(app, key):
    with app.app_context():
        return stores.backlog(key)


def test_a_silent_store_holds_up_no_other(own_app, served):
    """One accepts connections and never says a word; the other is a real one, over HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        describe(
            own_app,
            Store("a", f"http://127.0.0.1:{silent.getsockname()[1]}/xapi/", "u", "p"),
            Store("b", served.endpoint, served.key, served.secret),
        )
        with own_app.app_context():
            record(3)

        def backlogs():
            return [backlog(own_app, key) for key in ("a", "b", "embedded")]

        with at_work(own_app):
            silent.accept()[0].close()  # it is being asked
            waiting, _ = silent.accept()  # and again, and waits for an answer from now on
            with waiting:
                with own_app.app_context():
                    record(2, start=3)
                wait_for(lambda: backlogs()[1:] == [0, 0], TIMEOUT_SECONDS / 2)
                assert backlogs() == [5, 0, 0]


def test_a_store_gets_a_courier_when_it_is_added_and_another_when_it_moves(own_app):
    with FakeLrs().running() as one, FakeLrs().running() as two:

        def move(fake):
            working.stores._settings = describe(own_app, Store("a", fake.endpoint, "u", "p"))

        with at_work(own_app) as working:
            move(one)
            with own_app.app_context():
                record(2)
            wait_for(lambda: len(one.received) == 2 and backlog(own_app, "a") == 0)
            move(two)
            wait_for(lambda: len(two.received) == 2)
            (thread,) = [thread for thread in threading.enumerate() if thread.name == "courier-a"]
        assert not thread.is_alive()


def environment(own_app, **more) -> dict[str, str]:
    settings = own_app.config["SETTINGS"]
    with own_app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    return {
        **os.environ,
        "DATABASE_URL": url.replace("postgresql+psycopg://", "postgresql://"),
        "LMS_INSTANCE": str(settings.instance),
        "LMS_BASE_URL": "http://localhost",
        "SECRET_KEY": "only-for-tests-" * 3,
        **more,
    }


def start(env: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


@pytest.mark.slow
def test_sigterm_ends_it_in_order(own_app):
    with own_app.app_context():
        record(5)
    process = start(environment(own_app))
    try:

        def arrived() -> bool:
            with own_app.app_context():
                return db.session.scalar(select(func.count()).select_from(StoredStatement)) == 5

        wait_for(arrived)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    lines = [json.loads(line)["what"] for line in log.splitlines() if line.startswith("{")]
    assert (lines[0], lines[-1]) == ("worker_started", "worker_stopped")


@pytest.mark.slow
@pytest.mark.timeout(300)  # it starts the whole application four times
def test_killed_again_and_again_it_loses_and_doubles_nothing(own_app):
    """Two stores; the one elsewhere says 409 to whatever it already has, so a doubled fact would show."""
    kills, per_round = 3, 150
    with FakeLrs(strict=True).running() as fake:
        env = environment(own_app, LMS_LRS_ENDPOINT=fake.endpoint, LMS_LRS_USER="u", LMS_LRS_PASSWORD="p")
        for number in range(kills):
            with own_app.app_context():
                record(per_round, start=number * per_round)
            before = len(fake.puts)
            process = start(env)
            try:
                wait_for(lambda seen=before: len(fake.puts) > seen + 40)
            finally:
                process.kill()
                process.communicate()
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--once"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        with own_app.app_context():
            owed = {str(id_) for id_ in db.session.scalars(select(OwedStatement.id))}
            assert len(owed) == kills * per_round
            assert {str(id_) for id_ in db.session.scalars(select(StoredStatement.id))} == owed
            assert set(fake.received) == owed
            assert set(db.session.scalars(select(Delivery.state))) == {"delivered"}


def test_one_item_that_fails_keeps_no_other_from_being_done(own_app, caplog):
    ids = [uuid4() for _ in range(3)]

    def act(id_, at):
        ledger.record(dataclasses.replace(sample("chunk_completed"), revision=ids.index(id_)))
        if id_ == ids[1]:
            raise ValueError("not this one")

    with own_app.app_context(), caplog.at_level(logging.INFO, logger="lms.worker"):
        run = worker.one_by_one("tidy", lambda at: ids, act)
        assert run(clock.now()) is False
        assert db.session.scalar(select(func.count()).select_from(OwedStatement)) == 2, "the failed one is taken back"
    (line,) = [json.loads(record.message) for record in caplog.records]
    assert (line["what"], line["duty"], line["id"]) == ("item_failed", "tidy", str(ids[1]))


def test_the_worker_closes_what_somebody_left_behind(own_app):
    """Before it cancels and grades what hangs on it, so that one round does all of it."""
    with own_app.app_context():
        names = [duty.name for duty in worker.make(own_app).duties]
    assert names.index("close-left") < names.index("cancel-ended") < names.index("close-overdue")
