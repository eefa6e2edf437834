"""QTI beyond one item: tests with sections, and content packages with a manifest."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from lms.catalog.exchange.model import Place, Question
from lms.catalog.exchange.qti import question_of
from lms.catalog.exchange.qti_nodes import Node, node_of
from lms.catalog.exchange.report import Notes, Reading, RefusedItem
from lms.catalog.exchange.xml_source import Element, local, parse

FORMAT = "qti"
OLD = "imsqti_xmlv1p"
ITEMS = ("imsqti_item", "imsqti_apipitem")
TESTS = ("imsqti_test", "imsqti_apiptest", "imsqti_assessment")


@dataclass(frozen=True, slots=True)
class Reference:
    """An item as a test names it: where it is, in which section, what it weighs there."""

    href: str
    identifier: str
    section: str
    category: str
    weight: str
    line: int


def references(root: Element) -> Iterator[Reference]:
    """The items of a test in its order."""
    node = node_of(root)
    title = node.get("title") or node.get("identifier")
    for part in node.every("testPart"):
        yield from _in_section(part, title)
    yield from _in_section(node, title)


def _in_section(node: Node, path: str) -> Iterator[Reference]:
    for child in node.children:
        if child.name == "assessmentSection":
            name = (child.get("title") or child.get("identifier")).replace("/", "//")
            yield from _in_section(child, f"{path}/{name}")
        elif child.name == "assessmentItemRef":
            weight = next((one.get("value") for one in child.every("weight")), "")
            yield Reference(
                unquote(child.get("href")), child.get("identifier"), path, child.get("category"), weight, child.line
            )


def read_test(root: Element, file: str, files: Mapping[str, bytes]) -> Reading:
    """The items that a test names, as far as they are among `files`."""
    notes = Notes()
    questions = tuple(_referred(root, file, files, notes, {}))
    categories = tuple(dict.fromkeys(reference.section for reference in references(root)))
    return Reading(file, FORMAT, questions, tuple(notes.found), categories)


def _referred(
    root: Element, file: str, files: Mapping[str, bytes], notes: Notes, tags: Mapping[str, tuple[str, ...]]
) -> Iterator[Question]:
    for reference in references(root):
        path = resolved(file, reference.href)
        if path not in files:
            notes.refused(
                Place(file, reference.line),
                f"The test names the item “{reference.href}”, which is not among the files.",
                reference.identifier,
            )
            continue
        question = _item(path, files, notes)
        if question is None:
            continue
        extra = question.extra + ((("weight", reference.weight),) if reference.weight not in {"", "1"} else ())
        named = tuple(dict.fromkeys((*tags.get(path, ()), *question.tags, *reference.category.split())))
        yield replace(question, category=reference.section, tags=named, extra=extra)


def _item(path: str, files: Mapping[str, bytes], notes: Notes) -> Question | None:
    try:
        root = parse(files[path], path)
        if local(root) not in {"assessmentItem", "qti-assessment-item"}:
            raise RefusedItem(f"<{local(root)}> is not an item.", Place(path, root.sourceline or 1))
        return question_of(root, path, notes, _beside(path, files))
    except RefusedItem as refused:
        notes.refused(refused.place or Place(path), refused.message)
        return None


def _beside(path: str, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files as an item at `path` addresses them."""
    folder = posixpath.dirname(path)
    return {posixpath.relpath(other, folder or "."): data for other, data in files.items()}


def resolved(file: str, href: str) -> str:
    """An address inside a package; one that leads out of it resolves to nothing."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), href))
    return "" if path.startswith(("../", "/")) or path == ".." else path


def read_package(files: Mapping[str, bytes], shown: str) -> Reading:
    """A content package: the items of its tests in their order, then the items that no test names."""
    notes = Notes()
    try:
        manifest = node_of(parse(files["imsmanifest.xml"], shown))
    except RefusedItem as refused:
        notes.refused(refused.place or Place(shown), refused.message)
        return Reading(shown, FORMAT, (), tuple(notes.found))
    questions: list[Question] = []
    categories: list[str] = []
    resources = [node for node in manifest.walk() if node.name == "resource"]
    tags = {_href(node): _keywords(node) for node in resources}
    for node in resources:
        if node.get("type").startswith(OLD):
            notes.refused(
                Place(shown, node.line),
                "The package holds QTI 1.2, which is not read: export QTI 2.1 or later, or Moodle XML.",
                node.get("identifier"),
            )
        elif node.get("type").startswith(TESTS):
            try:
                root = parse(files.get(_href(node), b""), _href(node))
            except RefusedItem as refused:
                notes.refused(refused.place or Place(shown, node.line), refused.message, node.get("identifier"))
                continue
            questions += _referred(root, _href(node), files, notes, tags)
            categories += [reference.section for reference in references(root)]
    taken = {question.place.file for question in questions} | {finding.place.file for finding in notes.found}
    for node in resources:
        if not node.get("type").startswith(ITEMS) or _href(node) in taken:
            continue
        if _href(node) not in files:
            notes.refused(Place(shown, node.line), f"The file “{_href(node)}” is missing.", node.get("identifier"))
            continue
        question = _item(_href(node), files, notes)
        if question is not None:
            named = dict.fromkeys((*tags.get(_href(node), ()), *question.tags))
            questions.append(replace(question, tags=tuple(named)))
    if not questions and not notes.found:
        notes.refused(Place(shown, manifest.line), "The package names no QTI item.")
    return Reading(shown, FORMAT, tuple(questions), tuple(notes.found), tuple(dict.fromkeys(categories)))


def _href(node: Node) -> str:
    named = node.get("href") or next((one.get("href") for one in node.every("file")), "")
    return resolved("imsmanifest.xml", unquote(named)) if named else ""


def _keywords(node: Node) -> tuple[str, ...]:
    """Keywords of learning object metadata become tags."""
    found = (one.words.strip() for one in node.walk() if one.name == "keyword")
    return tuple(dict.fromkeys(words for words in found if words))
