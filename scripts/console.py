"""How the scripts talk to a person: numbered steps, and failures that say what to do.

Standard library only.
"""

import sys
from collections.abc import Sequence
from typing import NoReturn

WIDEST = 150


def say(text: str = "") -> None:
    print(text, flush=True)


def step(number: int, of: int, what: str) -> None:
    say(f"[{number}/{of}] {what}")


def stop(what: str, *, do: Sequence[str] = (), seen: str = "", code: int = 1) -> NoReturn:
    """End the program: what went wrong, what helps, and the last lines of what the tool itself said."""
    lines = ["", what, *(f"  - {line}" for line in do)]
    tail = [line for line in seen.strip().splitlines() if line.strip()][-8:]
    if tail:
        # The last line says what to do, maybe with a command to copy: it is not cut.
        lines += ["", "Its own last words:", *(f"  | {line[:WIDEST]}" for line in tail[:-1]), f"  | {tail[-1]}"]
    sys.stdout.flush()
    print("\n".join(lines), file=sys.stderr, flush=True)
    raise SystemExit(code)
