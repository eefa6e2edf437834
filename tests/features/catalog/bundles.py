"""A small valid bundle as a dict of files, and ways to break it."""

from pathlib import Path

from lms.catalog.loader import Loaded, load_files
from lms.catalog.problems import Report

SAMPLES = Path(__file__).parents[2] / "samples" / "bundles"
SMALL = SAMPLES / "small"

Files = dict[str, bytes]


def small() -> Files:
    return {
        path.relative_to(SMALL).as_posix(): path.read_bytes() for path in sorted(SMALL.rglob("*")) if path.is_file()
    }


def loaded(files: Files) -> Loaded:
    return load_files(files, Report())


def replaced(files: Files, file: str, old: str, new: str) -> Files:
    """The files with one text replaced by another; a sample that changed under the test fails here."""
    text = files[file].decode()
    assert old in text, f"{file} does not hold {old!r} any more"
    return {**files, file: text.replace(old, new, 1).encode()}


def line_of(files: Files, file: str, part: str) -> int:
    """The first line that holds `part`."""
    lines = files[file].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    return next(number for number, line in enumerate(lines, 1) if part in line)
