"""The web processes as they are started: who keeps a connection is served fast, and keeps nobody from being served."""

import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPLICATION = """
import os
def application(environ, start_response):
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Two processes of one thread each."""
    folder = tmp_path_factory.mktemp("application")
    (folder / "told.py").write_text(APPLICATION)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"PYTHONPATH": str(folder), "PORT": str(port), "WEB_PROCESSES": "2", "WEB_THREADS": "1"}
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "scripts/gunicorn.conf.py"), "told:application"]
    server = subprocess.Popen(command, env={**os.environ, **settings})
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.05)
    yield "127.0.0.1", port
    server.terminate()
    assert server.wait(10) == 0


def ask(client):
    client.request("GET", "/")
    return client.getresponse().read()


def test_more_kept_connections_than_threads_are_all_answered(address):
    clients = [http.client.HTTPConnection(*address, timeout=10) for _ in range(6)]
    told = [[ask(client) for client in clients] for _ in range(5)]
    sockets = [client.sock for client in clients]
    assert None not in sockets, "a connection was closed by the server"
    assert told == [told[0]] * 5, "each connection stays with its process"
    assert len(set(told[0])) == 2, "no process has all of them"
    for client in clients:
        client.close()
