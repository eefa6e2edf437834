"""Choices, words, numbers, orders and pairs of other systems as parts of a course's items."""

from fractions import Fraction
from typing import Any

from lms.catalog.exchange.drafts import JUDGED, RULE, UNIT, Draft, judged, listed, with_feedback
from lms.catalog.exchange.markdown_text import words
from lms.catalog.exchange.model import Kind, Option, Pair, Tolerance
from lms.catalog.exchange.numerals import decimal_text, fraction
from lms.catalog.exchange.report import RefusedItem

RULES = frozenset({"all", "half"})


def single(draft: Draft) -> dict[str, Any]:
    options = draft.question.options
    if not 2 <= len(options) <= 8:
        raise RefusedItem(f"It has {len(options)} options; a course takes 2 to 8.")
    if not any(option.weight == 1 for option in options):
        raise RefusedItem("No option earns all of the points.")
    made = listed(draft, options)
    weights = [judged(draft, option.weight) for option in options]
    is_plain = sum(weight == 1 for weight in weights) == 1 and all(weight in {0, 1} for weight in weights)
    for one, weight in zip(made, weights, strict=True):
        if not is_plain:
            one["weight"] = JUDGED[weight]
        elif weight == 1:
            one["right"] = True
    with_feedback(draft, made, options)
    return {"type": "single" if is_plain else "judgment", "options": made}


def multiple(draft: Draft) -> dict[str, Any]:
    question = draft.question
    options = question.options
    if not 2 <= len(options) <= 10:
        raise RefusedItem(f"It has {len(options)} options; a course takes 2 to 10.")
    right = [option for option in options if option.weight > 0]
    wrong = [option for option in options if option.weight <= 0]
    if not right:
        raise RefusedItem("No option earns points.")
    made = listed(draft, options)
    for one, option in zip(made, options, strict=True):
        if option.weight > 0:
            one["right"] = True
    with_feedback(draft, made, options)
    said = draft.tag(RULE)
    if question.is_all_or_nothing or said in RULES:
        return {"type": "multiple", "rule": said if said in RULES else "all", "options": made}
    is_net = all(option.weight == Fraction(1, len(right)) for option in right) and all(
        option.weight == -Fraction(1, len(wrong)) for option in wrong
    )
    if not is_net:
        draft.changed.append("Right options count the same, and all wrong ones together cost all of the points.")
    return {"type": "multiple", "options": made}


def short(draft: Draft) -> dict[str, Any]:
    question = draft.question
    accept = dict.fromkeys(words(one.text) for one in question.options if one.weight == 1 and "*" not in one.text.text)
    if not accept:
        raise RefusedItem("No answer earns all of the points.")
    if any(0 < one.weight < 1 for one in question.options):
        draft.lost.append("answers that are partly right")
    if any(one.feedback for one in question.options):
        draft.lost.append("feedback of single answers")
    if any("*" in one.text.text for one in question.options):
        draft.lost.append("answers with * for other words")
    if question.is_case_sensitive:
        draft.lost.append("that case matters")
    return {"type": "short", "accept": list(accept)}


def numeric(draft: Draft) -> dict[str, Any]:
    numbers = draft.question.numbers
    best = next((one for one in numbers if one.weight == 1 and one.value), None)
    if best is None:
        raise RefusedItem("No number earns all of the points.")
    if len(numbers) > 1:
        draft.lost.append("further numbers")
    if best.feedback:
        draft.lost.append("feedback of single answers")
    made: dict[str, Any] = {"type": "numeric", "answer": best.value}
    if best.measure is Tolerance.GEOMETRIC:
        draft.changed.append("Its geometric tolerance becomes a share of the answer.")
    if best.tolerance != "0":
        name = "abs_tolerance" if best.measure is Tolerance.ABSOLUTE else "rel_tolerance"
        made[name] = decimal_text(fraction(best.tolerance))
    if draft.question.units or draft.tag(UNIT):
        made["unit"] = draft.tag(UNIT) or draft.question.units[0].name
        if len(draft.question.units) > 1:
            draft.lost.append("further units")
    return made


def order(draft: Draft) -> dict[str, Any]:
    return {"type": "order", "sequence": listed(draft, draft.question.sequence)}


def matching(draft: Draft) -> dict[str, Any]:
    pairs = [pair for pair in draft.question.pairs if pair.left and pair.right]
    if draft.question.kind is Kind.ASSOCIATE:
        draft.changed.append("What belongs together has a left and a right side now.")
    lefts, rights = [pair.left for pair in pairs], [pair.right for pair in pairs]
    if len(set(lefts)) == len(pairs) >= 2 and len(set(rights)) < len(pairs):
        return _drop_downs(draft, pairs)
    if len(pairs) < len(draft.question.pairs):
        draft.lost.append("sides that nothing belongs to")
    if any(pair.feedback for pair in pairs):
        draft.lost.append("feedback of single pairs")
    made = [
        {"key": f"p{number}", "left": draft.text(pair.left), "right": draft.text(pair.right)}
        for number, pair in enumerate(pairs, start=1)
    ]
    for side in ("left", "right"):
        if len({one[side] for one in made}) != len(made):
            raise RefusedItem("A side stands in two pairs; a course takes each once.")
    if len(made) < 2:
        raise RefusedItem("There are fewer than two pairs.")
    return {"type": "matching", "pairs": made}


def _drop_downs(draft: Draft, pairs: list[Pair]) -> dict[str, Any]:
    """A right side that belongs to several left ones: each left side is followed by a choice of all right sides."""
    rights = list(dict.fromkeys(pair.right for pair in draft.question.pairs if pair.right))
    if not 2 <= len(rights) <= 12:
        raise RefusedItem(f"Its left sides share {len(rights)} right sides; a course takes 2 to 12.")
    if len(pairs) > 20:
        raise RefusedItem(f"It has {len(pairs)} pairs; a course takes 20 drop-downs at most.")
    if any(pair.feedback for pair in pairs):
        draft.lost.append("feedback of single pairs")
    draft.changed.append("A right side belongs to several left ones, so its pairs are drop-downs in a text now.")
    gaps, lines = [], []
    for number, pair in enumerate(pairs, start=1):
        options = listed(draft, [Option(right) for right in rights])
        options[rights.index(pair.right)]["right"] = True
        gaps.append({"key": f"g{number}", "options": options})
        lines.append(f"{draft.text(pair.left)}: {{{{g{number}}}}}")
    return {"type": "cloze", "passage": "  \n".join(lines), "gaps": gaps}
