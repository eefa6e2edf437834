"""`make demo-reset`: throws the embedded database away and builds the demo company anew.

Only ever the embedded SQLite file of a local installation; anything else is refused.
"""

import os
from pathlib import Path

from console import say, stop
from prepare import ROOT
from serve import alone, make_ready

SUFFIXES = ("", "-wal", "-shm", "-journal")


def main() -> None:
    if os.environ.get("LMS_MODE", "local") != "local" or os.environ.get("DATABASE_URL"):
        stop(
            "demo-reset works on the embedded database of a local installation only.",
            do=("unset LMS_MODE and DATABASE_URL, or empty that database yourself and give `make run`",),
        )
    with alone():
        instance = ROOT / Path(os.environ.get("LMS_INSTANCE", "instance"))
        for suffix in SUFFIXES:
            (instance / f"fieldwork.db{suffix}").unlink(missing_ok=True)
        make_ready()
    say("The demo company is as new. `make run` serves it.")


if __name__ == "__main__":
    main()
