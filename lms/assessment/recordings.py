"""The store of recordings: files of the instance folder, each under the hash of its bytes.

It knows no database: which recording belongs to whom, and so who may hear it, says the row that names the hash.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from lms.errors import RuleViolation
from lms.policy import recordings

MB = 1024 * 1024
PIECE = 256 * 1024
FOLDER = "recordings"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the store."""

    sha256: str
    media_type: str
    size: int


class Store:
    """`folder`: where the files lie; `most`: how many bytes one may have."""

    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self.most = most

    @property
    def most_mb(self) -> int:
        return self.most // MB

    def keep(self, stream: IO[bytes]) -> Kept:
        """Take a file in, whole or not at all. What is not a recording by its own bytes is refused.

        It is written aside and moved into place, so that nobody ever hears half of it. The same bytes are one file.
        """
        incoming = self.folder / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        aside = incoming / secrets.token_hex(16)
        digest, size = sha256(), 0
        head = tail = b""
        try:
            with aside.open("xb") as out:
                aside.chmod(0o600)
                while piece := stream.read(PIECE):
                    size += len(piece)
                    if size > self.most:
                        raise RuleViolation("recording_too_large", most=self.most_mb)
                    digest.update(piece)
                    head = head or piece[: recordings.EDGE]
                    tail = (tail + piece)[-recordings.EDGE :]
                    out.write(piece)
                out.flush()
                os.fsync(out.fileno())
            if not size:
                raise RuleViolation("recording_empty")
            media_type = recordings.media_type(head, tail)
            if media_type is None:
                raise RuleViolation("recording_not_taken")
            kept = Kept(digest.hexdigest(), media_type, size)
            path = self.path(kept.sha256)
            path.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        return kept

    def path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest

    def remove(self, digest: str) -> None:
        self.path(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[tuple[str, float]]:
        """Every file here, and when it was last written (seconds since 1970), in order."""
        for path in sorted(self.folder.glob("??/*")):
            yield path.name, path.stat().st_mtime
