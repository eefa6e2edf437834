"""Moodle keeps the files of each text by themselves: one name may stand for two pictures of a question."""

from pathlib import PurePosixPath
from urllib.parse import quote

from lms.catalog.exchange.xml_source import Element, local

_HERE = "@@PLUGINFILE@@"


def part_files(question: Element) -> None:
    """Give what only shares its name with another file a name of its own, in its text, too."""
    known: dict[str, str] = {}
    for box in question.iter():
        for file in [one for one in box if local(one) == "file"]:
            folder, name = file.get("path", "/"), file.get("name", "")
            data = "".join((file.text or "").split())
            if known.setdefault(f"{folder}{name}", data) == data:
                continue
            renamed = _free(known, folder, name, data)
            known[f"{folder}{renamed}"] = data
            file.set("name", renamed)
            for text in (one for one in box if local(one) == "text"):
                for written in {name, quote(name)}:
                    text.text = (text.text or "").replace(
                        f"{_HERE}{folder}{written}", f"{_HERE}{folder}{quote(renamed)}"
                    )


def _free(known: dict[str, str], folder: str, name: str, data: str) -> str:
    path, number = PurePosixPath(name), 2
    while known.get(f"{folder}{path.stem}-{number}{path.suffix}", data) != data:
        number += 1
    return f"{path.stem}-{number}{path.suffix}"
