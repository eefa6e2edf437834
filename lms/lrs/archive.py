"""The store as a file of JSON lines, and such a file into a store.

One statement a line, as it is kept. Data that came with a statement stands in lines of its own before it
(`{"sha2": …, "content": base64}`). Like delivery this owns its transactions: reading in commits batch by batch.
"""

import base64
import binascii
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from sqlalchemy.exc import IntegrityError, OperationalError

from lms.db import db
from lms.lrs import multipart, queries, service, signatures, sql, turns, versions
from lms.lrs.json_text import InvalidJson, read
from lms.lrs.queries import everything
from lms.lrs.queries.everything import Stretch
from lms.lrs.service import Conflict, Received
from lms.lrs.validate import InvalidStatement
from lms.lrs.versions import Version

BATCH = 500
ATTEMPTS = 4
MICROSECOND = timedelta(microseconds=1)
DATA = frozenset({"sha2", "content"})
GZIP = b"\x1f\x8b"
# JSON has them in text as they are, and many a reader takes them for the end of the line.
LINE_ENDS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}

Tell = Callable[[int], object]  # how many more are done


def _silent(_: int) -> None:
    """Nobody watches."""


# Out


@dataclass(frozen=True, slots=True)
class Exported:
    """`through`: everything stored until then is in the file; the next one goes on from there."""

    count: int
    through: datetime


def begin(since: datetime | None) -> tuple[Stretch, datetime, int]:
    """What there is to write now, until when, and how many statements."""
    through = turns.consistent_through()
    part = everything.stretch(since, through)
    return part, through, everything.count(part)


def export(file: IO[str], part: Stretch, through: datetime, tell: Tell = _silent) -> Exported:
    """Write the statements of `part`, oldest first, voided ones too."""
    count = 0
    while found := everything.some(part, BATCH):
        for one in found:
            if '"attachments"' in one.body:
                for sha2, content in queries.attachments([one.position]).items():
                    line = {"sha2": sha2, "content": base64.b64encode(content).decode("ascii")}
                    file.write(json.dumps(line) + "\n")
            file.write(one.body.translate(LINE_ENDS) + "\n")
        db.session.rollback()  # no reader holds up the cleaning of a database for as long as a large file takes
        count += len(found)
        tell(len(found))
        part = replace(part, low=found[-1].position + 1)
    return Exported(count, through)


@contextmanager
def written(path: Path) -> Iterator[IO[str]]:
    """A file that is there whole or not at all; compressed if its name ends in .gz."""
    aside = path.with_name(path.name + ".part")
    try:
        with (
            gzip.open(aside, "wt", encoding="utf-8")
            if path.suffix == ".gz"
            else aside.open("w", encoding="utf-8") as file
        ):
            yield file
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


