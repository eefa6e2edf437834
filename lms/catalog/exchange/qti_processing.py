"""The rules of QTI items carried out: templates before an attempt, response and outcome processing after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lms.catalog.exchange.qti_expressions import evaluate, looked_up, mapped, pointed
from lms.catalog.exchange.qti_item import QtiItem
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_session import Draw, Session, begin, fitted
from lms.catalog.exchange.qti_values import Value, number, numeral, same_items, text_of, truth
from lms.catalog.exchange.report import RefusedItem

MOST_DRAWS = 100  # of template values, until they meet the constraints
STOPS = frozenset({"exitResponse", "exitTemplate", "exitTest"})
STANDARD_TEMPLATES = frozenset(
    {
        *("match_correct", "map_response", "map_response_point", "match_none", "match_nothing"),
        *("cc2_match", "cc2_match_basic", "cc2_map_response"),
    }
)
FRAGMENTS = frozenset({"responseProcessingFragment", "outcomeProcessingFragment", "templateProcessingFragment"})


class _Exit(Exception):
    """A rule said that the rest is not to be carried out."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of one attempt. `score` is 0 where the item sets none; `body` is the text as the learner sees it."""

    outcomes: Mapping[str, Value | None]
    score: Fraction
    max_score: Fraction | None
    feedback: tuple[str, ...]
    body: str
    unknown_operators: tuple[str, ...]

    def shows(self, node: Node) -> bool:
        return _is_shown_by(self.outcomes.get(node.get("outcomeIdentifier")), node)


def score(item: QtiItem, responses: Mapping[str, object], seed: int = 1) -> Scored:
    """Carry out an attempt. Raises RefusedItem where a rule cannot be carried out."""
    session = prepared(item, responses, seed)
    _respond(session)
    if item.outcome_processing is not None:
        _rules(session, item.outcome_processing.children, is_top=True)
    outcomes = {identifier: session.values.get(identifier) for identifier in item.outcomes}
    earned = numeral(outcomes.get("SCORE"))
    return Scored(
        outcomes,
        Fraction(0) if earned is None else earned,
        _max_score(item, session),
        tuple(_shown_feedback(session)),
        " ".join(body_text(session, item.body).split()) if item.body else "",
        tuple(session.unknown_operators),
    )


def prepared(item: QtiItem, responses: Mapping[str, object], seed: int) -> Session:
    """A session with its template values drawn; draws that break a constraint are drawn again."""
    draw = Draw(seed)
    for _ in range(MOST_DRAWS):
        session = begin(item, responses, draw)
        rules = item.template_processing.children if item.template_processing is not None else ()
        if _is_drawn(session, rules):
            return session
    raise RefusedItem("No draw of the template values meets the item's constraints.", item.place)


def _is_drawn(session: Session, rules: Sequence[Node]) -> bool:
    try:
        for rule in rules:
            if rule.name == "templateConstraint":
                if not truth(evaluate(session, rule.children[0]) if rule.children else None):
                    return False
            else:
                _rules(session, (rule,))
    except _Exit:
        pass
    return True


def _max_score(item: QtiItem, session: Session) -> Fraction | None:
    if "MAXSCORE" in item.outcomes:
        return numeral(session.values.get("MAXSCORE"))
    return item.outcomes["SCORE"].normal_maximum if "SCORE" in item.outcomes else None


def _shown_feedback(session: Session) -> list[str]:
    return [node.get("identifier") for node in session.item.modal_feedback if is_shown(session, node)]


def is_shown(session: Session, node: Node) -> bool:
    """Whether feedback shows: its outcome holds its identifier, or does not where it says `hide`."""
    return _is_shown_by(session.values.get(node.get("outcomeIdentifier") or node.get("templateIdentifier")), node)


def _is_shown_by(value: Value | None, node: Node) -> bool:
    is_in = value is not None and any(text_of(one) == node.get("identifier") for one in value.items)
    return is_in == (node.get("showHide", "show") == "show")


def body_text(session: Session, node: Node) -> str:
    """The words of the body with printed variables filled in and hidden feedback left out."""
    parts = [node.text]
    for child in node.children:
        if child.name == "printedVariable":
            parts.append(printed(session, child.get("identifier"), child))
        elif name := math_variable(session.item, child):
            parts.append(printed(session, name, child))
        elif (child.name not in {"feedbackInline", "feedbackBlock", "templateInline", "templateBlock"}) or is_shown(
            session, child
        ):
            parts.append(body_text(session, child))
        parts.append(child.tail)
    return "".join(parts)


def math_variable(item: QtiItem, node: Node) -> str:
    """The template variable whose value stands in a formula where its name does; mostly there is none."""
    declared = item.templates.get(node.text.strip()) if node.name in {"mi", "ci"} and not node.children else None
    return declared.identifier if declared is not None and declared.is_in_math else ""


def printed(session: Session, identifier: str, node: Node) -> str:
    value = session.value(identifier, node)
    if value is None:
        return ""
    return node.get("delimiter", "; ").join(text_of(item) for item in value.items)


def _respond(session: Session) -> None:
    node = session.item.response_processing
    if node is None:
        return
    if node.children:
        _rules(session, node.children, is_top=True)
    elif name := template_name(node):
        _template(session, node, name)


