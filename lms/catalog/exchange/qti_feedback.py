"""Which feedback of a QTI item belongs to what: asked of its rules where its identifiers do not say it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from lms.catalog.exchange.model import Gap, Kind, Number, Option, Pair, Question, Text, Zone
from lms.catalog.exchange.qti_frame import FEEDBACK, OPTIONS, Frame
from lms.catalog.exchange.qti_gaps import INLINE, edge
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_occasions import Level, Occasions

NAMED = frozenset({"correct", "incorrect", "partial", "general"})
Answer = TypeVar("Answer", Option, Number, Pair, Zone)
MANY = frozenset({Kind.MULTIPLE, Kind.HOTTEXT, Kind.HOTSPOT})


def with_feedback(frame: Frame, question: Question, interactions: Sequence[Node]) -> Question:
    """The question with every feedback in its place; what finds none, or only nearly, is reported."""
    nodes = list(frame.item.modal_feedback)
    if frame.item.body is not None:
        nodes += _in_texts(frame.item.body)
    occasions = Occasions(frame.probe, interactions, said=_edges(question, interactions))
    homeless: list[tuple[Node, Text]] = []
    for node in nodes:
        text = frame.text(node)
        if not text:
            continue
        placed = _named_so(question, node, text) or _placed(frame, question, interactions, occasions, node, text)
        if placed is None:
            homeless.append((node, text))
        else:
            question = placed
    return _nearly(frame, question, occasions, homeless)


def _edges(question: Question, interactions: Sequence[Node]) -> dict[str, list[str]]:
    """The outermost numbers that are accepted, by response: only they tell tolerances apart."""
    holders: Sequence[Question | Gap] = (question,) if len(interactions) == 1 else question.parts or question.gaps
    return {
        node.get("responseIdentifier"): [edge(number) for number in holder.numbers if number.value]
        for node, holder in zip(interactions, holders, strict=False)
    }


def _nearly(frame: Frame, question: Question, occasions: Occasions, homeless: list[tuple[Node, Text]]) -> Question:
    """For right or for wrong answers and for some that are partly right; or the only one for some of those."""
    near = [_nearest(occasions, node) for node, _ in homeless]
    for (node, text), name in zip(homeless, near, strict=True):
        if name is None or near.count(name) > 1:
            frame.lost(node, f"The feedback “{node.get('identifier')}” depends on rules that nothing here can say.")
            continue
        question = _named(question, name, text)
        where = "for some of them only" if name == "partial" else "for some that are partly right, too"
        kind = {"correct": "right", "incorrect": "wrong", "partial": "partly right"}[name]
        frame.changed(
            node, f"The feedback “{node.get('identifier')}” is taken for all {kind} answers; it showed {where}."
        )
    return question


def _nearest(occasions: Occasions, node: Node) -> str | None:
    shown = occasions.levels(node)
    if shown.get(Level.PART, False) is not None:
        return None
    is_for_right, is_for_wrong = shown.get(Level.FULL), shown.get(Level.NONE)
    if is_for_right is None or is_for_wrong is None or (is_for_right and is_for_wrong):
        return None
    return "correct" if is_for_right else "incorrect" if is_for_wrong else "partial"


def _in_texts(node: Node) -> Iterator[Node]:
    """Feedback that stands between the words of the body; options have read their own."""
    for child in node.children:
        if child.name in FEEDBACK:
            yield child
        elif child.name not in OPTIONS:
            yield from _in_texts(child)


def _named_so(question: Question, node: Node, text: Text) -> Question | None:
    """By its identifier: as we write it, or that of the option which it answers."""
    name = node.get("identifier")
    if node.get("showHide", "show") != "show":
        return None
    if name.lower() in NAMED:
        return _named(question, name.lower(), text)
    return _at(question, [name], text) if name in dict(_weights(question)) else None


def _placed(
    frame: Frame, question: Question, interactions: Sequence[Node], occasions: Occasions, node: Node, text: Text
) -> Question | None:
    moving = occasions.depends_on(node)
    if len(moving) == 1 and len(interactions) > 1:
        return _in_one_of_many(frame, question, interactions, moving[0], node, text)
    if len(moving) == 1 and question.kind not in {Kind.CLOZE, Kind.COMPOSITE}:
        placed = _with_answers(question, interactions[0], occasions, node, text)
        if placed is not None:
            return placed
    return _by_level(question, occasions, node, text)


def _in_one_of_many(
    frame: Frame, question: Question, interactions: Sequence[Node], name: str, node: Node, text: Text
) -> Question | None:
    """Where one of several responses decides alone: to the answers of its gap or of its part."""
    alone = Occasions(frame.probe, interactions, only=name, said=_edges(question, interactions))
    at = [one.get("responseIdentifier") for one in interactions].index(name)
    if question.kind is Kind.COMPOSITE:
        inner = question.parts[at]
        placed = _with_answers(inner, interactions[at], alone, node, text) or _by_level(inner, alone, node, text)
        if placed is None:
            return None
        return replace(question, parts=(*question.parts[:at], placed, *question.parts[at + 1 :]))
    if question.kind is not Kind.CLOZE:
        return None
    gap = _with_gap(question.gaps[at], alone, name, node, text)
    if gap is None:
        return None
    return replace(question, gaps=(*question.gaps[:at], gap, *question.gaps[at + 1 :]))


def _with_answers(
    question: Question, interaction: Node, occasions: Occasions, node: Node, text: Text
) -> Question | None:
    """To the options, the accepted answers or the pairs that bring it; None where those do not decide."""
    name = interaction.get("responseIdentifier")
    if question.kind is Kind.CLOZE and interaction.name in INLINE:
        gap = _with_gap(question.gaps[0], occasions, name, node, text)
        return None if gap is None else replace(question, gaps=(gap,))
    if question.kind in {Kind.SHORT, Kind.NUMERIC}:
        return _with_typed(question, occasions, name, node, text)
    if question.pairs or question.kind is Kind.GAP_MATCH:
        return _with_pair(question, occasions, name, node, text)
    weights = _weights(question)
    keys = [key for key, _ in weights]
    if not keys:
        return None
    are_lists = all(isinstance(one, list) for one in occasions.answers[name])
    if question.kind in MANY and are_lists:
        shown = [key for key in keys if _is_brought_by(occasions, name, node, key, keys)]
        return (
            _at(question, shown, text) if len(shown) == 1 and not _by_level(question, occasions, node, text) else None
        )
    shown = [key for key in keys if occasions.shows(node, {name: [key] if are_lists else key})]
    if len(shown) == len(keys) or not shown:
        return None
    right = [key for key, weight in weights if weight > 0]
    if shown == [key for key in keys if key not in right]:
        return _named(question, "incorrect", text) if len(shown) > 1 or len(keys) == 2 else _at(question, shown, text)
    if shown == right and (len(shown) > 1 or len(keys) == 2):
        return _named(question, "correct", text)
    return _at(question, shown, text)


def _is_brought_by(occasions: Occasions, name: str, node: Node, key: str, keys: Sequence[str]) -> bool:
    """Whether it shows just when this one is among the chosen: alone, with all others, with the right ones."""
    right = [other for other in occasions.right(name) if other != key]
    with_it = all(occasions.shows(node, {name: chosen}) for chosen in ([key], list(keys), [*right, key]))
    return with_it and not occasions.shows(node, {name: [other for other in keys if other != key]})


def _with_typed(question: Question, occasions: Occasions, name: str, node: Node, text: Text) -> Question | None:
    answers = [option.text.text for option in question.options] or [edge(number) for number in question.numbers]
    shown = [at for at, words in enumerate(answers) if occasions.shows(node, {name: words})]
    if len(shown) != 1 or occasions.shows(node, {name: occasions.answers[name][-1]}):
        return None
    if question.options:
        options = (_joined(one, text) if at in shown else one for at, one in enumerate(question.options))
        return replace(question, options=tuple(options))
    numbers = (_joined(one, text) if at in shown else one for at, one in enumerate(question.numbers))
    return replace(question, numbers=tuple(numbers))


def _with_gap(gap: Gap, occasions: Occasions, name: str, node: Node, text: Text) -> Gap | None:
    """To each answer of the gap that brings it; None where an answer that the gap does not name brings it, too."""
    said = [one.key or one.text.text for one in gap.options] or [edge(one) for one in gap.numbers]
    shown = {words for words in said if occasions.shows(node, {name: words})}
    others = [words for words in occasions.answers[name] if words not in said]
    if not shown or any(occasions.shows(node, {name: words}) for words in others):
        return None
    return replace(
        gap,
        options=tuple(_joined(one, text) if (one.key or one.text.text) in shown else one for one in gap.options),
        numbers=tuple(_joined(one, text) if edge(one) in shown else one for one in gap.numbers),
    )


def _with_pair(question: Question, occasions: Occasions, name: str, node: Node, text: Text) -> Question | None:
    """To the right pair whose presence brings it."""
    whole = [f"{pair.left_key} {pair.right_key}" for pair in question.pairs if pair.left_key and pair.right_key] or [
        f"{one.key} {gap.key}" for gap in question.gaps for one in gap.options if one.weight > 0
    ]
    shown = [pair for pair in whole if _is_brought_by(occasions, name, node, pair, whole)]
    if len(shown) != 1 or len(whole) == 1:
        return None
    left, right = shown[0].split()
    if question.pairs:
        pairs = (
            _joined(one, text) if (one.left_key, one.right_key) == (left, right) else one for one in question.pairs
        )
        return replace(question, pairs=tuple(pairs))
    gaps = (
        replace(gap, options=tuple(_joined(one, text) if one.key == left else one for one in gap.options))
        if gap.key == right
        else gap
        for gap in question.gaps
    )
    return replace(question, gaps=tuple(gaps))


def _by_level(question: Question, occasions: Occasions, node: Node, text: Text) -> Question | None:
    """By what the answers that bring it are worth."""
    shown = occasions.levels(node)
    if None in shown.values() or not any(shown.values()):
        return None
    if all(shown.values()):
        return _named(question, "general", text)
    names = {Level.FULL: "correct", Level.PART: "partial", Level.NONE: "incorrect"}
    for level in Level:
        if shown.get(level):
            question = _named(question, names[level], text)
    return question


def _named(question: Question, name: str, text: Text) -> Question:
    if name == "correct":
        return replace(question, correct_feedback=_both(question.correct_feedback, text))
    if name == "incorrect":
        return replace(question, incorrect_feedback=_both(question.incorrect_feedback, text))
    if name == "partial":
        return replace(question, partial_feedback=_both(question.partial_feedback, text))
    return replace(question, general_feedback=_both(question.general_feedback, text))


def _both(first: Text, second: Text) -> Text:
    """Both show, so both are kept."""
    return Text(f"{first.text}\n{second.text}") if first else second


def _joined(answer: Answer, text: Text) -> Answer:
    return replace(answer, feedback=_both(answer.feedback, text))


def _weights(question: Question) -> list[tuple[str, Fraction]]:
    """What can be chosen, by key; for words and pairs that are put together, nothing."""
    if question.kind is Kind.HOTSPOT:
        return [(zone.key, zone.weight) for zone in question.zones]
    if question.kind in {Kind.SINGLE, Kind.TRUE_FALSE, Kind.MULTIPLE, Kind.HOTTEXT}:
        return [(option.key, option.weight) for option in question.options]
    return []


def _at(question: Question, keys: Sequence[str], text: Text) -> Question:
    if question.kind is Kind.HOTSPOT:
        return replace(question, zones=tuple(_joined(one, text) if one.key in keys else one for one in question.zones))
    return replace(question, options=tuple(_joined(one, text) if one.key in keys else one for one in question.options))
