"""Whether an SVG is a picture and nothing more. A document type, and with it every entity, ends the reading."""

import re
from xml.parsers import expat

_REFUSED = {
    "script": "a script",
    "foreignobject": "foreign content (foreignObject)",
    "iframe": "a frame",
    "object": "an embedded object",
    "embed": "an embedded object",
    "audio": "sound",
    "video": "a film",
    "canvas": "a canvas",
    "handler": "an event handler",
    "listener": "an event handler",
}
_LOCAL = re.compile(r"\s*(#|data:image/(png|jpeg|gif|webp)[;,])", re.IGNORECASE)
_URL = re.compile(r"url\(\s*['\"]?\s*(?!#)[^)]", re.IGNORECASE)


def _animated(value: str) -> str:
    """The attribute that <set> or <animate> would write, without its prefix."""
    return value.strip().rsplit(":", 1)[-1].lower()


def _is_escaped(name: str, value: str) -> bool:
    """CSS reads `ur\\6c(…)` as url(…), in a style and in every attribute that is one, such as fill."""
    return "\\" in value and (name == "style" or "(" in value)


class _Stop(Exception):
    """Enough is known; reading on could only cost time."""


def problems(data: bytes) -> list[tuple[int, str]]:
    """(line, what is wrong) for everything that has no place in a picture."""
    found: list[tuple[int, str]] = []
    styles: list[str] = []
    depth = 0
    parser = expat.ParserCreate()

    def line() -> int:
        return int(parser.CurrentLineNumber)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        local = name.rsplit(":", 1)[-1].lower()
        if depth == 1 and local != "svg":
            found.append((line(), "the file is not an SVG"))
            raise _Stop
        if local in _REFUSED:
            found.append((line(), f"the picture holds {_REFUSED[local]}"))
        if local == "style":
            styles.append("")
        for attribute, value in attributes.items():
            own = attribute.rsplit(":", 1)[-1].lower()
            if own.startswith("on") or (own == "attributename" and _animated(value).startswith("on")):
                found.append((line(), f"the picture holds an event handler ({attribute})"))
            elif own in {"href", "src", "base"} and not _LOCAL.match(value):
                found.append((line(), f"the picture points elsewhere ({attribute})"))
            elif own in {"from", "to", "values"} and "script:" in value.lower():
                found.append((line(), f"the picture holds a script ({attribute})"))
            elif own == "attributename" and _animated(value) in {"href", "src", "base", "style"}:
                found.append((line(), f"the picture changes where it points ({attribute})"))
            elif _URL.search(value) or _is_escaped(own, value):
                found.append((line(), f"the picture loads something from elsewhere ({attribute})"))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if name.rsplit(":", 1)[-1].lower() == "style" and styles:
            style = styles.pop()
            if _URL.search(style) or "@import" in style.lower() or "\\" in style:
                found.append((line(), "the picture's style loads something from elsewhere"))

    def text(words: str) -> None:
        if styles:
            styles[-1] += words

    def refuse_doctype(*_: object) -> None:
        found.append((line(), "the picture declares a document type"))
        raise _Stop

    def refuse_instruction(target: str, _: str) -> None:
        found.append((line(), f"the picture holds a processing instruction ({target})"))

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.ProcessingInstructionHandler = refuse_instruction
    try:
        parser.Parse(data, True)
    except expat.ExpatError as wrong:
        found.append((wrong.lineno, f"the picture is not well-formed XML: {expat.errors.messages[wrong.code]}"))
    except _Stop:
        pass
    return found
