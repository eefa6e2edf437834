"""The files of a bundle, from a folder or from a zip, as bytes by path; whatever could do harm stays outside."""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from lms.catalog.problems import Report

MB = 1024 * 1024
MOST_FILES = 2000
MOST_BYTES = 200 * MB
MOST_FILE_BYTES = 60 * MB
MOST_RATIO = 200  # text compresses to a tenth; a bomb to a thousandth
RATIO_FROM = MB  # small files may compress well
MOST_DEPTH = 8

Files = Mapping[str, bytes]
# What `zipfile` raises for bytes that it cannot read; RuntimeError for a version, a packing or a password of its format
# that it does not handle.
UNREADABLE = (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, OSError)


def from_folder(root: Path, report: Report) -> Files:
    """Every file under `root`; hidden ones are passed over, links that lead out are refused."""
    found: dict[str, bytes] = {}
    base = root.resolve()
    total = 0
    for path, name in _walk(base, base, report):
        size = path.stat().st_size
        total += size
        if len(found) >= MOST_FILES:
            report.error(name, 0, f"the bundle has more than {MOST_FILES} files")
            break
        if size > MOST_FILE_BYTES:
            report.error(name, 0, f"the file has {size // MB} MB; {MOST_FILE_BYTES // MB} MB is the most")
            continue
        if total > MOST_BYTES:
            report.error(name, 0, f"the bundle is larger than {MOST_BYTES // MB} MB")
            break
        try:
            found[name] = path.read_bytes()
        except OSError as wrong:
            report.error(name, 0, f"the file cannot be read: {wrong.strerror}")
    return found


def _walk(folder: Path, base: Path, report: Report) -> Iterator[tuple[Path, str]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        name = path.relative_to(base).as_posix()
        if _is_litter(name):
            continue
        if entry.is_symlink():
            target = path.resolve()
            if not target.is_relative_to(base):
                report.error(name, 0, "this link leads out of the bundle", "Put a copy of the file here.")
                continue
            if not target.is_file():
                report.error(name, 0, "this link does not lead to a file", "Put a copy of the file here.")
                continue
            yield path, name
        elif entry.is_dir():
            if name.count("/") + 1 >= MOST_DEPTH:
                report.error(name, 0, f"folders may be nested {MOST_DEPTH} deep")
                continue
            yield from _walk(path, base, report)
        elif entry.is_file():
            yield path, name
        else:
            report.error(name, 0, "this is not an ordinary file")


def from_zip(file: BinaryIO | Path, report: Report, name: str = "the zip") -> Files:
    """Every file in the zip, as if unpacked; one folder around everything is taken away.

    Sizes are counted while reading: what the directory of the zip says about them is not believed.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _without_wrapper(_unzip(archive, report, name))
    except UNREADABLE as wrong:
        report.error(name, 0, f"this is not a zip that can be read ({wrong})")
        return {}


def _unzip(archive: zipfile.ZipFile, report: Report, name: str) -> dict[str, bytes]:
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        report.error(name, 0, f"the zip has {len(entries)} entries; {MOST_FILES} is the most")
        return {}
    found: dict[str, bytes] = {}
    folded: set[str] = set()
    total = 0
    for entry in entries:
        problem = _refusal(entry)
        if problem:
            report.error(_printable(entry.filename), 0, problem)
            continue
        if entry.is_dir() or _is_litter(entry.filename):
            continue
        if entry.filename.casefold() in folded:
            report.error(entry.filename, 0, "the zip holds this path a second time")
            continue
        folded.add(entry.filename.casefold())
        data = _read(archive, entry, MOST_BYTES - total, report)
        if data is None:
            continue
        total += len(data)
        if total > MOST_BYTES:
            report.error(name, 0, f"unpacked, the zip is larger than {MOST_BYTES // MB} MB")
            return {}
        found[entry.filename] = data
    return found


def _refusal(entry: zipfile.ZipInfo) -> str:
    """Why this entry is not even looked at; empty when it may be."""
    path = PurePosixPath(entry.filename)
    mode = entry.external_attr >> 16
    if "\\" in entry.orig_filename or "\0" in entry.orig_filename or ":" in entry.filename:
        return "the path holds a character that has no place in it"
    if path.is_absolute() or ".." in path.parts:
        return "the path leads out of the bundle"
    if len(path.parts) > MOST_DEPTH + 1 or len(entry.filename) > 300:
        return "the path is too long"
    if stat.S_ISLNK(mode):
        return "the entry is a link"
    if mode and stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "the entry is not an ordinary file"
    if entry.flag_bits & 0x1:
        return "the entry is encrypted"
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "the entry is packed in an unusual way: use ordinary zip compression"
    return ""


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int, report: Report) -> bytes | None:
    packed = max(entry.compress_size, 1)
    limit = min(MOST_FILE_BYTES, room, max(packed * MOST_RATIO, RATIO_FROM))
    try:
        with archive.open(entry) as stream:
            data = stream.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as wrong:
        report.error(entry.filename, 0, f"the entry is damaged ({wrong})")
        return None
    if len(data) <= limit:
        return data
    if limit == MOST_FILE_BYTES:
        report.error(entry.filename, 0, f"unpacked, the file is larger than {MOST_FILE_BYTES // MB} MB")
    elif limit == room:
        report.error(entry.filename, 0, f"unpacked, the zip is larger than {MOST_BYTES // MB} MB")
    else:
        report.error(entry.filename, 0, f"unpacked, the file is more than {MOST_RATIO} times its packed size")
    return None


def _without_wrapper(files: dict[str, bytes]) -> Files:
    if "course.yaml" in files:
        return files
    tops = {path.split("/", 1)[0] for path in files}
    if len(tops) == 1 and f"{next(iter(tops))}/course.yaml" in files:
        return {path.split("/", 1)[1]: data for path, data in files.items()}
    return files


def _is_litter(path: str) -> bool:
    """What desktops and version control leave behind."""
    parts = PurePosixPath(path).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or path.endswith(("~", "Thumbs.db"))


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:300]
