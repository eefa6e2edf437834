"""`make demo-reset`: throws the embedded database away and builds the demo company anew.

Only ever the embedded SQLite file of a local installation; anything else is refused.
"""

import os
from pathlib import Path

from console import say, stop
from prepare import ROOT
from serve import alone, flask

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
        flask("db", "upgrade", failing="The database could not be brought to the current schema.")
        flask("demo", "load", "--if-empty", failing="The demo company could not be loaded.")
    say("The demo company is as new. `make run` serves it.")


if __name__ == "__main__":
    main()
