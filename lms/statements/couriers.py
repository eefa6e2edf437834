"""A thread for each store elsewhere, so that one that is silent holds up no other, nor what else the worker does."""

import threading
import time
from collections.abc import Callable

from flask import Flask

from lms.db import db
from lms.statements.stores import Stores
from lms.statements.transport import Transport

# Whoever still waits for an answer after so many seconds is left behind: it sends the same again next time.
STOP_WITHIN = 5.0


class Couriers:
    """`work(key, transport, stopping)` is run in each thread until it returns, in an application context of its own."""

    def __init__(self, app: Flask, stores: Stores, work: Callable[[str, Transport, threading.Event], None]) -> None:
        self._app = app
        self._stores = stores
        self._work = work
        self._at_work: dict[str, _Courier] = {}

    def look(self) -> None:
        """Send one to each store that is in use as it is described now; call back those of others.

        One that is called back ends with what it has in hand, so for a moment a store may have two.
        """
        wanted = {key: self._stores.lend(key) for key in self._stores if not self._stores[key].is_local}
        for key, courier in tuple(self._at_work.items()):
            if wanted.get(key) is not courier.transport or not courier.thread.is_alive():
                courier.stopping.set()
                del self._at_work[key]
        for key, transport in wanted.items():
            if key not in self._at_work:
                self._at_work[key] = _Courier(key, transport, self._run)

    def wait(self) -> None:
        """Until each has come back by itself."""
        for courier in self._at_work.values():
            courier.thread.join()

    def stop(self) -> None:
        """Call all back and wait for them, but not for long."""
        for courier in self._at_work.values():
            courier.stopping.set()
        until = time.monotonic() + STOP_WITHIN
        for courier in self._at_work.values():
            courier.thread.join(max(0.0, until - time.monotonic()))
        self._at_work.clear()

    def _run(self, courier: "_Courier") -> None:
        with self._app.app_context():
            try:
                self._work(courier.key, courier.transport, courier.stopping)
            finally:
                courier.transport.close()
                db.session.remove()


class _Courier:
    def __init__(self, key: str, transport: Transport, run: Callable[["_Courier"], None]) -> None:
        self.key = key
        self.transport = transport
        self.stopping = threading.Event()
        # Not waited for when the process ends: a store may be silent for long.
        self.thread = threading.Thread(target=run, args=(self,), name=f"courier-{key}", daemon=True)
        self.thread.start()
