"""What a recording is, by its own bytes: what its name or a browser says about it is not asked."""

EDGE = 256 * 1024  # as much of the beginning and of the end as is looked at
SUFFIX = {
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
    "video/mp4": ".mp4",
    "video/ogg": ".ogv",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
}


def media_type(head: bytes, tail: bytes = b"") -> str | None:
    """The media type of a file that begins with `head` and ends with `tail`; None for what is no recording.

    Containers that hold sound as well as film say which in their description of tracks, at one end or the other.
    """
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if _has(head, tail, b"V_VP", b"V_AV1", b"V_MPEG") else "audio/webm"
    if head[4:8] == b"ftyp":
        if head[8:12] == b"qt  ":
            return "video/quicktime" if _has(head, tail, b"vide") else "audio/mp4"
        return "video/mp4" if _has(head, tail, b"vide") else "audio/mp4"
    if head.startswith(b"OggS"):
        return "video/ogg" if _has(head, b"", b"theora") else "audio/ogg"
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"#!AMR"):
        return "audio/amr"
    if head[:2] in {b"\xff\xf1", b"\xff\xf9"}:
        return "audio/aac"
    # A tag with the title, or the first frame of sound: eleven set bits, and layer III.
    if head.startswith(b"ID3") or (len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    return None


def _has(head: bytes, tail: bytes, *marks: bytes) -> bool:
    return any(mark in part for mark in marks for part in (head, tail))
