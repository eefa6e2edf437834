"""Texts that several QTI items share: each item here gets its own copy, above what it asks."""

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from lms.catalog.exchange.model import Question, Text
from lms.catalog.exchange.qti_frame import Frame, tidy, unwrapped
from lms.catalog.exchange.qti_nodes import Node, node_of
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import parse

ADDRESSES = frozenset({"src", "data"})


def with_stimuli(frame: Frame, question: Question, files: Mapping[str, bytes]) -> Question:
    """The question with the texts beside it; what is not among the files is reported."""
    shown = []
    for reference in frame.item.stimuli:
        body = _body(reference, files)
        if body is None:
            name = reference.get("href") or reference.get("identifier")
            frame.lost(reference, f"The text beside it, “{name}”, is left out.")
            continue
        shown.append(unwrapped(tidy(frame.markup(body))))
    if not shown:
        return question
    return replace(question, prompt=Text("\n".join((*shown, question.prompt.text))))


def _body(reference: Node, files: Mapping[str, bytes]) -> Node | None:
    path = posixpath.normpath(unquote(reference.get("href")))
    if path not in files:
        return None
    try:
        root = node_of(parse(files[path], path))
    except RefusedItem:
        return None
    body = root.first("stimulusBody") if root.name == "assessmentStimulus" else None
    return None if body is None else _moved(body, posixpath.dirname(path))


def _moved(node: Node, folder: str) -> Node:
    """Files are addressed from the item, not from the text."""
    attributes = {
        name: posixpath.normpath(posixpath.join(folder, value)) if name in ADDRESSES and ":" not in value else value
        for name, value in node.attributes.items()
    }
    return replace(node, attributes=attributes, children=tuple(_moved(child, folder) for child in node.children))
