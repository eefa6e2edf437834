"""Questions over given things in QTI: choices, pairs, orders, texts to mark; and those that a person scores."""

from lxml import etree

from lms.catalog.exchange.model import Kind, Pair, Text
from lms.catalog.exchange.qti_markup import put_at_marks, words_of
from lms.catalog.exchange.qti_parts import (
    RESPONSE,
    Parts,
    all_right,
    identifier_of,
    score_choices,
    score_pairs,
    shuffled,
)
from lms.catalog.exchange.qti_rules import response
from lms.catalog.exchange.report import RefusedItem


def choice(parts: Parts) -> None:
    question = parts.question
    is_single = question.kind is not Kind.MULTIPLE
    parts.prompt()
    most = "1" if is_single else "0"
    node = parts.interaction("choiceInteraction", maxChoices=most, shuffle="false")
    node.attrib.update(shuffled(question))
    keys = [identifier_of(option.key, number) for number, option in enumerate(question.options, start=1)]
    for key, option in zip(keys, question.options, strict=True):
        parts.text(etree.SubElement(node, "simpleChoice", identifier=key), option.text)
    score_choices(parts, keys, is_single)


def matching(parts: Parts) -> None:
    question = parts.question
    parts.prompt()
    node = parts.interaction("matchInteraction", maxAssociations="0", shuffle="false")
    node.attrib.update(shuffled(question))
    sides: tuple[dict[str, Text], dict[str, Text]] = ({}, {})
    for pair in question.pairs:
        for side, key, text in zip(sides, (pair.left_key, pair.right_key), (pair.left, pair.right), strict=True):
            if text:
                side.setdefault(identifier_of(key), text)
    for side, most in zip(sides, ("0" if _is_repeated(question.pairs) else "1", "0"), strict=True):
        holder = etree.SubElement(node, "simpleMatchSet")
        for key, text in side.items():
            parts.text(etree.SubElement(holder, "simpleAssociableChoice", identifier=key, matchMax=most), text)
    score_pairs(parts, "directedPair")


def _is_repeated(pairs: tuple[Pair, ...]) -> bool:
    left = [pair.left_key for pair in pairs if pair.left]
    return len(left) != len(set(left))


def associate(parts: Parts) -> None:
    question = parts.question
    if question.zones:
        raise RefusedItem("Pairs of places on a picture are read from QTI but not written.")
    parts.prompt()
    node = parts.interaction("associateInteraction", maxAssociations="0", shuffle="false")
    node.attrib.update(shuffled(question))
    things: dict[str, Text] = {}
    for pair in question.pairs:
        for key, text in ((pair.left_key, pair.left), (pair.right_key, pair.right)):
            if text:
                things.setdefault(identifier_of(key), text)
    for key, text in things.items():
        parts.text(etree.SubElement(node, "simpleAssociableChoice", identifier=key, matchMax="1"), text)
    score_pairs(parts, "pair")


def order(parts: Parts) -> None:
    question = parts.question
    if question.zones:
        raise RefusedItem("An order of places on a picture is read from QTI but not written.")
    parts.prompt()
    node = parts.interaction("orderInteraction", shuffle="true")
    keys = [identifier_of(option.key, number) for number, option in enumerate(question.sequence, start=1)]
    for key, option in zip(keys, question.sequence, strict=True):
        parts.text(etree.SubElement(node, "simpleChoice", identifier=key), option.text)
    for number, option in enumerate(question.options, start=1):
        key = identifier_of(option.key, number)
        parts.text(etree.SubElement(node, "simpleChoice", identifier=key), option.text)
    parts.responses.append(response(RESPONSE, "identifier", "ordered", keys))
    parts.rules.append(all_right(question))
    if not question.is_all_or_nothing:
        parts.changed.append("QTI counts an order as a whole.")


def hottext(parts: Parts) -> None:
    question = parts.question
    is_single = not question.is_all_or_nothing and sum(one.weight > 0 for one in question.options) <= 1
    most = dict(question.extra).get("max_choices", "1" if is_single else "0")
    node = parts.interaction("hottextInteraction", maxChoices=most)
    box = etree.SubElement(node, "div")
    parts.text(box, question.prompt)
    made = {}
    for option in question.options:
        made[option.key] = etree.Element("hottext", identifier=identifier_of(option.key))
        made[option.key].text = words_of(option.text)
    if set(made) - put_at_marks(box, made):
        raise RefusedItem("The prompt does not show every text to choose.")
    score_choices(parts, [identifier_of(option.key) for option in question.options], is_single=most == "1")


def essay(parts: Parts) -> None:
    parts.prompt()
    parts.interaction("extendedTextInteraction")
    parts.responses.append(response(RESPONSE, "string", "single"))


def upload(parts: Parts) -> None:
    parts.prompt()
    parts.interaction("uploadInteraction")
    parts.responses.append(response(RESPONSE, "file", "single"))


def description(parts: Parts) -> None:
    parts.prompt()
