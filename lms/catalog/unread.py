"""What may stand in the parts of a bundle that could not be read, so that only its names are not called missing.

A file that is there but broken can define only what its text says after `key:`; a file that is not there, anything
of its kind. A name that none of them could define is reported with everything else.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from lms.catalog.source import Node

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_OWN_KEY = re.compile(rb"^key:[ \t]*[\"']?([a-z0-9]+(?:-[a-z0-9]+)*)[\"']?[ \t]*\r?$", re.MULTILINE)
_ANY_KEY = re.compile(rb"(?<![\w-])key:[ \t]*[\"']?([a-z0-9]+(?:-[a-z0-9]+)*)")


@dataclass(slots=True)
class Unread:
    """Modules, steps and items that may exist although they are not in the course as it was read."""

    files: set[str] = field(default_factory=set)  # what is said about these follows from their not being read
    folders: set[str] = field(default_factory=set)  # nobody knows which of their files are used
    short: set[str] = field(default_factory=set)  # files of steps that lack a question because of the above
    modules: set[str] = field(default_factory=set)
    steps_of: set[str] = field(default_factory=set)  # keys of modules that lack steps
    items: set[str] = field(default_factory=set)
    nearly: set[str] = field(default_factory=set)  # item keys that are written wrong
    is_any_module: bool = False
    is_any_item: bool = False

    @property
    def is_anything(self) -> bool:
        """Whether what is said about the course as a whole may be wrong."""
        return bool(self.lacks_module or self.steps_of or self.items or self.nearly or self.short or self.is_any_item)

    @property
    def lacks_module(self) -> bool:
        return bool(self.modules) or self.is_any_module

    def may_be_module(self, key: str) -> bool:
        return self.is_any_module or key in self.modules

    def may_be_step(self, full_key: str) -> bool:
        module, _, _ = full_key.partition("/")
        return module in self.steps_of or self.may_be_module(module)

    def may_be_item(self, key: str) -> bool:
        return self.is_any_item or key in self.items or bool(get_close_matches(key, self.nearly, 1, 0.6))

    def module(self, key: str, files: Mapping[str, bytes]) -> None:
        """A module cannot be read; without a key, it may be any. `files` are those that may be its steps."""
        if key:
            self.modules.add(key)
        else:
            self.is_any_module = True
        self.texts(files.values())

    def step(self, module_key: str, texts: Iterable[bytes]) -> None:
        """A step of this module cannot be read."""
        self.steps_of.add(module_key)
        if not module_key:
            self.is_any_module = True
        self.texts(texts)

    def texts(self, texts: Iterable[bytes]) -> None:
        """The items that these files could define; without a file, any."""
        found = list(texts)
        self.is_any_item = self.is_any_item or not found
        for text in found:
            self.items.update(key.decode() for key in _ANY_KEY.findall(text))

    def questions(self, node: Node, text: bytes) -> None:
        """Questions in a file that was read: those without a proper key may be what others mean."""
        written: Any = node.value.get("items")
        if not isinstance(written, list):
            if written is not None or not node.value:
                self.texts([text])
            return
        for one in written:
            if not isinstance(one, dict):
                self.nearly.add(str(one))
            elif not is_key(one.get("key")) and not isinstance(one.get("use"), str):
                # Perhaps the word `key` itself is misspelled.
                values = one.values() if one.get("key") is None else [one["key"]]
                self.nearly.update(str(value) for value in values if isinstance(value, str | int))


def is_key(value: object) -> bool:
    return isinstance(value, str) and SLUG.fullmatch(value) is not None


def own_key(text: bytes) -> str:
    """The key that a file which cannot be read gives itself; empty when it does not show."""
    found = _OWN_KEY.search(text)
    return found[1].decode() if found else ""
