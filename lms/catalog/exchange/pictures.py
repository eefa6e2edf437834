"""Pictures that the texts of a question show, on their way into a course: checked as its files are, and named."""

import base64
import binascii
import posixpath
import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from urllib.parse import unquote

from lms.catalog import assets
from lms.catalog.exchange.model import Asset
from lms.catalog.problems import Report, Severity

FOLDER = "assets/"
MOODLE = "@@PLUGINFILE@@/"
LONGEST_NAME = 60
_NO_NAME = re.compile(r"[^a-z0-9]+")
_INLINE = re.compile(r"data:(image/[a-z+]+);base64,(.+)", re.DOTALL)
_MARKDOWN = re.compile(r'!\[([^\]\n]*)\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"\n]*")?\s*\)')


class Pictures:
    """The files of one question. `found`: those that a text has shown so far, by their path in the module.

    `taken`: paths that belong to other questions of the module.
    """

    def __init__(self, question_key: str, carried: Iterable[Asset], taken: Collection[str] = ()) -> None:
        self.key = question_key
        self.taken = taken
        self.carried = {asset.path: asset.data for asset in carried if asset.data}
        self.found: dict[str, bytes] = {}
        self._paths: dict[str, str] = {}

    def take(self, source: str) -> tuple[str, str]:
        """(path in the module, why not): one of them is empty."""
        if source in self._paths:
            return self._paths[source], ""
        name, data = self._carried(source)
        if data is None:
            return "", "which is not among the files"
        suffix = PurePosixPath(name).suffix.lower()
        if not assets.MEDIA_TYPES.get(suffix, "").startswith("image/"):
            return "", "which is no picture that a course may show"
        problems = Report()
        path = self._named(name, suffix)
        assets.read(path, name, data, problems)
        wrong = next((one for one in problems if one.severity is Severity.ERROR), None)
        if wrong is not None:
            return "", f"which a course may not show: {wrong.message}"
        self.found[path] = data
        self._paths[source] = path
        return path, ""

    def _carried(self, source: str) -> tuple[str, bytes | None]:
        inside = _INLINE.fullmatch(source.strip())
        if inside is not None:
            return f"picture{_suffix(inside[1])}", _decoded(inside[2])
        address = source.strip().removeprefix(MOODLE).split("#")[0].split("?")[0]
        for path in (address, unquote(address)):
            for one in (path, posixpath.normpath(path)):
                if one in self.carried:
                    return one, self.carried[one]
        return address, None

    def _named(self, name: str, suffix: str) -> str:
        stem = PurePosixPath(name).stem.lower()
        said = _NO_NAME.sub("-", stem if stem.startswith(self.key) else f"{self.key}-{stem}")[:LONGEST_NAME].strip("-")
        number, path = 2, f"{FOLDER}{said}{suffix}"
        while path in self.found or path in self.taken:
            number, path = number + 1, f"{FOLDER}{said}-{number}{suffix}"
        return path

    def in_markdown(self, text: str, lost: list[str]) -> str:
        """The text with the paths of its pictures in the module; one that cannot be shown leaves its words."""

        def put(match: re.Match[str]) -> str:
            return shown(match[1], match[2], self, lost)

        return _MARKDOWN.sub(put, text)


def shown(words: str, source: str, pictures: Pictures, lost: list[str]) -> str:
    """A picture as Markdown, or its words where it cannot be shown, which `lost` then names."""
    path, why_not = pictures.take(source)
    if path:
        said = " ".join(re.sub(r"[\[\]]", "", words).split()) or PurePosixPath(path).stem.replace("-", " ")
        return f"![{said}]({path})"
    lost.append(f"the picture “{words or source[:60]}”, {why_not}")
    return words


def _suffix(media_type: str) -> str:
    return next((suffix for suffix, one in assets.MEDIA_TYPES.items() if one == media_type), "")


def _decoded(words: str) -> bytes | None:
    try:
        return base64.b64decode(re.sub(r"\s+", "", unquote(words)), validate=True)
    except (binascii.Error, ValueError):
        return None
