"""`multipart/mixed`: a statement or several as JSON, and behind it the data of their attachments."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message

MIXED = "multipart/mixed"
HASH_HEADER = "x-experience-api-hash"
SHA2 = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
LONGEST_BOUNDARY = 200  # RFC 2046 allows 70; some clients are generous
MOST_PARTS = 1000
MOST_HEADERS = 16 * 1024


class InvalidMultipart(ValueError):
    """Why this is no multipart/mixed that xAPI knows."""


@dataclass(frozen=True, slots=True)
class Part:
    headers: Mapping[str, str]  # names in small letters
    content: bytes

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def boundary_of(content_type: str) -> str:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise InvalidMultipart("the boundary is missing in Content-Type, or too long")
    return boundary


def parts(body: bytes, boundary: str) -> tuple[Part, ...]:
    """Every part between the boundaries; raises InvalidMultipart if one is not whole."""
    try:
        mark = b"--" + boundary.encode("ascii")
    except UnicodeEncodeError as wrong:
        raise InvalidMultipart("the boundary has letters that are not ASCII") from wrong
    # A boundary stands at the beginning of a line; the line break before it belongs to it.
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 2:
        raise InvalidMultipart("the boundary of Content-Type does not occur in the body")
    if len(pieces) > MOST_PARTS:
        raise InvalidMultipart(f"it has more than {MOST_PARTS} parts")
    *inner, end = pieces[1:]
    if not end.startswith(b"--"):
        if b"\n" + mark in end:
            raise InvalidMultipart("a line before a boundary ends in LF; around boundaries and in headers it is CRLF")
        raise InvalidMultipart("it ends before its last boundary")
    if not inner:
        raise InvalidMultipart("it has no parts")
    return tuple(_part(piece) for piece in inner)


def _part(piece: bytes) -> Part:
    line, found, rest = piece.partition(b"\r\n")
    if not found or line.strip(b" \t"):
        raise InvalidMultipart("a boundary is not alone in its line")
    if rest.startswith(b"\r\n"):
        return Part({}, rest[2:])
    head, found, content = rest.partition(b"\r\n\r\n")
    if not found or len(head) > MOST_HEADERS:
        raise InvalidMultipart("a part has no end of its headers")
    headers = {}
    for header in head.split(b"\r\n"):
        name, colon, value = header.decode("latin-1").partition(":")
        if not colon or not name.strip():
            raise InvalidMultipart("a part has a header without a name")
        headers[name.strip().lower()] = value.strip()
    return Part(headers, content)


def attached(found: Iterable[Part]) -> dict[str, bytes]:
    """The data of these parts by its hash in small letters, each hash checked."""
    contents = {}
    for number, part in enumerate(found, 1):
        where = f"attachment part {number}"
        if part.headers.get("content-transfer-encoding", "").lower() != "binary":
            raise InvalidMultipart(f"{where} needs the header Content-Transfer-Encoding: binary")
        sha2 = part.headers.get(HASH_HEADER, "").lower()
        if not sha2:
            raise InvalidMultipart(f"{where} needs the header X-Experience-API-Hash")
        algorithm = SHA2.get(len(sha2))
        if algorithm is None or hashlib.new(algorithm, part.content).hexdigest() != sha2:
            raise InvalidMultipart(f"the X-Experience-API-Hash of {where} is not the SHA-2 of its content")
        contents[sha2] = part.content
    return contents


def mixed(json: str, contents: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """The body and its Content-Type: this JSON, and each content with its type under its hash."""
    boundary = secrets.token_hex(16)
    pieces = [f"--{boundary}\r\nContent-Type: application/json\r\n\r\n".encode(), json.encode(), b"\r\n"]
    for sha2, (type_, content) in contents.items():
        head = (
            f"--{boundary}\r\nContent-Type: {type_}\r\nContent-Transfer-Encoding: binary\r\n"
            f"X-Experience-API-Hash: {sha2}\r\n\r\n"
        )
        pieces += (head.encode(), content, b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f'{MIXED}; boundary="{boundary}"'
