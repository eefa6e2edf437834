"""XML from outside: parsed without entities, without network, without bombs; written back without surprises."""

import re

from lxml import etree
from lxml.etree import _Element as Element

from lms.catalog.exchange.model import Place
from lms.catalog.exchange.report import RefusedItem

MOST_BYTES = 40 * 1024 * 1024
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(data: bytes, file: str) -> Element:
    """The root of a document. Raises RefusedItem with the line and column of what is wrong."""
    if len(data) > MOST_BYTES:
        raise RefusedItem(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.", Place(file))
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data.lstrip(b"\xef\xbb\xbf \t\r\n"), parser)
    except etree.XMLSyntaxError as wrong:
        line, column = wrong.position
        line += data[: len(data) - len(data.lstrip(b"\xef\xbb\xbf \t\r\n"))].count(b"\n")
        message = re.sub(r", line \d+, column \d+.*$", "", str(wrong.msg or "the file is empty"))
        raise RefusedItem(f"This is not well-formed XML: {message}.", Place(file, line, column)) from wrong
    # Entities are how small files grow and local files leak. No question format needs one.
    document_type = root.getroottree().docinfo.internalDTD
    if document_type is not None and any(True for _ in document_type.iterentities()):
        raise RefusedItem("The document declares entities of its own, which are not read.", Place(file, 1))
    for entity in root.iter(etree.Entity):
        raise RefusedItem(f"{entity.text} stands for something that the file does not say.", place(entity, file))
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for what is no element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def namespace(element: Element) -> str:
    return etree.QName(element).namespace or ""


def place(element: Element, file: str) -> Place:
    return Place(file, element.sourceline or 0)


def inner_xml(element: Element) -> str:
    """What stands inside an element, as markup without namespace declarations."""
    parts = [_escaped(element.text or "")]
    for child in element:
        parts.append(outer_xml(child))
        parts.append(_escaped(child.tail or ""))
    return "".join(parts)


def outer_xml(element: Element) -> str:
    name = local(element)
    if not name:
        return ""
    attributes = "".join(
        f' {etree.QName(key).localname}="{_escaped(value, quoted=True)}"' for key, value in element.attrib.items()
    )
    inside = inner_xml(element)
    return f"<{name}{attributes}>{inside}</{name}>" if inside or name not in VOID else f"<{name}{attributes}/>"


VOID = frozenset({"area", "br", "col", "hr", "img", "input", "param", "source", "track", "wbr"})


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;") if quoted else text


def writable(text: str) -> str:
    """Without the control characters that no XML document may hold."""
    return _FORBIDDEN.sub("", text)


def serialize(root: Element) -> bytes:
    """As it stands: blanks inside texts count."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
