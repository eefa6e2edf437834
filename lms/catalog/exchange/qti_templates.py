"""Rules for scoring that a package keeps in a file of their own, for several items."""

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from lms.catalog.exchange.qti_item import QtiItem
from lms.catalog.exchange.qti_nodes import node_of
from lms.catalog.exchange.qti_processing import STANDARD_TEMPLATES, template_name
from lms.catalog.exchange.xml_source import parse


def with_rules(item: QtiItem, files: Mapping[str, bytes]) -> QtiItem:
    """The item with the rules that it names, if they are among `files`; the standard's own are carried out by name.

    Packages address them from their own root, from the item, or by a name alone, so the file's name decides.
    """
    node = item.response_processing
    if node is None or node.children or template_name(node) in {"", *STANDARD_TEMPLATES}:
        return item
    named = posixpath.basename(unquote(node.get("templateLocation") or node.get("template"))).lower()
    for path, data in files.items():
        if posixpath.basename(path).lower() in {named, f"{named}.xml"}:
            rules = node_of(parse(data, path))
            if rules.name == "responseProcessing" and rules.children:
                return replace(item, response_processing=replace(node, children=rules.children))
    return item
