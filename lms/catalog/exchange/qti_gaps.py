"""QTI interactions inside a text: typed words and numbers, drop-downs, words dragged into gaps."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod

from lms.catalog.exchange.cloze import mark
from lms.catalog.exchange.gift import BLANK
from lms.catalog.exchange.model import Format, Gap, GapKind, Kind, Number, Option, Question, Text, Tolerance
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral
from lms.catalog.exchange.qti_choices import pairs_of, points_of, weights_of, words_to_places
from lms.catalog.exchange.qti_declarations import Declaration
from lms.catalog.exchange.qti_frame import Frame, option
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.report import RefusedItem

INLINE = frozenset({"inlineChoiceInteraction", "textEntryInteraction"})
NUMERIC = frozenset({"integer", "float"})
MOST_COMBINATIONS = 256


def typed(frame: Frame) -> Question:
    """One place to type in: a short answer or a number. At the end of the text it needs no blank."""
    gap = _text_gap(frame, frame.node, "1")
    frame.marks[id(frame.node)] = _MARK
    words = frame.prompt().text
    # The box may stand in a paragraph of its own.
    rest = words.partition(_MARK)[2]
    has_blank = bool(_visible(rest))
    if has_blank:
        prompt = words.replace(_MARK, BLANK)
    else:
        frame.marks[id(frame.node)] = ""
        prompt = frame.prompt().text
    is_number = gap.kind is GapKind.NUMERIC
    return replace(
        frame.question,
        prompt=Text(prompt),
        kind=Kind.NUMERIC if is_number else Kind.SHORT,
        options=gap.options,
        numbers=gap.numbers,
        points=points_of(frame, gap.points),
        is_case_sensitive=gap.is_case_sensitive,
        has_blank=has_blank,
    )


_MARK = "\ue000"


def _visible(html: str) -> str:
    text, depth = "", 0
    for letter in html:
        depth += (letter == "<") - (letter == ">")
        if depth == 0 and letter != ">":
            text += letter
    return text.strip()


def cloze(frame: Frame, nodes: list[Node]) -> Question:
    """Several places in one text."""
    gaps = []
    for number, node in enumerate(nodes, start=1):
        key = str(number)
        made = _text_gap(frame, node, key) if node.name == "textEntryInteraction" else _choice_gap(frame, node, key)
        frame.marks[id(node)] = mark(key)
        gaps.append(made)
    whole = frame.probe.best()
    is_all = len(gaps) > 1 and all(gap.points <= 0 for gap in gaps)
    if is_all:
        gaps = _credited_together(frame, nodes, gaps)
    # Where only all gaps together count, each is worth the same.
    gaps = [replace(gap, points=Fraction(1)) if gap.points <= 0 else gap for gap in gaps]
    total = sum((gap.points for gap in gaps), Fraction(0))
    return replace(
        frame.question,
        prompt=frame.prompt(),
        kind=Kind.CLOZE,
        gaps=tuple(gaps),
        points=points_of(frame, whole) if is_all else total,
        is_all_or_nothing=is_all,
    )


def _credited_together(frame: Frame, nodes: list[Node], gaps: list[Gap]) -> list[Gap]:
    """The answers that the rules credit when all gaps hold them; rules and declared key need not agree."""
    names = [frame.declaration_of(node).identifier for node in nodes]
    offers = [_offers(gap) for gap in gaps]
    if prod(len(one) for one in offers) > MOST_COMBINATIONS:
        return gaps
    scored = [(frame.probe.score(dict(zip(names, one, strict=True))), one) for one in product(*offers)]
    best = max((worth for worth, _ in scored), default=Fraction(0))
    if best <= frame.probe.nothing:
        return gaps
    right = [{one[at] for worth, one in scored if worth == best} for at in range(len(gaps))]
    credited = [_crediting(gap, words) for gap, words in zip(gaps, right, strict=True)]
    for node, before, after in zip(nodes, gaps, credited, strict=True):
        if before != after and frame.probe.score(frame.probe.all_correct()) < best:
            frame.changed(node, "The declared right answer earns nothing; the one that the rules credit is taken.")
    return credited


def _offers(gap: Gap) -> list[str]:
    if gap.kind is GapKind.CHOICE:
        return [option.key for option in gap.options]
    return [number.value for number in gap.numbers] or [option.text.text for option in gap.options]


def _crediting(gap: Gap, right: set[str]) -> Gap:
    options = tuple(replace(one, weight=Fraction(int((one.key or one.text.text) in right))) for one in gap.options)
    numbers = tuple(replace(one, weight=Fraction(int(one.value in right))) for one in gap.numbers)
    return replace(gap, options=options, numbers=numbers)


def _choice_gap(frame: Frame, node: Node, key: str) -> Gap:
    choices = list(node.every("inlineChoice"))
    if not choices:
        raise RefusedItem("There is nothing to choose from.", frame.at(node))
    inner = replace_node(frame, node)
    weights, _, _ = weights_of(inner, [one.get("identifier") for one in choices])
    options = tuple(option(frame, one, weight) for one, weight in zip(choices, weights, strict=True))
    best = max((_worth(frame, node, one.get("identifier")) for one in choices), default=Fraction(0))
    return Gap(key, GapKind.CHOICE, options, points=best)


def replace_node(frame: Frame, node: Node) -> Frame:
    return Frame(frame.item, frame.probe, frame.notes, frame.question, node, frame.marks)


def _worth(frame: Frame, node: Node, words: str) -> Fraction:
    identifier = frame.declaration_of(node).identifier
    return frame.probe.score({identifier: words}) - frame.probe.nothing


def _text_gap(frame: Frame, node: Node, key: str) -> Gap:
    declared = frame.declaration_of(node)
    words = frame.probe.candidates(declared)
    if not words:
        frame.changed(node, f"No right answer is declared for {declared.identifier}, so none earns points.")
    earned = {one: _worth(frame, node, one) for one in words}
    if declared.mapping is not None and frame.probe.uses("mapResponse", declared.identifier):
        earned |= {entry.key: entry.value for entry in declared.mapping.entries if entry.key}
    best = max(earned.values(), default=Fraction(0))
    right = set(frame.probe.correct_words(declared.identifier))
    # Nothing earns points by itself where gaps only count together: the declared answers are the right ones then.
    shares = {one: (worth / best if best > 0 else Fraction(int(one in right))) for one, worth in earned.items()}
    is_number = declared.base_type in NUMERIC or (words and _is_compared_as_number(frame, declared, words))
    if is_number and all(is_numeral(one) for one in shares):
        return Gap(key, GapKind.NUMERIC, numbers=_numbers(frame, node, shares, best), points=best)
    options = tuple(Option(Text(one, Format.PLAIN), share) for one, share in shares.items())
    return Gap(key, GapKind.SHORT, options, points=best, is_case_sensitive=_is_exact(frame, node, earned))


def _is_compared_as_number(frame: Frame, declared: Declaration, words: list[str]) -> bool:
    """A string variable that rules compare with `equal` is a number in disguise."""
    found = [one.name for one, _ in frame.probe.compared_with(declared.identifier)]
    return bool(found) and all(name in {"equal", "equalRounded"} for name in found)


def _numbers(frame: Frame, node: Node, shares: dict[str, Fraction], best: Fraction) -> tuple[Number, ...]:
    """A number for each comparison with a tolerance, and one for each value that is only compared as it is."""
    declared = frame.declaration_of(node)
    found: list[Number] = []
    covered: set[Fraction] = set()
    for comparison, other in frame.probe.compared_with(declared.identifier):
        if comparison.name != "equal" or comparison.get("toleranceMode", "exact") == "exact":
            continue
        bounds = comparison.get("tolerance", "0").replace(",", " ").split() or ["0"]
        if not all(is_numeral(bound) for bound in bounds):
            frame.lost(comparison, "Its tolerance depends on a variable and is left out.")
            continue
        named = [one.words.strip() for one in other.walk() if one.name == "baseValue"]
        for words in named or frame.probe.correct_words(declared.identifier):
            if is_numeral(words):
                number = _tolerated(frame, comparison, fraction(words), [fraction(bound) for bound in bounds])
                covered.add(fraction(words))
                found.append(replace(number, weight=_share_at_edge(frame, node, number, best)))
    exact = [(words, share) for words, share in shares.items() if fraction(words) not in covered]
    plain = tuple(Number(decimal_text(fraction(words)), "0", share) for words, share in exact)
    return (*plain, *dict.fromkeys(found))


def _tolerated(frame: Frame, comparison: Node, value: Fraction, bounds: list[Fraction]) -> Number:
    low, high = bounds[0], bounds[-1]
    if comparison.get("toleranceMode") == "relative":
        if low != high:
            frame.changed(comparison, "Different tolerances below and above become the smaller one.")
        return Number(decimal_text(value), decimal_text(min(low, high) / 100), measure=Tolerance.RELATIVE)
    middle = value + (high - low) / 2
    return Number(decimal_text(middle), decimal_text((low + high) / 2))


def _share_at_edge(frame: Frame, node: Node, number: Number, best: Fraction) -> Fraction:
    return _worth(frame, node, edge(number)) / best if best > 0 else Fraction(0)


def edge(number: Number) -> str:
    """The outermost value of a number, where a narrower one with the same middle no longer answers."""
    value, reach = fraction(number.value), fraction(number.tolerance)
    if number.measure is Tolerance.RELATIVE:
        reach *= abs(value)
    return decimal_text(value + reach)


def _is_exact(frame: Frame, node: Node, earned: dict[str, Fraction]) -> bool:
    """Asked of the rules: does the best answer still earn as much in the other case."""
    for words, worth in earned.items():
        if words.swapcase() != words and worth > 0:
            return _worth(frame, node, words.swapcase()) != _worth(frame, node, words)
    return False


def dragged(frame: Frame) -> Question:
    """`gapMatchInteraction`: every gap offers every word; which belongs where is in the pairs."""
    words = {
        one.get("identifier"): frame.text(one) if one.name == "gapText" else _picture(frame, one)
        for one in frame.node.walk()
        if one.name in {"gapText", "gapImg"}
    }
    places = [one for one in frame.node.walk() if one.name == "gap"]
    if not words or not places:
        raise RefusedItem("There are no words or no gaps.", frame.at(frame.node))
    weighted, points, is_all = pairs_of(frame)
    weighted = words_to_places(frame, weighted, words, {one.get("identifier") for one in places})
    gaps = []
    for place in places:
        key = place.get("identifier")
        options = tuple(Option(text, weighted.get((word, key), Fraction(0)), key=word) for word, text in words.items())
        if not any(one.weight > 0 for one in options):
            frame.changed(place, f"No word is right for the gap {key}.")
        most = max((one.weight for one in options), default=Fraction(0))
        if most:
            options = tuple(replace(one, weight=one.weight / most) for one in options)
        gaps.append(Gap(key, GapKind.CHOICE, options, points=most, presentation="drag"))
        frame.marks[id(place)] = mark(key)
    total = sum((gap.points for gap in gaps), Fraction(0)) or Fraction(1)
    gaps = [replace(gap, points=gap.points * points / total) for gap in gaps]
    for one in frame.node.children:
        if one.name in {"gapText", "gapImg", "prompt"}:
            frame.marks[id(one)] = ""
    inside = frame.text(frame.node)
    before = frame.prompt()
    return replace(
        frame.question,
        prompt=Text("\n".join(part for part in (before.text, inside.text) if part)),
        kind=Kind.GAP_MATCH,
        gaps=tuple(gaps),
        options=tuple(Option(text, key=key) for key, text in words.items()),
        points=points,
        is_all_or_nothing=is_all,
        is_shuffled=frame.node.is_on("shuffle") if "shuffle" in frame.node.attributes else None,
    )


def _picture(frame: Frame, node: Node) -> Text:
    shown = next((one for one in node.children if one.name in {"object", "img"}), None)
    label = node.get("objectLabel") or (shown.words.strip() if shown else "") or (shown.get("alt") if shown else "")
    source = (shown.get("data") or shown.get("src")) if shown else ""
    return Text(f'<img src="{source}" alt="{label}">' if source else label)
