"""`python -m benchmarks.lrs.filling SIZE`: statements into the store that the environment names.

By the store's own service, each kind of statement checked once and kept many times under other ids. Prints a key pair.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from benchmarks.lrs import statements
from lms import clock
from lms.app import create_app
from lms.db import db
from lms.lrs import credentials, service, turns
from lms.lrs.service import Received

BATCH = 2_000
TOLD_EVERY = 100_000
AUTHORITY = {"objectType": "Agent", "account": {"homePage": "http://127.0.0.1", "name": "lrs:filling"}}


def kinds() -> Sequence[Received]:
    """Every statement that is said, found valid by the store, under the id of its first number."""
    found: list[Received] = []
    for number in range(statements.VARIETY):
        id_ = statements.statement_id(number)
        text = statements.as_json(number, id_).decode()
        found += service.received([statements.statement(number, id_)], texts=[text], authority=AUTHORITY)
    return found


def numbered(kind: Received, number: int) -> Received:
    """The same said again under the id that belongs to this number."""
    id_ = statements.statement_id(number)
    beginning = kind.beginning.replace(str(kind.id), id_, 1)
    return replace(kind, id=UUID(id_), said={**kind.said, "id": id_}, beginning=beginning)


def fill(size: int) -> None:
    known = kinds()
    for first in range(0, size, BATCH):
        numbers = range(first, min(first + BATCH, size))
        batch = [numbered(known[number % len(known)], number) for number in numbers]
        # Nothing is taught twice: definitions and names all came with the first ones.
        at = turns.begin(alone=True)
        service.keep(service.ready(batch, may_define=first < len(known)), at=at, authority=AUTHORITY)
        db.session.commit()
        if numbers.stop % TOLD_EVERY == 0:
            print(f"  {numbers.stop} of {size} statements are in", file=sys.stderr, flush=True)


def main() -> None:
    with create_app().app_context():
        fill(int(sys.argv[1]))
        pair = credentials.add("benchmark", at=clock.now())
        db.session.commit()
    print(pair.key, pair.secret)


if __name__ == "__main__":
    main()
