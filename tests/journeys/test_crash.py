"""SIGKILL at random moments: the acknowledged is kept, the resent not doubled, every statement arrives once."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from lms.assessment.models import Attempt
from lms.catalog import queries as catalog
from lms.db import db
from lms.demo.answers import right
from lms.learning.models import StepCompletion
from lms.lrs.models import StoredStatement
from lms.policy.outline import Chunk, Item, ItemType
from lms.statements.models import Delivery, LedgerEntry, OwedStatement
from tests.journeys.plain_client import PlainClient, Unanswered
from tests.journeys.site import Site, installation
from tests.journeys.world import inside, populate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("crash")]
KILLS = 50
SEED = 20261122


def fields_of(item: Item) -> dict[str, str | list[str]]:
    """A right answer as the page's form sends it."""
    response, name = right(item), f"q-{item.key}"
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {name: response["choice"]}
        case ItemType.MULTIPLE | ItemType.HOTSPOT:
            return {name: response["choices"]}
        case ItemType.BEST_WORST:
            return {f"{name}.{end}": key for end, key in response.items()}
        case ItemType.CLOZE:
            return {f"{name}.{key}": said for key, said in response["gaps"].items()}
        case ItemType.SCENARIO:
            return {f"{name}.{turn}": reply for turn, reply in response["replies"].items()}
        case ItemType.ORDER | ItemType.RANKING:
            return {f"{name}.{key}": str(place) for key, place in response["places"].items()}
        case ItemType.MATCHING:
            return {f"{name}.{key}": partner for key, partner in response["pairs"].items()}
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return {name: response["number"]}
        case ItemType.SHORT:
            return {name: response["text"]}


class Story:
    """Chunk checks, answered again and again under fresh ids, each retried under its own id until acknowledged."""

    def __init__(self, site: Site, world, steps: list[tuple[str, Chunk]]) -> None:
        self.site, self.world, self.steps = site, world, steps
        self.client = PlainClient(site.url, "rosa@example.com")
        self.acknowledged: list[tuple[str, str]] = []  # (step key, client id)
        self.unanswered = 0
        self.stop = threading.Event()
        self.wrong: list[str] = []

    def run(self) -> None:
        try:
            number = 0
            while not self.stop.is_set():
                key, chunk = self.steps[min(number, len(self.steps) - 1)]
                self.check(key, chunk)
                number += 1
        except AssertionError as wrong:
            self.wrong.append(str(wrong))

    def check(self, key: str, chunk: Chunk) -> None:
        client_id = str(uuid4())
        fields: dict = {"client_id": client_id}
        for item in chunk.items:
            fields.update(fields_of(item))
        status = self.insist(lambda: self.client.post(f"/courses/{self.world.enrollment}/checks/{key}", fields)[0])
        assert status in {200, 303}, f"{key}: {status}"
        self.acknowledged.append((key, client_id))

    def insist(self, act: Callable[[], int]) -> int:
        """Send until an answer comes: what a browser's reload, or a person, would do."""
        until = time.monotonic() + 60
        while True:
            try:
                return act()
            except Unanswered:
                self.unanswered += 1
                assert time.monotonic() < until, "the server did not come back"
                time.sleep(0.05)


def children(pid: int) -> list[int]:
    """The processes that this one started (Linux)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def kill_something(site: Site, draw: random.Random) -> str:
    """A web process, the delivery worker, or now and then the whole server; what died is started again."""
    victim = draw.choices(("web process", "worker", "server"), weights=(5, 4, 1))[0]
    if victim == "worker":
        site.kill("worker")
        site.start_worker()
    elif victim == "server":
        site.kill("web")
        site.start_web()
    else:
        for pid in children(site.running["web"].pid)[:1]:
            os.kill(pid, signal.SIGKILL)  # its parent starts another
    return victim


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds web processes through /proc")
def test_fifty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    with installation(tmp_path / "crash") as site:
        world = populate(site)
        with inside(site):
            course = catalog.course(world.rep_version)
        module = course.modules[0]
        steps = [(module.step_key(step), step) for step in module.steps if isinstance(step, Chunk) and step.items]
        site.start()
        story = Story(site, world, steps)
        thread = threading.Thread(target=story.run)
        thread.start()
        draw = random.Random(SEED)
        killed: Counter[str] = Counter()
        for _ in range(KILLS):
            time.sleep(0.05 + draw.random() * 0.6)
            killed[kill_something(site, draw)] += 1
        time.sleep(1)
        story.stop.set()
        thread.join(90)
        assert not thread.is_alive()
        assert not story.wrong
        assert sum(killed.values()) == KILLS
        assert len(killed) == 3, killed
        assert story.unanswered > 0, "no kill ever hit a request: the test proved nothing"
        assert len(story.acknowledged) > 20
        wait_until_delivered(site)
        nothing_lost_nothing_doubled(site, story)


def wait_until_delivered(site: Site) -> None:
    until = time.monotonic() + 120
    with inside(site):
        while True:
            db.session.rollback()
            owed = db.session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state != "delivered"))
            if not owed:
                return
            assert time.monotonic() < until, f"{owed} statements still owed\n{site.log('worker')}"
            time.sleep(0.3)


def nothing_lost_nothing_doubled(site: Site, story: Story) -> None:
    with inside(site):
        mine = select(Attempt.id).where(Attempt.enrollment_id == story.world.enrollment)
        attempts = {str(key) for key in db.session.scalars(mine)}
        sent = [client_id for _, client_id in story.acknowledged]
        assert len(set(sent)) == len(sent)
        assert set(sent) <= attempts, "an acknowledged check is not on record"
        assert len(attempts - set(sent)) <= 1, "more was kept than was sent"  # the last one, cut off by the end
        kinds = Counter(db.session.scalars(select(LedgerEntry.kind)))
        steps_done = db.session.scalar(
            select(func.count()).select_from(StepCompletion).where(StepCompletion.how == "read")
        )
        told = db.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "chunk_completed")).all()
        rosas = [entry for entry in told if entry.subject_id == story.world.ids["rosa"]]
        assert len(rosas) == len({entry.title for entry in rosas}), "a chunk was completed twice"
        assert kinds["chunk_completed"] == steps_done
        owed = set(db.session.scalars(select(OwedStatement.id)))
        stored = list(db.session.scalars(select(StoredStatement.id)))
        assert len(stored) == len(set(stored)) == len(owed)
        assert set(stored) == owed, "the store differs from what was owed"
