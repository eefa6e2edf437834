"""Calculated questions and scales of other systems as items of a course."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from lms.catalog.exchange import formulas
from lms.catalog.exchange.drafts import RANGE, UNIT, Draft
from lms.catalog.exchange.model import NO_TEXT, Number, Text, Tolerance, Variable
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral
from lms.catalog.exchange.report import RefusedItem
from lms.policy.calculated import MOST_STEPS

MOST_PARAMETERS = 8
MOST_DECIMALS = 8
Range = tuple[str, str, str]


def calculated(draft: Draft) -> dict[str, Any]:
    question = draft.question
    if question.options:
        raise RefusedItem("It offers formulas as options; a course calculates one answer, which is typed.")
    best = next((one for one in question.numbers if one.weight == 1 and one.value), None)
    if best is None:
        raise RefusedItem("No formula earns all of the points.")
    if len(question.numbers) > 1:
        draft.lost.append("further formulas")
    if best.feedback:
        draft.lost.append("feedback of single answers")
    if not 1 <= len(question.variables) <= MOST_PARAMETERS:
        raise RefusedItem(f"It draws {len(question.variables)} numbers; a course takes 1 to {MOST_PARAMETERS}.")
    names = formulas.named(tuple(one.name for one in question.variables))
    formula = formulas.ours(best.value, names)
    prompt = _with_marks(question.prompt, names, "")
    if formulas.INLINE.search(prompt.text):
        raise RefusedItem("Its text works out numbers of its own ({=…}); a course shows only those that are drawn.")
    feedback = _with_marks(question.general_feedback, names, best.value)
    if formulas.INLINE.search(feedback.text):
        draft.lost.append("numbers that the feedback works out")
        feedback = replace(feedback, text=formulas.INLINE.sub("…", feedback.text))
    draft.question = replace(question, prompt=prompt, general_feedback=feedback)
    made: dict[str, Any] = {"type": "calculated", "prompt": draft.text(prompt), "formula": formula}
    made["parameters"] = [_parameter(draft, one, names[one.name]) for one in question.variables]
    made["decimals"] = _decimals(draft)
    made |= _tolerance(draft, best)
    if question.units or draft.tag(UNIT):
        made["unit"] = draft.tag(UNIT) or question.units[0].name
        if len(question.units) > 1:
            draft.lost.append("further units")
    return made


def _with_marks(text: Text, names: dict[str, str], formula: str) -> Text:
    """`{x}` is `{{x}}` here, and the formula itself, worked out, is `{{answer}}`."""
    if not text:
        return NO_TEXT
    words = text.text.replace(f"{{={formula}}}", "\ue000") if formula else text.text
    parts = formulas.INLINE.split(words)
    kept = [match[0] for match in formulas.INLINE.finditer(words)]
    marked = [
        formulas.NAME.sub(lambda match: f"{{{{{names[match[1]]}}}}}" if match[1] in names else match[0], part)
        for part in parts[::2]
    ]
    woven = marked[0] + "".join(inline + part for inline, part in zip(kept, marked[1:], strict=True))
    return replace(text, text=woven.replace("\ue000", "{{answer}}"))


def _decimals(draft: Draft) -> int:
    settings = dict(draft.question.extra)
    length = settings.get("correctanswerlength", "2")
    decimals = int(length) if length.isascii() and length.isdigit() and len(length) < 3 else 2
    if settings.get("correctanswerformat", "1") != "1":
        draft.changed.append(f"The answer is rounded to {decimals} decimals, not to so many figures.")
    return min(decimals, MOST_DECIMALS)


def _tolerance(draft: Draft, best: Number) -> dict[str, Any]:
    if not is_numeral(best.tolerance) or fraction(best.tolerance) < 0:
        raise RefusedItem(f"“{best.tolerance[:40]}” is no tolerance.")
    if fraction(best.tolerance) == 0:
        return {}
    if best.measure is Tolerance.GEOMETRIC:
        draft.changed.append("Its geometric tolerance becomes a share of the answer.")
    name = "abs_tolerance" if best.measure is Tolerance.ABSOLUTE else "rel_tolerance"
    return {name: decimal_text(fraction(best.tolerance))}


def _parameter(draft: Draft, variable: Variable, name: str) -> dict[str, Any]:
    low, high, step = _said_range(draft, name) or _range(draft, variable)
    made: dict[str, Any] = {"key": name, "low": low, "high": high}
    return made if step == "1" else made | {"step": step}


def _said_range(draft: Draft, name: str) -> Range | None:
    """The range that this product wrote into a tag: `range:calls 10 60 5`."""
    for tag in draft.question.tags:
        words = tag.removeprefix(RANGE).split(" ")
        if tag.startswith(RANGE) and len(words) == 4 and words[0] == name and all(map(is_numeral, words[1:])):
            return words[1], words[2], words[3]
    return None


def _range(draft: Draft, variable: Variable) -> Range:
    """From its bounds, in steps of its decimals; without bounds, from the values that were drawn already."""
    if is_numeral(variable.minimum) and is_numeral(variable.maximum):
        low, high = fraction(variable.minimum), fraction(variable.maximum)
        places = int(variable.decimals) if variable.decimals.isdigit() and len(variable.decimals) < 2 else 1
    else:
        values = sorted({fraction(one) for one in variable.values if is_numeral(one)})
        if not values:
            raise RefusedItem(f"The numbers that {{{variable.name}}} stands for are not in the file.")
        low, high = values[0], values[-1]
        places = max(len(decimal_text(one).partition(".")[2]) for one in values)
    if high < low:
        raise RefusedItem(f"The range of {{{variable.name}}} ends before it begins.")
    step = Fraction(1, 10**places)
    if (high - low) / step >= MOST_STEPS:
        while (high - low) / step >= MOST_STEPS:
            step *= 10
        draft.changed.append(f"The number {{{variable.name}}} is drawn in steps of {decimal_text(step)}.")
    if variable.distribution != "uniform":
        draft.changed.append("Every number of a range is drawn equally often.")
    if variable.values:
        draft.changed.append("Numbers are drawn anew from their ranges, not only those in the file.")
    return decimal_text(low), decimal_text(high), decimal_text(step)


def slider(draft: Draft) -> dict[str, Any]:
    numbers = draft.question.numbers
    if not numbers:
        raise RefusedItem("No number earns all of the points.")
    settings = dict(draft.question.extra)
    ends = [settings.get(name, "") for name in ("lowerBound", "upperBound")]
    between = f" between {ends[0]} and {ends[1]}" if all(ends) else ""
    draft.changed.append(f"The number is typed, not set on a scale{between}.")
    return {"type": "numeric", "answer": numbers[0].value}
