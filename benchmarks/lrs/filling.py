"""`python -m benchmarks.lrs.filling SIZE`: statements into the store that the environment names, by its own import.

Prints a key pair for the store.
"""

import sys
from collections.abc import Iterator

from benchmarks.lrs import statements
from lms import clock
from lms.app import create_app
from lms.db import db
from lms.lrs import archive, credentials, service
from lms.lrs.archive import Entry

TOLD_EVERY = 50_000
AUTHORITY = {"objectType": "Agent", "account": {"homePage": "http://127.0.0.1", "name": "lrs:filling"}}


def entries(size: int) -> Iterator[Entry]:
    for number in range(size):
        id_ = statements.statement_id(number)
        said = statements.statement(number, id_)
        text = statements.as_json(number, id_).decode()
        (received,) = service.received([said], texts=[text], authority=AUTHORITY)
        yield Entry(number + 1, received, AUTHORITY, {})


def fill(size: int) -> None:
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if done % TOLD_EVERY == 0:
            print(f"  {done} of {size} statements are in", file=sys.stderr, flush=True)

    brought = archive.bring_in(entries(size), tell=tell)
    assert brought.new + brought.known == size


def main() -> None:
    with create_app().app_context():
        fill(int(sys.argv[1]))
        pair = credentials.add("benchmark", at=clock.now())
        db.session.commit()
    print(pair.key, pair.secret)


if __name__ == "__main__":
    main()
