"""How the web processes run, for `make run` and for an organization's own service unit alike."""

import gc
import os
import select
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

wsgi_app = "wsgi:app"
# The application is read once, before the processes part: a quicker start, and memory that they share.
preload_app = True
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"


class Worker(ThreadWorker):
    """Threads as gunicorn has them, for clients that keep their connection and ask again at once, as programs do.

    With gunicorn's own, each of their requests goes from the thread to the process's poller and back, which costs as
    much as answering a small one; and all connections may end up with one process while the other has nothing to do.
    """

    STAYS = 2  # milliseconds
    STEPS_BACK = 0.001  # seconds

    def handle(self, conn: Any) -> Any:
        """A thread that nobody else waits for stays with its client for a moment."""
        while True:
            found = super().handle(conn)
            # Anything but True: the connection is to be closed, or to be waited for elsewhere.
            if found is not True or not self.alive or conn.is_http2 or self._somebody_waits():
                return found
            asked = select.poll()
            asked.register(conn.sock, select.POLLIN)
            if not asked.poll(self.STAYS):
                return found

    def _somebody_waits(self) -> bool:
        at_work = self.nr_conns - len(self.keepalived_conns) - len(self.pending_conns)
        return bool(at_work > self.cfg.threads)

    def accept(self, listener: Any) -> None:
        """A process that has connections lets another go first; then there may be nobody left to accept."""
        if self.nr_conns:
            time.sleep(self.STEPS_BACK)
        super().accept(listener)


worker_class = Worker
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 20
keepalive = 5
# Heartbeats in memory: on a slow disk a busy worker would look dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 -- a heartbeat file, no content
# Its socket would lie in the home directory, shared by every gunicorn of this user.
control_socket_disable = True
loglevel = "warning"
# The application reads the client's address itself, by LMS_PROXY_COUNT; gunicorn must not guess.
forwarded_allow_ips = ""


def when_ready(_server: Any) -> None:
    """Before the processes part: what the application is made of stays, so none looks through it for garbage."""
    gc.collect()
    gc.freeze()
