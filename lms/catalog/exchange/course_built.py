"""Questions of several places – gaps, words in a text, areas of a picture, best and worst – as a course's items."""

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

from lms.catalog.exchange.course_choices import multiple, single
from lms.catalog.exchange.drafts import JUDGED, RULE, Draft, letters, listed, weights_said, with_feedback
from lms.catalog.exchange.markdown_text import words
from lms.catalog.exchange.model import Gap, GapKind, Option, Text, Zone
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral
from lms.catalog.exchange.picture_size import Size, size_of
from lms.catalog.exchange.report import RefusedItem

MOST_CHOICES = 12
MOST_GAPS = 20
MOST_AREAS = 12
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MARK = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")


def cloze(draft: Draft) -> dict[str, Any]:
    """What stands before the paragraph of the first gap is the question; the rest is the passage."""
    question = draft.question
    if question.zones or not question.gaps:
        raise RefusedItem("Labels belong on a picture there, and a course has no such question.")
    keys = _gap_keys(question.gaps)
    marked = _MARK.sub(lambda mark: f"{{{{{keys.get(mark[1], mark[1])}}}}}", question.prompt.text)
    paragraphs = draft.text(replace(question.prompt, text=marked)).split("\n\n")
    first = next((at for at, one in enumerate(paragraphs) if "{{" in one), 0)
    asked = "\n\n".join(paragraphs[:first]) or question.title or "Fill the gaps."
    gaps = [{"key": keys[gap.key], **_gap(draft, gap)} for gap in question.gaps]
    if len({gap.points for gap in question.gaps}) > 1:
        draft.changed.append("Gaps count the same.")
    if question.is_all_or_nothing and len(gaps) > 1:
        draft.changed.append("Each gap counts by itself, not only all of them together.")
    if any(gap.is_case_sensitive for gap in question.gaps):
        draft.lost.append("that case matters")
    return {"type": "cloze", "prompt": asked, "passage": "\n\n".join(paragraphs[first:]), "gaps": gaps}


def _gap_keys(gaps: tuple[Gap, ...]) -> dict[str, str]:
    if len(gaps) > MOST_GAPS:
        raise RefusedItem(f"It has {len(gaps)} gaps; a course takes {MOST_GAPS} at most.")
    if all(_SLUG.fullmatch(gap.key) for gap in gaps):
        return {gap.key: gap.key for gap in gaps}
    return {gap.key: f"g{number}" for number, gap in enumerate(gaps, start=1)}


def _gap(draft: Draft, gap: Gap) -> dict[str, Any]:
    match gap.kind:
        case GapKind.MULTIPLE:
            raise RefusedItem(f"The gap {gap.key} takes several options at once; in a course a gap takes one.")
        case GapKind.NUMERIC:
            return {"accept": _numbers(draft, gap)}
    right = [option for option in gap.options if option.weight == 1]
    if not right:
        raise RefusedItem(f"Nothing in the gap {gap.key} earns all of its points.")
    if any(option.feedback for option in gap.options):
        draft.lost.append("feedback of the answers in gaps")
    if any(0 < option.weight < 1 for option in gap.options):
        draft.lost.append("answers in gaps that are partly right")
    if gap.kind is GapKind.SHORT:
        accept = dict.fromkeys(words(one.text) for one in right if "*" not in one.text.text)
        if not accept:
            raise RefusedItem(f"The gap {gap.key} takes any words, and a course compares them with a list.")
        return {"accept": list(accept)}
    if not 2 <= len(gap.options) <= MOST_CHOICES:
        raise RefusedItem(f"The gap {gap.key} offers {len(gap.options)} choices; a course takes 2 to {MOST_CHOICES}.")
    options = listed(draft, gap.options)
    for one, option in zip(options, gap.options, strict=True):
        if option.weight == 1:
            one["right"] = True
    return {"options": options}


def _numbers(draft: Draft, gap: Gap) -> list[str]:
    """A number that must be hit exactly can be compared as words."""
    exact = [one.value for one in gap.numbers if one.weight == 1 and one.value]
    if not exact:
        raise RefusedItem(f"Nothing in the gap {gap.key} earns all of its points.")
    if any(one.tolerance != "0" for one in gap.numbers if one.weight == 1):
        raise RefusedItem(f"The gap {gap.key} takes a number with a tolerance; a course's gaps compare words.")
    draft.changed.append(f"The number of the gap {gap.key} is compared as it is written: {exact[0]}.")
    return list(dict.fromkeys(exact))


def hottext(draft: Draft) -> dict[str, Any]:
    """The words to choose become options below the text, where they still stand."""
    question = draft.question
    said = {option.key: option.text for option in question.options}
    shown = _MARK.sub(lambda mark: said[mark[1]].text if mark[1] in said else mark[0], question.prompt.text)
    draft.changed.append("The words to choose from stand below the text, as options.")
    draft.question = replace(question, prompt=replace(question.prompt, text=shown))
    is_single = dict(question.extra).get("max_choices", "1") == "1"
    return {"prompt": draft.text(draft.question.prompt), **(single if is_single else multiple)(draft)}


