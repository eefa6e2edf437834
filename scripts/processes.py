"""Child processes that never outlive the script that started them. Standard library only."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def _die_with(parent: int, by: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask_the_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(by), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | int | None = None,
    group: str | int | None = None,
    output: int | None = None,
    when_orphaned: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, so that Ctrl-C reaches only us and we decide how it ends.

    On Linux it also gets `when_orphaned` should this process be killed outright.
    """
    return subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        # Safe only before any thread has been started; these scripts start none.
        preexec_fn=_die_with(os.getpid(), when_orphaned),
    )


def end(child: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, patience: float = 25) -> None:
    """Ask, wait, then kill the child's whole session."""
    if child.poll() is None:
        child.send_signal(by)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)
    _kill_session(child.pid)
    child.wait()


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> int:
    """Run to the end and return the exit code; if we are interrupted meanwhile, interrupt it first."""
    child = start(command, env=env, cwd=cwd)
    try:
        code = child.wait()
    except BaseException:
        end(child, by=signal.SIGINT)
        raise
    return code if code >= 0 else 128 - code


def unwind_on_signals() -> None:
    """Let SIGTERM and a closed terminal end us like Ctrl-C: through every `finally` on the way."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def _kill_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
