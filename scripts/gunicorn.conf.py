"""How the web processes run, for `make run` and for an organization's own service unit alike."""

import gc
import os
from typing import Any

wsgi_app = "wsgi:app"
# The application is read once, before the processes part: a quicker start, and memory that they share.
preload_app = True
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
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
