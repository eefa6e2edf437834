"""QTI 2.2 and 3.0, written: one file for each item, and the package around them."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence

from lxml import etree

from lms.catalog.exchange import qti_area_bodies, qti_bodies, qti_calculated, qti_gap_bodies
from lms.catalog.exchange.model import Kind, Question, Text
from lms.catalog.exchange.numerals import decimal_text
from lms.catalog.exchange.qti_markup import ALLOWED
from lms.catalog.exchange.qti_parts import Parts, identifier_of
from lms.catalog.exchange.qti_rules import (
    FEEDBACK,
    GENERAL,
    MAXSCORE,
    SCORE,
    VERDICT,
    expression,
    literal,
    outcome,
    set_outcome,
    verdict,
)
from lms.catalog.exchange.report import Notes, RefusedItem, Writing
from lms.catalog.exchange.xml_source import Element, serialize, writable

NAMESPACES = {
    "2.2": "http://www.imsglobal.org/xsd/imsqti_v2p2",
    "3.0": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
RESOURCE_TYPES = {"2.2": "imsqti_item_xmlv2p2", "3.0": "imsqti_item_xmlv3p0"}
MANIFEST_NAMESPACES = {
    "2.2": "http://www.imsglobal.org/xsd/imscp_v1p1",
    "3.0": "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
}
SCHEMAS = {"2.2": ("QTIv2.2 Package", "1.0.0"), "3.0": ("QTI Package", "3.0.0")}
METADATA = "http://ltsc.ieee.org/xsd/LOM"
WRAPPED = frozenset({"modalFeedback", "rubricBlock"})  # in QTI 3 their words stand in a body of their own
_UPPER = re.compile(r"(?<!^)(?=[A-Z])")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same questions make the same bytes

MAKERS: Mapping[Kind, Callable[[Parts], None]] = {
    Kind.SINGLE: qti_bodies.choice,
    Kind.MULTIPLE: qti_bodies.choice,
    Kind.TRUE_FALSE: qti_bodies.choice,
    Kind.SHORT: qti_gap_bodies.short,
    Kind.NUMERIC: qti_gap_bodies.numeric,
    Kind.CALCULATED: qti_calculated.calculated,
    Kind.MATCHING: qti_bodies.matching,
    Kind.ASSOCIATE: qti_bodies.associate,
    Kind.ORDER: qti_bodies.order,
    Kind.CLOZE: qti_gap_bodies.cloze,
    Kind.GAP_MATCH: qti_gap_bodies.gap_match,
    Kind.HOTTEXT: qti_bodies.hottext,
    Kind.HOTSPOT: qti_area_bodies.hotspot,
    Kind.POINT: qti_area_bodies.point,
    Kind.SLIDER: qti_area_bodies.slider,
    Kind.ESSAY: qti_bodies.essay,
    Kind.UPLOAD: qti_bodies.upload,
    Kind.DESCRIPTION: qti_bodies.description,
}


def write_package(questions: Sequence[Question], version: str) -> Writing:
    """A content package of items. Tags and categories are keywords in its manifest."""
    notes = Notes()
    files: dict[str, bytes] = {}
    resources: list[tuple[str, str, Question]] = []
    names: set[str] = set()
    for number, question in enumerate(questions, start=1):
        name = identifier_of(question.identifier or f"item_{number}", number)
        while name in names:
            name = f"{name}_{number}"
        names.add(name)
        try:
            parts = _parts(question)
        except RefusedItem as refused:
            notes.refused(question.place, refused.message, question.identifier or question.title)
            continue
        _note(parts, question, notes)
        path = f"items/{name}.xml"
        files[path] = serialize(_in_version(_assembled(parts, name), version))
        files |= {f"items/{one.path}": one.data for one in question.assets if one.data and _is_inside(one.path)}
        resources.append((name, path, question))
    if not resources:
        return Writing(b"", tuple(notes.found))
    files["imsmanifest.xml"] = _manifest(resources, version)
    return Writing(_zipped(files), tuple(notes.found))


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/") and "\\" not in path


def item_xml(question: Question, version: str = "2.2") -> bytes:
    """One item. Raises RefusedItem where QTI cannot say the question."""
    parts = _parts(question)
    return serialize(_in_version(_assembled(parts, identifier_of(question.identifier or "item")), version))


def _parts(question: Question) -> Parts:
    make = MAKERS.get(question.kind)
    if make is None:
        raise RefusedItem(f"A question of the type “{question.kind}” is not written as QTI.")
    parts = Parts(question)
    make(parts)
    return parts


def _assembled(parts: Parts, identifier: str) -> Element:
    question = parts.question
    root = etree.Element("assessmentItem", identifier=identifier, title=writable(question.title or identifier))
    root.set("adaptive", "false")
    root.set("timeDependent", "false")
    root.extend(parts.responses)
    is_scored = question.kind is not Kind.DESCRIPTION
    if is_scored:
        root.append(outcome(SCORE, "float", "0"))
        root.append(outcome(MAXSCORE, "float", decimal_text(question.points)))
    shown = _feedback(parts, root)
    if question.grader_notes:
        note = etree.Element("rubricBlock", view="scorer", use="scoring")
        parts.text(etree.SubElement(note, "div"), question.grader_notes)
        parts.body.append(note)
    if parts.templates:
        root.extend(parts.templates)
        root.append(expression("templateProcessing", *parts.drawing))
    root.append(parts.body)
    if parts.rules:
        processing = etree.SubElement(root, "responseProcessing")
        processing.extend(parts.rules)
    root.extend(shown)
    return root


def _feedback(parts: Parts, root: Element) -> list[Element]:
    """Declares what feedback needs, adds its rules, and gives the blocks that stand at the end of the item."""
    question = parts.question
    shown: list[Element] = []
    if parts.answers:
        root.append(outcome(FEEDBACK, "identifier", cardinality=parts.feedback_cardinality))
        shown += [_modal(parts, FEEDBACK, key, text) for key, text in parts.answers.items()]
    by_verdict = {
        "correct": question.correct_feedback,
        "partial": question.partial_feedback,
        "incorrect": question.incorrect_feedback,
    }
    if any(by_verdict.values()):
        root.append(outcome(VERDICT, "identifier"))
        parts.rules.append(verdict())
        shown += [_modal(parts, VERDICT, name, text) for name, text in by_verdict.items() if text]
    if question.general_feedback:
        root.append(outcome(GENERAL, "identifier"))
        parts.rules.append(set_outcome(GENERAL, literal("identifier", "general")))
        shown.append(_modal(parts, GENERAL, "general", question.general_feedback))
    return shown


def _modal(parts: Parts, name: str, identifier: str, text: Text) -> Element:
    made = etree.Element("modalFeedback", outcomeIdentifier=name, identifier=identifier, showHide="show")
    parts.text(made, text)
    return made


def _in_version(root: Element, version: str) -> Element:
    """The tree in its namespace; for QTI 3 with the names of QTI 3. An id that texts share stays where it is first."""
    known: set[str] = set()
    for element in root.iter():
        if element.get("id") and element.get("id") in known:
            del element.attrib["id"]
        known.add(element.get("id", ""))
    made = _renamed(root, NAMESPACES[version], version)
    made.text = "\n"
    for child in made:
        child.tail = "\n"
    return made


def _renamed(element: Element, uri: str, version: str) -> Element:
    is_html = element.tag in ALLOWED and element.tag != "object"
    name, attributes = element.tag, dict(element.attrib)
    if version == "3.0" and element.tag == "object" and attributes.get("type", "").startswith("image/"):
        name, is_html = "img", True
        attributes = {"src": attributes.get("data", ""), "alt": element.text or ""} | {
            one: attributes[one] for one in ("width", "height") if one in attributes
        }
    elif version == "3.0" and not is_html and element.tag != "object":
        name = f"qti-{_kebab(element.tag)}"
        attributes = {_kebab(key): value for key, value in attributes.items()}
    made = etree.Element(f"{{{uri}}}{name}", attributes, nsmap={None: uri})
    made.tail = element.tail
    if name == "img":
        return made
    inside = made
    if version == "3.0" and element.tag in WRAPPED:
        inside = etree.SubElement(made, f"{{{uri}}}qti-content-body")
    inside.text = element.text
    inside.extend(_renamed(child, uri, version) for child in element)
    return made


def _kebab(name: str) -> str:
    return name if name.startswith("{") else _UPPER.sub("-", name).lower()


def _manifest(resources: Sequence[tuple[str, str, Question]], version: str) -> bytes:
    uri = MANIFEST_NAMESPACES[version]
    # Some readers write a schema location into what they were given, and rely on this prefix.
    names = {None: uri, "lom": METADATA, "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
    root = etree.Element(f"{{{uri}}}manifest", {"identifier": "MANIFEST"}, nsmap=names)
    metadata = etree.SubElement(root, f"{{{uri}}}metadata")
    for name, value in zip(("schema", "schemaversion"), SCHEMAS[version], strict=True):
        etree.SubElement(metadata, f"{{{uri}}}{name}").text = value
    etree.SubElement(root, f"{{{uri}}}organizations")
    holder = etree.SubElement(root, f"{{{uri}}}resources")
    for name, path, question in resources:
        one = etree.SubElement(
            holder, f"{{{uri}}}resource", identifier=f"R_{name}", type=RESOURCE_TYPES[version], href=path
        )
        if question.tags:
            inner = etree.SubElement(one, f"{{{uri}}}metadata")
            general = etree.SubElement(etree.SubElement(inner, f"{{{METADATA}}}lom"), f"{{{METADATA}}}general")
            for tag in question.tags:
                keyword = etree.SubElement(general, f"{{{METADATA}}}keyword")
                etree.SubElement(keyword, f"{{{METADATA}}}string").text = writable(tag)
        paths = [path, *(f"items/{asset.path}" for asset in question.assets if asset.data and _is_inside(asset.path))]
        for href in paths:
            etree.SubElement(one, f"{{{uri}}}file", href=href)
    etree.indent(root)
    return serialize(root)


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path])
    return out.getvalue()


def _note(parts: Parts, question: Question, notes: Notes) -> None:
    name = question.identifier or question.title or question.prompt.text[:40]
    lost = {
        "its category": bool(question.category),
        "its penalty": question.penalty is not None,
        "its hints": bool(question.hints),
    }
    for what, is_lost in lost.items():
        if is_lost:
            notes.lost(question.place, f"QTI items cannot say {what}.", name)
    for message in dict.fromkeys(parts.lost):
        words = message if message.startswith("QTI") else f"QTI items cannot say {message}"
        notes.lost(question.place, words, name)
    for message in dict.fromkeys(parts.changed):
        notes.changed(question.place, message, name)
