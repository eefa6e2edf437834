"""Width and height of a picture in pixels, read from its first bytes."""

import re
import struct

from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import parse

Size = tuple[int, int]
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STAND_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)(?:px)?\s*")


def size_of(data: bytes) -> Size | None:
    """None where the bytes do not tell."""
    try:
        found = _size(data)
    except struct.error:
        return None
    return found if found and min(found) > 0 else None


def _size(data: bytes) -> Size | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return struct.unpack(">II", data[16:24])
    if data.startswith((b"GIF87a", b"GIF89a")):
        return struct.unpack("<HH", data[6:10])
    if data.startswith(b"\xff\xd8"):
        return _of_jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _of_webp(data)
    return _of_svg(data) if b"<svg" in data[:4000] else None


def _of_jpeg(data: bytes) -> Size | None:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        mark = data[at + 1]
        if mark == 0xFF or mark in _STAND_ALONE:
            at += 1 if mark == 0xFF else 2
            continue
        if mark in _START_OF_FRAME:
            high, wide = struct.unpack(">HH", data[at + 5 : at + 9])
            return wide, high
        at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None


def _of_webp(data: bytes) -> Size | None:
    match data[12:16]:
        case b"VP8 ":
            wide, high = struct.unpack("<HH", data[26:30])
            return wide & 0x3FFF, high & 0x3FFF
        case b"VP8L":
            bits = struct.unpack("<I", data[21:25])[0]
            return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _of_svg(data: bytes) -> Size | None:
    try:
        root = parse(data, "picture.svg")
    except RefusedItem:
        return None
    lengths = [_LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
    box = root.get("viewBox", "").replace(",", " ").split()
    sides = [one[1] for one in lengths if one is not None]
    try:
        wide, high = (round(float(side)) for side in (sides if len(sides) == 2 else box[2:]))
    except (ValueError, OverflowError):
        return None
    return wide, high
