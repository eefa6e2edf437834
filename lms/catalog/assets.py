"""What may be an asset of a course. The media type follows from the name and must agree with the bytes; nothing
that a browser would run is let in."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

import puremagic

from lms.catalog import svg
from lms.catalog.files import MB
from lms.catalog.problems import Report

MEDIA_TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
}
LIMITS = {"image": 3 * MB, "audio": 15 * MB, "video": 60 * MB, "text": MB, "application": 10 * MB}
# Containers that hold sound as well as film: the bytes cannot tell which.
_SAME = ({"audio", "video"},)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a course: its path (`<module-key>/assets/x.svg`, as in `Course.assets`) and its bytes."""

    path: str
    media_type: str
    sha256: str
    data: bytes


def read(path: str, file: str, data: bytes, report: Report) -> Asset:
    """The asset; what is wrong with it goes to the report, and then no course comes of the bundle."""
    suffix = PurePosixPath(file).suffix.lower()
    media_type = MEDIA_TYPES.get(suffix, "application/octet-stream")
    kind = media_type.split("/")[0]
    if suffix not in MEDIA_TYPES:
        report.error(file, 0, f"files of the type {suffix or 'without a suffix'} may not be assets", _allowed())
    elif not data:
        report.error(file, 0, "the file is empty")
    elif len(data) > LIMITS[kind]:
        size, most = len(data) / MB, LIMITS[kind] // MB
        report.error(file, 0, f"the file has {size:.1f} MB; {most} MB is the most for {media_type}")
    elif suffix == ".svg":
        for line, message in svg.problems(data):
            report.error(file, line, message, "Save it as a plain drawing: shapes and text only.")
    elif suffix == ".vtt":
        _check_captions(file, data, report)
    else:
        _check_bytes(file, data, media_type, report)
    return Asset(path, media_type, sha256(data).hexdigest(), data)


def _allowed() -> str:
    return f"Allowed: {', '.join(sorted(MEDIA_TYPES))}."


def _check_captions(file: str, data: bytes, report: Report) -> None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        report.error(file, data.count(b"\n", 0, wrong.start) + 1, "the captions are not UTF-8 text")
        return
    if not text.startswith("WEBVTT"):
        report.error(file, 1, "the captions do not begin with WEBVTT")
    elif "-->" not in text:
        report.error(file, 1, "the captions hold no line with a time (00:00.000 --> 00:02.000)")


def _check_bytes(file: str, data: bytes, media_type: str, report: Report) -> None:
    """puremagic guesses from signatures: a sure contradiction is an error, no guess at all is advice."""
    try:
        guesses = {match.mime_type for match in puremagic.magic_string(data) if match.mime_type}
    except (puremagic.PureError, ValueError):
        guesses = set()
    if media_type in guesses or (media_type == "audio/mpeg" and _is_mpeg_frame(data)):
        return
    kinds = {guess.split("/")[0] for guess in guesses}
    kind = media_type.split("/")[0]
    if not guesses:
        report.warning(file, 0, f"the bytes do not look like {media_type}", "Open it once to see that it plays.")
    elif kind not in kinds and not any(kind in same and kinds & same for same in _SAME):
        report.error(file, 0, f"the name says {media_type}, the bytes say {sorted(guesses)[0]}")


def _is_mpeg_frame(data: bytes) -> bool:
    """Sound without a title tag begins with a frame (eleven set bits), which puremagic does not know."""
    return len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0