def hotspot(draft: Draft) -> dict[str, Any]:
    question, settings = draft.question, dict(draft.question.extra)
    zones = question.zones
    if not 2 <= len(zones) <= MOST_AREAS:
        raise RefusedItem(f"It has {len(zones)} areas; a course takes 2 to {MOST_AREAS}.")
    right = [zone for zone in zones if zone.weight > 0]
    if not right:
        raise RefusedItem("No area earns points.")
    if settings.get("max_choices", "1") == "1" and len(right) > 1:
        raise RefusedItem("Any one of several areas is enough there; a course asks for all that are right.")
    path, why_not = draft.pictures.take(settings.get("background", ""))
    if not path:
        raise RefusedItem(f"It is asked on the picture “{settings.get('background', '')}”, {why_not}.")
    size = _shown_size(settings) or size_of(draft.pictures.found[path])
    options = []
    for number, zone in enumerate(zones, start=1):
        option: dict[str, Any] = {"key": letters(number), "text": zone.label.strip() or f"Area {number}"}
        options.append(option | {"area": _area(draft, zone, size)})
        if zone.weight > 0:
            options[-1]["right"] = True
        if zone.feedback and (said := draft.text(zone.feedback)):
            options[-1]["feedback"] = said
    if not all(zone.label.strip() for zone in zones):
        draft.changed.append("Areas without words are called Area 1, Area 2 …; say what lies there.")
    if len({option["text"] for option in options}) < len(options):
        raise RefusedItem("Two of its areas say the same.")
    words_of = settings.get("background_text", "").replace("[", "").replace("]", "").strip()
    if not words_of:
        draft.changed.append("The picture has no description; write one for those who cannot see it.")
    made: dict[str, Any] = {"type": "hotspot", "picture": f"![{words_of or 'The picture'}]({path})", "options": options}
    if (question.is_all_or_nothing or draft.tag(RULE)) and len(right) > 1:
        made["rule"] = draft.tag(RULE) or "all"
    return made


def _shown_size(settings: dict[str, str]) -> Size | None:
    sides = [settings.get(name, "") for name in ("width", "height")]
    if not all(is_numeral(side) and fraction(side) > 0 for side in sides):
        return None
    wide, high = (round(fraction(side)) for side in sides)
    return wide, high


def _area(draft: Draft, zone: Zone, size: Size | None) -> str:
    """In percent of the picture. What is neither rectangle nor ellipse becomes the rectangle around it."""
    if zone.shape == "default":
        raise RefusedItem("One of its areas is the whole picture.")
    numbers = [_percent(one, at, zone, size) for at, one in enumerate(zone.coords)]
    match zone.shape, numbers:
        case "rect", [left, top, right, bottom]:
            return _rect(left, top, right, bottom)
        case "circle", [x, y, radius]:
            wide, high = size or (1, 1)
            return _ellipse(x, y, radius, radius * wide / high)
        case "ellipse", [x, y, wide_radius, high_radius]:
            return _ellipse(x, y, wide_radius, high_radius)
        case "poly", _ if len(numbers) >= 6 and len(numbers) % 2 == 0:
            draft.changed.append("Areas with corners become the rectangles around them.")
            return _rect(min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2]))
    raise RefusedItem(f"The area “{zone.shape} {','.join(zone.coords)}” cannot be read.")


def _percent(text: str, at: int, zone: Zone, size: Size | None) -> Fraction:
    is_share = text.endswith("%")
    if not is_numeral(text.removesuffix("%")):
        raise RefusedItem(f"The area “{zone.shape} {','.join(zone.coords)}” cannot be read.")
    number = fraction(text.removesuffix("%"))
    if is_share:
        return number
    if size is None:
        raise RefusedItem("How large the picture is cannot be told, so its areas have no place on it.")
    return number * 100 / size[at % 2]


def _rect(left: Fraction, top: Fraction, right: Fraction, bottom: Fraction) -> str:
    left, top, right, bottom = (min(max(one, Fraction(0)), Fraction(100)) for one in (left, top, right, bottom))
    if right <= left or bottom <= top:
        raise RefusedItem("One of its areas lies outside the picture or has no size.")
    return " ".join(("rect", *map(_short, (left, top, _floor(right) - _floor(left), _floor(bottom) - _floor(top)))))


def _ellipse(x: Fraction, y: Fraction, wide: Fraction, high: Fraction) -> str:
    if min(x - wide, y - high) < 0 or max(x + wide, y + high) > 100:
        return _rect(x - wide, y - high, x + wide, y + high)
    return " ".join(("ellipse", *map(_short, (x, y, wide, high))))


def _floor(value: Fraction) -> Fraction:
    """To a hundredth of a percent, so that position and size together never leave the picture."""
    return Fraction(int(value * 100), 100)


def _short(value: Fraction) -> str:
    return decimal_text(_floor(value))


def best_worst(draft: Draft) -> dict[str, Any]:
    """What `course_items` wrote as pairs: best, worst, then what is neither."""
    texts = [pair.right for pair in draft.question.pairs]
    weights = weights_said(draft, len(texts))
    if weights is None:
        raise RefusedItem("Its tag “type:best_worst” goes with a tag “weights:…” that names each option's weight.")
    return _weighed(draft, "best_worst", texts, [pair.feedback for pair in draft.question.pairs], weights)


def ranking(draft: Draft) -> dict[str, Any]:
    sequence = draft.question.sequence
    weights = weights_said(draft, len(sequence))
    if weights is None:
        raise RefusedItem("Its tag “type:ranking” goes with a tag “weights:…” that names each option's weight.")
    texts = [option.text for option in sequence]
    return _weighed(draft, "ranking", texts, [option.feedback for option in sequence], weights)


def _weighed(
    draft: Draft, name: str, texts: list[Text], feedbacks: list[Text], weights: list[Fraction]
) -> dict[str, Any]:
    options = [Option(text, weight, said) for text, weight, said in zip(texts, weights, feedbacks, strict=True)]
    if not 3 <= len(options) <= 8:
        raise RefusedItem(f"It has {len(options)} options; a course takes 3 to 8.")
    made = listed(draft, options)
    for one, option in zip(made, options, strict=True):
        one["weight"] = JUDGED[option.weight]
    with_feedback(draft, made, options)
    return {"type": name, "options": made}