# In


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement of the file, found valid, in the line it stands in."""

    line: int
    received: Received
    authority: dict[str, Any]
    attachments: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Brought:
    new: int
    known: int


class Damaged(Exception):
    """The compressed file ends too early, or is not what was compressed: nothing more can be read from `line` on."""

    def __init__(self, line: int) -> None:
        super().__init__("the compressed data is cut off or damaged here; fetch or export the file again")
        self.line = line


class Stopped(Exception):
    """A batch could not be kept, and nothing of it was; what stands before `first_line` is in the store."""

    def __init__(self, problem: Problem, first_line: int) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.first_line = first_line


def entries(path: Path, otherwise: dict[str, Any]) -> Iterator[Entry | Problem]:
    """Every statement of the file, or what is wrong with its line; the database is not asked.

    A statement without an authority gets `otherwise`: whoever can run commands here is trusted with the others.
    """
    seen: dict[Any, int] = {}
    data: dict[str, bytes] = {}
    try:
        for number, text in _lines(path):
            try:
                said = read(text)
                if isinstance(said, dict) and said.keys() == DATA:
                    sha2, content = _data(said)
                    data[sha2] = content
                    continue
                entry = _entry(number, said, data, otherwise)
            except (InvalidJson, InvalidStatement) as wrong:
                yield Problem(number, str(wrong))
            else:
                first = seen.setdefault(entry.received.id, number)
                if first != number:
                    yield Problem(number, f"statement.id: stands in line {first} already")
                else:
                    yield entry
            data = {}
    except Damaged as wrong:
        yield Problem(wrong.line, str(wrong))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """What stands in each line that is not empty; compressed or not is seen by how the file begins, not by its name."""
    number = 0
    with path.open("rb") as plain:
        packed = plain.peek(len(GZIP)).startswith(GZIP)
        try:
            with gzip.open(plain) if packed else nullcontext(plain) as file:
                for number, line in enumerate(file, 1):
                    text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                    if text.strip():
                        yield number, text
        except (EOFError, gzip.BadGzipFile, zlib.error) as wrong:
            raise Damaged(number + 1) from wrong


def _data(said: dict[str, Any]) -> tuple[str, bytes]:
    try:
        content = base64.b64decode(said["content"], validate=True)
        sha2 = said["sha2"].lower()
    except (binascii.Error, ValueError, TypeError, AttributeError) as wrong:
        raise InvalidStatement("content", "must be base64") from wrong
    algorithm = multipart.SHA2.get(len(sha2))
    if algorithm is None or hashlib.new(algorithm, content).hexdigest() != sha2:
        raise InvalidStatement("sha2", "is not the SHA-2 of the content")
    return sha2, content


def _entry(number: int, said: Any, data: dict[str, bytes], otherwise: dict[str, Any]) -> Entry:
    if not isinstance(said, dict):
        raise InvalidStatement("statement", "must be an object")
    if "id" not in said:
        raise InvalidStatement("statement.id", "is missing; without it the same file brings the same statement twice")
    version = versions.asked_for(said["version"]) if isinstance(said.get("version"), str) else None
    authority = said.get("authority", otherwise)
    (received,) = service.received([said], authority=authority, version=version or Version.FIRST, attachments=data)
    if left := data.keys() - received.attachments:
        raise InvalidStatement("statement.attachments", f"have none with the sha2 {min(left)} of the line before")
    signatures.check(received.said, "statement", data)
    return Entry(number, received, authority, data)


def bring_in(found: Iterator[Entry], *, is_dry: bool = False, tell: Tell = _silent) -> Brought:
    """Keep the statements, batch by batch: each whole or not at all. What is there already changes nothing.

    `is_dry`: find out what would happen, and keep nothing. Raises Stopped at the first batch that cannot be kept.
    """
    new = known = 0
    batch: list[Entry] = []
    for entry in found:
        batch.append(entry)
        if len(batch) == BATCH:
            added = _bring(batch, is_dry)
            new, known, batch = new + added, known + len(batch) - added, []
            tell(BATCH)
    if batch:
        added = _bring(batch, is_dry)
        new, known = new + added, known + len(batch) - added
        tell(len(batch))
    if new and not is_dry:
        _count_anew()
    return Brought(new, known)


def _count_anew() -> None:
    """PostgreSQL plans by what it counted last. Until it counts by itself, in a minute, it would sort whole keys."""
    if sql.is_postgres():
        sql.run("ANALYZE stored_statement, statement_key, inherited_key, voided_statement")
        db.session.commit()


def _bring(batch: Sequence[Entry], is_dry: bool) -> int:
    """How many of the batch were new."""
    lines = {entry.received.id: entry.line for entry in batch}
    for attempt in range(ATTEMPTS):
        try:
            at = turns.begin(alone=True)
            known = everything.kept_among(lines.keys())
            # A run of one authority after the other, so that the order of the file is the order of the store.
            for authority, run in groupby(batch, key=lambda entry: json.dumps(entry.authority, sort_keys=True)):
                part = list(run)
                data = {sha2: content for entry in part for sha2, content in entry.attachments.items()}
                ready = service.ready([entry.received for entry in part])
                service.keep(ready, at=at, authority=json.loads(authority), attachments=data)
                at += len(part) * MICROSECOND
            if is_dry:
                db.session.rollback()
            else:
                db.session.commit()
            return len(batch) - known
        except Conflict as wrong:
            db.session.rollback()
            raise Stopped(Problem(lines[wrong.statement_id], str(wrong)), batch[0].line) from wrong
        except InvalidStatement as wrong:
            db.session.rollback()
            voiding = next((entry.line for entry in batch if entry.received.is_voiding), batch[0].line)
            raise Stopped(Problem(voiding, str(wrong)), batch[0].line) from wrong
        except (IntegrityError, OperationalError):  # two drew one position, or the database broke a tie
            db.session.rollback()
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("the last attempt returns or raises")
