"""SIGKILL while four clients store statements: what was acknowledged is there, whole, and the store goes on."""

import http.client
import os
import random
import signal
import threading
import time
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import pytest

from tests.features.lrs.client import Store
from tests.features.lrs.test_shapes import GOOD
from tests.journeys.site import Site, installation
from tests.journeys.test_crash import children
from tests.own_app import Served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("crash")]
CLIENTS, BATCH, KILLS = 4, 5, 10
SEED = 20261122


class Writer:
    """Batches and single statements, which go other ways, in turn; each is acknowledged, or breaks off."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.acknowledged: list[list[str]] = []
        self.broken: list[list[str]] = []
        self.stop = threading.Event()

    def run(self) -> None:
        for size in cycle((BATCH, 1)):
            if self.stop.is_set():
                return
            ids = [str(uuid4()) for _ in range(size)]
            try:
                status = self.store.ask("POST", "statements", [{**GOOD, "id": id_} for id_ in ids]).status
            except (OSError, http.client.HTTPException):
                self.broken.append(ids)
                time.sleep(0.02)
            else:
                assert status == 200
                self.acknowledged.append(ids)


def kill_web_processes(site: Site, draw: random.Random) -> None:
    for _ in range(KILLS):
        time.sleep(0.2 + draw.random() * 0.6)
        for pid in children(site.running["web"].pid):
            os.kill(pid, signal.SIGKILL)  # their parent starts others


def there(store: Store, ids: list[str]) -> int:
    return sum(store.ask("GET", "statements", statementId=id_).status == 200 for id_ in ids)


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds web processes through /proc")
def test_the_acknowledged_survives_and_no_batch_is_kept_by_halves(tmp_path: Path) -> None:
    with installation(tmp_path / "store", WEB_PROCESSES="2", LMS_XAPI_PER_MINUTE="0") as site:
        said = site.flask("lrs", "add-credential", "crash")
        pair = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
        site.start_web()
        store = Store(Served(f"{site.url}/xapi/", pair["key"].strip(), pair["secret"].strip()))
        writers = [Writer(store) for _ in range(CLIENTS)]
        threads = [threading.Thread(target=writer.run) for writer in writers]
        for thread in threads:
            thread.start()
        kill_web_processes(site, random.Random(SEED))
        time.sleep(1)
        for writer in writers:
            writer.stop.set()
        for thread in threads:
            thread.join(90)
        acknowledged = [ids for writer in writers for ids in writer.acknowledged]
        broken = [ids for writer in writers for ids in writer.broken]
        assert broken, "no kill ever hit a request: the test proved nothing"
        assert len(acknowledged) > KILLS
        assert [there(store, ids) for ids in acknowledged] == [len(ids) for ids in acknowledged]
        assert all(there(store, ids) in {0, len(ids)} for ids in broken)
        # No lock outlived its process: the store takes what comes next.
        assert store.ask("POST", "statements", {**GOOD, "id": str(uuid4())}).status == 200
