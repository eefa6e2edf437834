"""A QTI item while it is put together, and how choices and pairs are declared and scored."""

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from lxml import etree

from lms.catalog.exchange.model import Question, Text
from lms.catalog.exchange.numerals import decimal_text
from lms.catalog.exchange.pictures import MOODLE
from lms.catalog.exchange.qti_markup import fill, put_at_marks
from lms.catalog.exchange.qti_rules import (
    FEEDBACK,
    SCORE,
    condition,
    expression,
    literal,
    response,
    set_outcome,
    variable,
)
from lms.catalog.exchange.xml_source import Element

RESPONSE = "RESPONSE"
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


@dataclass(slots=True)
class Parts:
    """An item while it is put together. `answers` are the feedbacks of single answers by identifier.

    `templates` declare what `drawing` sets; `printed` are the words of texts that stand for such a variable.
    """

    question: Question
    responses: list[Element] = field(default_factory=list)
    body: Element = field(default_factory=lambda: etree.Element("itemBody"))
    rules: list[Element] = field(default_factory=list)
    answers: dict[str, Text] = field(default_factory=dict)
    feedback_cardinality: str = "single"
    templates: list[Element] = field(default_factory=list)
    drawing: list[Element] = field(default_factory=list)
    printed: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def text(self, parent: Element, text: Text) -> None:
        beside = replace(text, text=text.text.replace(MOODLE, ""))
        beside, marked = self._with_marks(beside)
        self.lost += [f"QTI allows no {name} in texts." for name in fill(parent, beside)]
        put_at_marks(parent, marked)

    def _with_marks(self, text: Text) -> tuple[Text, dict[str, Element]]:
        """Each place that shows a variable, marked, and the element that goes there."""
        marked: dict[str, Element] = {}
        words = text.text
        for said, identifier in self.printed.items():
            parts = words.split(said)
            words = parts[0]
            for part in parts[1:]:
                key = f"printed-{len(marked)}"
                marked[key] = etree.Element("printedVariable", identifier=identifier)
                words += f"{{{{{key}}}}}{part}"
        return replace(text, text=words), marked

    def prompt(self, text: Text | None = None) -> Element:
        box = etree.SubElement(self.body, "div")
        self.text(box, self.question.prompt if text is None else text)
        return box

    def interaction(self, name: str, **attributes: str) -> Element:
        return etree.SubElement(self.body, name, responseIdentifier=RESPONSE, **attributes)


def identifier_of(key: str, number: int = 0) -> str:
    """A key as QTI allows identifiers."""
    if _IDENTIFIER.fullmatch(key):
        return key
    tidy = re.sub(r"[^\w.-]", "_", key, flags=re.ASCII)
    return f"i{tidy}" if tidy else f"c{number}"


def shuffled(question: Question) -> dict[str, str]:
    return {} if question.is_shuffled is None else {"shuffle": str(question.is_shuffled).lower()}


def score_choices(parts: Parts, keys: list[str], is_single: bool) -> None:
    question = parts.question
    weighed = list(zip(keys, question.options, strict=True))
    parts.answers = {key: option.feedback for key, option in weighed if option.feedback}
    cardinality = "single" if is_single else "multiple"
    parts.feedback_cardinality = cardinality
    if question.is_all_or_nothing and not is_single:
        right = [key for key, option in weighed if option.weight > 0]
        parts.responses.append(response(RESPONSE, "identifier", cardinality, right))
        parts.rules.append(all_right(question))
    else:
        mapped = [(key, option.weight * question.points) for key, option in weighed if option.weight]
        right = [key for key, option in weighed if (option.weight == 1 if is_single else option.weight > 0)]
        if is_single:
            declared = response(RESPONSE, "identifier", cardinality, right[:1], mapped)
        else:
            # Wrong ones cost, but nobody falls below nothing or rises above everything.
            whole = question.points
            declared = response(RESPONSE, "identifier", cardinality, right, mapped, lower=Fraction(0), upper=whole)
        parts.responses.append(declared)
        parts.rules.append(mapped_score())
    if parts.answers:
        parts.rules.append(set_outcome(FEEDBACK, variable(RESPONSE)))


def mapped_score(identifier: str = RESPONSE) -> Element:
    return set_outcome(SCORE, etree.Element("mapResponse", identifier=identifier))


def all_right(question: Question, identifier: str = RESPONSE) -> Element:
    test = expression("match", variable(identifier), etree.Element("correct", identifier=identifier))
    return condition((test, [set_outcome(SCORE, literal("float", decimal_text(question.points)))]))


def score_pairs(parts: Parts, base_type: str) -> None:
    question = parts.question
    whole = [pair for pair in question.pairs if pair.left_key and pair.right_key]
    named = [f"{identifier_of(pair.left_key)} {identifier_of(pair.right_key)}" for pair in whole]
    if any(pair.feedback for pair in whole):
        parts.lost.append("feedback of single pairs.")
    if question.is_all_or_nothing:
        parts.responses.append(response(RESPONSE, base_type, "multiple", named))
        parts.rules.append(all_right(question))
        return
    total = sum((pair.weight for pair in whole), Fraction(0)) or Fraction(1)
    mapped = [(name, pair.weight * question.points / total) for name, pair in zip(named, whole, strict=True)]
    parts.responses.append(response(RESPONSE, base_type, "multiple", named, mapped, upper=question.points))
    parts.rules.append(mapped_score())


def set_points(value: Fraction) -> Element:
    return set_outcome(SCORE, literal("float", decimal_text(value)))