def template_name(node: Node) -> str:
    """The last part of the address of the rules that an item is scored by; empty for rules of its own."""
    address = node.get("template") or node.get("templateLocation")
    return address.rstrip("/").rpartition("/")[2].removesuffix(".xml").lower()


def _template(session: Session, node: Node, name: str) -> None:
    """The standard's own templates, by the last part of their address."""
    item = session.item
    if name not in STANDARD_TEMPLATES:
        raise RefusedItem(
            f"The response processing template “{name}” is none of the standard's and is not among the files.",
            item.at(node),
        )
    identifier = "RESPONSE" if "RESPONSE" in item.responses else next(iter(item.responses), "")
    declared = item.responses.get(identifier)
    if declared is None:
        raise RefusedItem("The item has no response that its template could look at.", item.at(node))
    value = session.values.get(identifier)
    correct = session.corrects.get(identifier)
    is_right = value is not None and correct is not None and same_items(value, correct)
    if name in {"match_correct", "cc2_match", "cc2_match_basic"}:
        earned = Fraction(1)
        if name != "match_correct":
            earned = numeral(session.values.get("MAXSCORE")) or earned
        points = earned if is_right else Fraction(0)
    elif name in {"map_response", "cc2_map_response"}:
        points = mapped(value, declared, declared.mapping) if value is not None else Fraction(0)
        if declared.mapping is not None and value is None:
            points = declared.mapping.bounded(points)
    elif name == "map_response_point":
        points = pointed(value, declared.areas) if declared.areas and value is not None else Fraction(0)
    else:
        points = Fraction(int(value is None))
        is_right = value is None
    session.values["SCORE"] = _as_declared(session, "SCORE", number(points))
    if "FEEDBACKBASIC" in item.outcomes:
        full = numeral(session.values.get("MAXSCORE"))
        is_full = points == full if name == "cc2_map_response" and full is not None else is_right
        word = "empty" if value is None else "correct" if is_full else "incorrect"
        session.values["FEEDBACKBASIC"] = Value("identifier", (word,))


def _rules(session: Session, rules: Sequence[Node], *, is_top: bool = False) -> None:
    try:
        for rule in rules:
            _rule(session, rule)
    except _Exit:
        if not is_top:
            raise


def _rule(session: Session, rule: Node) -> None:
    session.step(rule)
    if rule.name in STOPS:
        raise _Exit
    if rule.name in FRAGMENTS:
        _rules(session, rule.children)
    elif rule.name in {"responseCondition", "outcomeCondition", "templateCondition"}:
        _condition(session, rule)
    elif rule.name in SETTERS:
        SETTERS[rule.name](session, rule)
    elif rule.name == "include":
        raise RefusedItem(
            f"A rule is to be included from “{rule.get('href')}”; rules must stand in the item.", session.item.at(rule)
        )
    else:
        raise RefusedItem(f"<{rule.name}> is no rule that this program knows.", session.item.at(rule))


def _condition(session: Session, rule: Node) -> None:
    for branch in rule.children:
        if branch.name.endswith("Else"):
            _rules(session, branch.children)
            return
        if not branch.children:
            raise RefusedItem(f"<{branch.name}> has no condition.", session.item.at(branch))
        if truth(evaluate(session, branch.children[0])):
            _rules(session, branch.children[1:])
            return


def _set_value(session: Session, rule: Node) -> None:
    identifier = rule.get("identifier")
    value = evaluate(session, _operand(session, rule))
    if identifier == "completionStatus":
        session.values[identifier] = value
        return
    session.values[identifier] = fitted(value, session.declared(identifier, rule))


def _set_default(session: Session, rule: Node) -> None:
    """With an expression: a new default. Without, an older habit: back to the default."""
    identifier = rule.get("identifier")
    declared = session.declared(identifier, rule)
    if rule.children:
        session.defaults[identifier] = fitted(evaluate(session, rule.children[0]), declared)
    session.values[identifier] = session.defaults.get(identifier)


def _set_correct(session: Session, rule: Node) -> None:
    declared = session.declared(rule.get("identifier"), rule)
    session.corrects[rule.get("identifier")] = fitted(evaluate(session, _operand(session, rule)), declared)


def _look_up(session: Session, rule: Node) -> None:
    declared = session.declared(rule.get("identifier"), rule)
    if declared.table is None:
        raise RefusedItem(f"{declared.identifier} has no table to look in.", session.item.at(rule))
    source = numeral(evaluate(session, _operand(session, rule)))
    try:
        session.values[declared.identifier] = looked_up(declared.table, source, declared.base_type)
    except ValueError as wrong:
        message = f"The table of {declared.identifier} gives “{wrong}”, which is no {declared.base_type}."
        raise RefusedItem(message, session.item.at(rule)) from wrong


def _operand(session: Session, rule: Node) -> Node:
    if not rule.children:
        raise RefusedItem(f"<{rule.name}> says no value for {rule.get('identifier')}.", session.item.at(rule))
    return rule.children[0]


def _as_declared(session: Session, identifier: str, value: Value | None) -> Value | None:
    declared = session.item.outcomes.get(identifier)
    return value if declared is None else fitted(value, declared)


SETTERS = {
    "setOutcomeValue": _set_value,
    "setTemplateValue": _set_value,
    "setResponseValue": _set_value,
    "setDefaultValue": _set_default,
    "setCorrectResponse": _set_correct,
    "lookupOutcomeValue": _look_up,
}
