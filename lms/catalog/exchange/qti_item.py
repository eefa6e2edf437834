"""One QTI item: what it declares, shows and computes, before anybody asks what kind of question it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from lms.catalog.exchange.model import Place
from lms.catalog.exchange.qti_declarations import Declaration, declaration
from lms.catalog.exchange.qti_nodes import Node, node_of, version_of
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import Element

MOST_DEPTH = 120  # elements inside elements; every rule that people write stays below 20


@dataclass(frozen=True, slots=True)
class QtiItem:
    """The responses, outcomes and template variables are by identifier, in the order of the file."""

    identifier: str
    title: str
    version: str
    is_adaptive: bool
    responses: Mapping[str, Declaration]
    outcomes: Mapping[str, Declaration]
    templates: Mapping[str, Declaration]
    template_processing: Node | None
    body: Node | None
    response_processing: Node | None
    outcome_processing: Node | None
    modal_feedback: tuple[Node, ...]
    rubrics: tuple[Node, ...]
    stimuli: tuple[Node, ...]
    file: str
    line: int

    @property
    def place(self) -> Place:
        return Place(self.file, self.line)

    def at(self, node: Node) -> Place:
        return Place(self.file, node.line)


def item_of(root: Element, file: str) -> QtiItem:
    """Read an `assessmentItem`. Raises RefusedItem where it breaks its own rules."""
    _check_depth(root, file)
    node = node_of(root)
    if not node.get("identifier"):
        raise RefusedItem("The item has no identifier.", Place(file, node.line))
    return QtiItem(
        identifier=node.get("identifier"),
        title=node.get("title"),
        version=version_of(root),
        is_adaptive=node.is_on("adaptive"),
        responses=_declared(node, "responseDeclaration", file),
        outcomes=_declared(node, "outcomeDeclaration", file),
        templates=_declared(node, "templateDeclaration", file),
        template_processing=node.first("templateProcessing"),
        body=node.first("itemBody"),
        response_processing=node.first("responseProcessing"),
        outcome_processing=node.first("outcomeProcessing"),
        modal_feedback=tuple(node.every("modalFeedback")),
        # Some systems write them beside the body.
        rubrics=tuple(one for one in node.walk() if one.name == "rubricBlock"),
        stimuli=tuple(node.every("assessmentStimulusRef")),
        file=file,
        line=node.line,
    )


def _declared(node: Node, name: str, file: str) -> dict[str, Declaration]:
    found: dict[str, Declaration] = {}
    for one in node.every(name):
        made = declaration(one, file)
        if made.identifier in found:
            raise RefusedItem(f"{made.identifier} is declared twice.", Place(file, one.line))
        found[made.identifier] = made
    return found


def _check_depth(root: Element, file: str) -> None:
    level = [root]
    for _ in range(MOST_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise RefusedItem(f"Elements are nested more than {MOST_DEPTH} deep.", Place(file, level[0].sourceline or 0))
