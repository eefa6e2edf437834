"""QTI 2.0 to 3.0 items as questions: which interaction makes which kind, what cannot be taken and why."""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from lms.catalog.exchange import qti_areas, qti_choices, qti_gaps
from lms.catalog.exchange.asset_paths import within
from lms.catalog.exchange.model import NO_TEXT, Asset, Kind, Question, Text
from lms.catalog.exchange.qti_drawn import plan_of, with_formulas
from lms.catalog.exchange.qti_feedback import with_feedback
from lms.catalog.exchange.qti_frame import Frame, Reader, tidy, unwrapped
from lms.catalog.exchange.qti_item import QtiItem, item_of
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_probe import Probe
from lms.catalog.exchange.qti_processing import math_variable
from lms.catalog.exchange.qti_stimulus import with_stimuli
from lms.catalog.exchange.qti_templates import with_rules
from lms.catalog.exchange.qti_values import text_of
from lms.catalog.exchange.report import Notes, RefusedItem
from lms.catalog.exchange.xml_source import Element

READERS: Mapping[str, Reader] = {
    "choiceInteraction": qti_choices.choice,
    "orderInteraction": qti_choices.order,
    "associateInteraction": qti_choices.associate,
    "matchInteraction": qti_choices.match,
    "hottextInteraction": qti_choices.hottext,
    "sliderInteraction": qti_choices.slider,
    "textEntryInteraction": qti_gaps.typed,
    "gapMatchInteraction": qti_gaps.dragged,
    "hotspotInteraction": qti_areas.hotspot,
    "selectPointInteraction": qti_areas.point,
    "positionObjectInteraction": qti_areas.point,
    "graphicOrderInteraction": qti_areas.graphic_order,
    "graphicAssociateInteraction": qti_areas.graphic_associate,
    "graphicGapMatchInteraction": qti_areas.graphic_gap,
    "extendedTextInteraction": qti_choices.open_ended(Kind.ESSAY),
    "uploadInteraction": qti_choices.open_ended(Kind.UPLOAD),
    "drawingInteraction": qti_choices.open_ended(Kind.DRAWING),
    "mediaInteraction": qti_choices.open_ended(Kind.MEDIA),
}
PICTURES = frozenset({"img", "object", "audio", "video", "math"})
ONE_DRAW = "Its drawn values are fixed to one draw."
_SHOWN = re.compile(r'\b(?:src|data)="([^"]+)"')


def question_of(root: Element, file: str, notes: Notes, files: Mapping[str, bytes]) -> Question:
    """The question of an `assessmentItem`. Raises RefusedItem where there is no equal here."""
    return read_item(with_rules(item_of(root, file), files), notes, files)


def read_item(item: QtiItem, notes: Notes, files: Mapping[str, bytes]) -> Question:
    return _drawn(item, notes, files) or _fixed(item, _frame(item, notes), files)


def _drawn(item: QtiItem, notes: Notes, files: Mapping[str, bytes]) -> Question | None:
    """A calculated question; None where the item is none, or does more than formulas can say."""
    plan = plan_of(item)
    if plan is None or item.is_adaptive or item.body is None:
        return None
    own = Notes()
    frame = _frame(item, own)
    for node in (*item.body.walk(), *(one for modal in item.modal_feedback for one in modal.walk())):
        if node.name == "printedVariable" and node.get("identifier") in item.templates:
            frame.marks[id(node)] = plan.shown(node.get("identifier"))
        elif name := math_variable(item, node):
            frame.marks[id(node)] = f"<mn>{plan.shown(name)}</mn>"
    question = _fixed(item, frame, files)
    found = {name: frame.probe.session.values.get(name) for name in plan.formulas}
    values = {name: text_of(value.items[0]) for name, value in found.items() if value is not None}
    made = with_formulas(question, plan, values)
    if made is not None:
        notes.found += [one for one in own.found if one.message != ONE_DRAW]
    return made


