"""Which feedback of a QTI item belongs to what: asked of its rules where its identifiers do not say it."""

from dataclasses import replace

from lms.catalog.exchange.model import Kind, Option, Question, Text
from lms.catalog.exchange.qti_frame import Frame
from lms.catalog.exchange.qti_gaps import edge
from lms.catalog.exchange.qti_nodes import Node

NAMED = frozenset({"correct", "incorrect", "partial", "general"})


def with_feedback(frame: Frame, question: Question) -> Question:
    """The question with every feedback in its place; what finds none is reported."""
    for node in frame.item.modal_feedback:
        question = _placed(frame, question, node)
    if frame.item.body is not None:
        for node in frame.item.body.walk():
            if node.name == "feedbackBlock" and node.words.strip():
                frame.lost(node, f"The feedback block “{node.get('identifier')}” is left out.")
    return question


def _placed(frame: Frame, question: Question, node: Node) -> Question:
    text = frame.text(node)
    if not text:
        return question
    identifier = node.get("identifier")
    if node.get("showHide", "show") == "show":
        if identifier.lower() in NAMED:
            return _named(question, identifier.lower(), text)
        keys = [option.key for option in question.options]
        if identifier in keys:
            return replace(question, options=_at(question.options, identifier, text))
        if identifier in [zone.key for zone in question.zones] and question.kind is Kind.HOTSPOT:
            zones = (replace(zone, feedback=text) if zone.key == identifier else zone for zone in question.zones)
            return replace(question, zones=tuple(zones))
    shown = _shown_for(frame, question, node)
    right = [option.key for option in question.options if option.weight > 0]
    wrong = [option.key for option in question.options if option.weight <= 0]
    if len(shown) == 1 and len(question.options) > 2:
        return replace(question, options=_at(question.options, shown[0], text))
    if shown and len(shown) == len(question.options):
        return replace(question, general_feedback=text)
    if shown and shown == right:
        return replace(question, correct_feedback=text)
    if shown and shown == wrong:
        return replace(question, incorrect_feedback=text)
    if question.kind in {Kind.SHORT, Kind.NUMERIC}:
        answered = _answered_by(frame, question, identifier)
        if len(answered) == 1:
            return _with_answer(question, answered[0], text)
    if not question.options and question.kind is not Kind.COMPOSITE:
        is_for_right = identifier in frame.probe.run(frame.probe.all_correct()).feedback
        is_for_none = identifier in frame.probe.run({}).feedback
        if is_for_right != is_for_none:
            return _named(question, "correct" if is_for_right else "incorrect", text)
    frame.lost(node, f"The feedback “{identifier}” depends on rules that nothing here can say.")
    return question


def _named(question: Question, name: str, text: Text) -> Question:
    if name == "correct":
        return replace(question, correct_feedback=text)
    if name == "incorrect":
        return replace(question, incorrect_feedback=text)
    if name == "partial":
        return replace(question, partial_feedback=text)
    return replace(question, general_feedback=text)


def _answered_by(frame: Frame, question: Question, identifier: str) -> list[int]:
    """Which of the accepted answers bring this feedback."""
    response = frame.node.get("responseIdentifier")
    answers = [option.text.text for option in question.options] or [edge(number) for number in question.numbers]
    return [at for at, words in enumerate(answers) if identifier in frame.probe.run({response: words}).feedback]


def _with_answer(question: Question, at: int, text: Text) -> Question:
    if question.options:
        options = list(question.options)
        options[at] = replace(options[at], feedback=text)
        return replace(question, options=tuple(options))
    numbers = list(question.numbers)
    numbers[at] = replace(numbers[at], feedback=text)
    return replace(question, numbers=tuple(numbers))


def _at(options: tuple[Option, ...], key: str, text: Text) -> tuple[Option, ...]:
    return tuple(replace(option, feedback=text) if option.key == key else option for option in options)


def _shown_for(frame: Frame, question: Question, node: Node) -> list[str]:
    """The options each of which alone brings this feedback."""
    interaction = frame.node.get("responseIdentifier")
    if not interaction or not all(option.key for option in question.options):
        return []
    is_single = frame.declared.cardinality == "single"
    return [
        option.key
        for option in question.options
        if node.get("identifier") in frame.probe.run({interaction: option.key if is_single else [option.key]}).feedback
    ]
