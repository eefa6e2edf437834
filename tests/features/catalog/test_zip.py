"""A zip that somebody made to do harm is refused with a sentence; an ordinary one reads like its folder."""

import io
import stat
import struct
import zipfile

import pytest

from lms.catalog import files as bundle_files
from lms.catalog.loader import load_zip
from tests.features.catalog.bundles import loaded, small


def packed(files: dict[str, bytes], prefix: str = "") -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(prefix + name, data)
    buffer.seek(0)
    return buffer


def with_entry(info: zipfile.ZipInfo, data: bytes = b"x") -> io.BytesIO:
    buffer = packed(small())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(info, data)
    buffer.seek(0)
    return buffer


def refusal(buffer: io.BytesIO) -> str:
    found = load_zip(buffer, "course.zip")
    assert found.course is None
    assert not found.assets
    return " / ".join(str(problem) for problem in found.errors)


@pytest.mark.parametrize("prefix", ["", "my-course/"])
def test_a_zip_reads_like_its_folder(prefix):
    files = {**small(), "__MACOSX/._course.yaml": b"junk", ".DS_Store": b"junk"}
    found = load_zip(packed(files, prefix), "course.zip")
    assert found.problems == ()
    assert found.course == loaded(small()).course


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.yaml", "leads out"),
        ("01-first/../../evil.yaml", "leads out"),
        ("/etc/passwd", "leads out"),
        ("C:/evil.yaml", "no place in it"),
        ("01-first\\evil.yaml", "no place in it"),
        ("/".join("abcdefghijk") + "/x.md", "too long"),
        ("x" * 301, "too long"),
    ],
)
def test_paths_that_lead_elsewhere(name, words):
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    buffer = with_entry(info)
    assert words in refusal(buffer)


def test_links_and_devices():
    for mode, words in ((stat.S_IFLNK | 0o777, "is a link"), (stat.S_IFCHR | 0o666, "not an ordinary file")):
        info = zipfile.ZipInfo("01-first/assets/evil.svg")
        info.external_attr = mode << 16
        assert words in refusal(with_entry(info, b"/etc/passwd"))


def test_a_bomb_is_not_unpacked():
    info = zipfile.ZipInfo("01-first/assets/bomb.png")
    info.compress_type = zipfile.ZIP_DEFLATED
    assert "times its packed size" in refusal(with_entry(info, b"\0" * 30_000_000))


def test_a_size_that_lies_is_not_believed():
    """The directory says 10 bytes; what counts is what comes out."""
    buffer = packed({**small(), "02-second/bomb.md": b"\0" * 5_000_000})
    data = bytearray(buffer.getvalue())
    at = data.rindex(b"02-second/bomb.md") - 46  # its record in the directory
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    found = load_zip(io.BytesIO(bytes(data)), "course.zip")
    assert found.course is None or b"\0" * 11 not in b"".join(asset.data for asset in found.assets.values())


def test_too_many_entries(monkeypatch):
    monkeypatch.setattr(bundle_files, "MOST_FILES", 5)
    assert "5 is the most" in refusal(packed(small()))


def test_too_much_in_all(monkeypatch):
    monkeypatch.setattr(bundle_files, "MOST_BYTES", 2000)
    assert "the zip is larger" in refusal(packed(small()))


def test_the_same_path_twice():
    info = zipfile.ZipInfo("Course.yaml")
    assert "a second time" in refusal(with_entry(info))


def test_unusual_packing_and_encryption():
    info = zipfile.ZipInfo("extra.md")
    info.compress_type = zipfile.ZIP_LZMA
    assert "unusual way" in refusal(with_entry(info))
    buffer = packed(small())
    data = bytearray(buffer.getvalue())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "encrypted" in refusal(io.BytesIO(bytes(data)))


def test_what_is_no_zip_at_all():
    for data in (b"", b"PK", b"hello", packed(small()).getvalue()[:-30]):
        assert "not a zip" in refusal(io.BytesIO(data))


def test_a_damaged_entry():
    buffer = packed(small())
    data = bytearray(buffer.getvalue())
    data[60:80] = b"\xff" * 20
    assert "damaged" in refusal(io.BytesIO(bytes(data))) or "not a zip" in refusal(io.BytesIO(bytes(data)))


def test_a_zip_without_a_course():
    assert "course.yaml is missing" in refusal(packed({"readme.txt": b"hello"}))