def _fixed(item: QtiItem, frame: Frame, files: Mapping[str, bytes]) -> Question:
    interactions = [node for node in item.body.walk() if _is_interaction(node)] if item.body else []
    if not interactions:
        return with_feedback(frame, _without_interaction(frame), ())
    question = _read(frame, interactions)
    question = replace(question, grader_notes=_rubric(frame, {"scorer"}))
    question = with_feedback(frame, question, interactions)
    question = with_stimuli(frame, question, files)
    if item.templates:
        frame.notes.changed(item.place, ONE_DRAW, item.identifier)
    return within(replace(question, assets=_assets(question, files)))


def _frame(item: QtiItem, notes: Notes) -> Frame:
    if item.is_adaptive:
        raise RefusedItem("It is adaptive: it changes while it is answered, and nothing here does.", item.place)
    body = item.body or Node("itemBody", {}, "", "", (), item.line)
    started = Question(Kind.DESCRIPTION, NO_TEXT, item.identifier, item.title, place=item.place)
    return Frame(item, Probe(item), notes, started, body)


def _is_interaction(node: Node) -> bool:
    return node.name.endswith("Interaction") and node.name != "endAttemptInteraction"


def _without_interaction(frame: Frame) -> Question:
    if frame.item.responses:
        raise RefusedItem(
            "It declares responses but shows no interaction to give them with. Its rules can still be scored.",
            frame.item.place,
        )
    prompt = frame.text(frame.item.body)
    body = frame.item.body
    if body is None or not (body.words.strip() or any(node.name in PICTURES for node in body.walk())):
        raise RefusedItem("It shows nothing and asks nothing.", frame.item.place)
    return replace(frame.question, prompt=Text(unwrapped(prompt.text)), points=Fraction(1))


def _read(frame: Frame, interactions: list[Node]) -> Question:
    for node in interactions:
        if node.name not in READERS and node.name != "inlineChoiceInteraction":
            raise RefusedItem(f"The interaction <{node.name}> has no equal here.", frame.at(node))
    names = {node.name for node in interactions}
    if names <= qti_gaps.INLINE and (len(interactions) > 1 or "inlineChoiceInteraction" in names):
        return qti_gaps.cloze(frame, interactions)
    if len(interactions) == 1:
        frame.node = interactions[0]
        return READERS[frame.node.name](frame)
    return _composite(frame, interactions)


def _composite(frame: Frame, interactions: list[Node]) -> Question:
    """Several interactions of different kinds in one body; `{{part-1}}` marks where each stands."""
    parts = []
    for number, node in enumerate(interactions, start=1):
        inner = Frame(frame.item, frame.probe, frame.notes, frame.question, node)
        own = Node("itemBody", {}, "", "", (node,), node.line)
        inner.item = replace(frame.item, body=own)
        part = qti_gaps.cloze(inner, [node]) if node.name in qti_gaps.INLINE else READERS[node.name](inner)
        parts.append(replace(part, identifier=node.get("responseIdentifier"), title=""))
        frame.marks[id(node)] = f"{{{{part-{number}}}}}"
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.COMPOSITE,
        parts=tuple(parts),
        points=qti_choices.points_of(frame, frame.probe.best()),
    )


def _rubric(frame: Frame, views: set[str]) -> Text:
    blocks = frame.item.rubrics
    shown = [tidy(frame.markup(node)) for node in blocks if views & set(node.get("view").split())]
    for node in blocks:
        if not (views | {"candidate"}) & set(node.get("view").split()):
            frame.lost(node, f"A note for {node.get('view') or 'nobody'} is left out.")
    return Text("\n".join(shown)) if shown else NO_TEXT


def _assets(question: Question, files: Mapping[str, bytes]) -> tuple[Asset, ...]:
    """The files that its texts show, with their bytes where the package holds them."""
    texts = [question.prompt.text, *(option.text.text for option in question.options)]
    texts += [pair.left.text + pair.right.text for pair in question.pairs]
    paths = [path for text in texts for path in _SHOWN.findall(text)]
    paths += [value for name, value in question.extra if name == "background" and value]
    local = [path for path in dict.fromkeys(paths) if ":" not in path.split("/", 1)[0]]
    return tuple(Asset(path, files.get(path)) for path in local)
