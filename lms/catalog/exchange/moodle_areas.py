"""Moodle's questions with places to fill: embedded answers, missing words, markers and images on a picture."""

import re
from dataclasses import replace
from fractions import Fraction

from lms.catalog.exchange.cloze import OUR_POINTS, mark, read_gaps
from lms.catalog.exchange.model import NO_TEXT, Format, Gap, GapKind, Kind, Option, Pair, Question, Text, Zone
from lms.catalog.exchange.moodle_source import Source, feedback_of, number_of, said
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import Element, local, place

_PLACE = re.compile(r"\[\[(\d+)\]\]")
SHAPES = {"circle": "circle", "rectangle": "rect", "polygon": "poly"}


def embedded(question: Question, source: Source) -> Question:
    text, gaps = read_gaps(question.prompt.text)
    if not gaps:
        raise RefusedItem("The text holds no embedded answer such as {1:SHORTANSWER:=word}.")
    whole = sum((gap.points for gap in gaps), Fraction(0))
    points = _ours(source) or whole
    if whole:
        gaps = tuple(replace(gap, points=gap.points * points / whole) for gap in gaps)
    return replace(question, kind=Kind.CLOZE, prompt=Text(text, question.prompt.format), gaps=gaps, points=points)


def _ours(source: Source) -> Fraction | None:
    """The points that we wrote beside what Moodle can say."""
    words = source.said(OUR_POINTS)
    numerator, slash, denominator = words.partition("/")
    if not words:
        return None
    at = source.place(OUR_POINTS)
    over = number_of(denominator, at) if slash else Fraction(1)
    if over <= 0 or number_of(numerator, at) <= 0:
        raise RefusedItem(f"“{words}” is not a number of points.", at)
    return number_of(numerator, at) / over


def gaps(question: Question, source: Source) -> Question:
    """`[[2]]` is the gap into which the second choice belongs; it offers all choices of that one's group."""
    is_drag = source.element.get("type") == "ddwtos"
    pool: list[tuple[Option, str]] = []
    extra: list[tuple[str, str]] = [("moodle_type", source.element.get("type", ""))]
    for number, choice in enumerate(source.children("dragbox" if is_drag else "selectoption"), start=1):
        group = said(choice, "group") or "1"
        text = Text(said(choice), Format.HTML if is_drag else Format.PLAIN)
        pool.append((Option(text, feedback=feedback_of(choice, Format.HTML), key=str(number)), group))
        if group != "1":
            extra.append((f"group.{number}", group))
        if any(local(one) == "infinite" for one in choice):
            extra.append((f"infinite.{number}", ""))
    found: list[Gap] = []

    def marked(match: re.Match[str]) -> str:
        right = int(match[1])
        if not 1 <= right <= len(pool):
            raise RefusedItem(f"[[{right}]] asks for a choice that is not in the file.", source.place("questiontext"))
        group = pool[right - 1][1]
        options = tuple(
            replace(option, weight=Fraction(int(option.key == str(right)))) for option, other in pool if other == group
        )
        key = f"g{len(found) + 1}" if is_drag else str(len(found) + 1)
        found.append(Gap(key, GapKind.CHOICE, options, presentation="drag" if is_drag else "select"))
        return mark(key)

    prompt = Text(_PLACE.sub(marked, question.prompt.text), question.prompt.format)
    if not found:
        raise RefusedItem("The text holds no gap such as [[1]].")
    share = question.points / len(found)
    return replace(
        question,
        kind=Kind.GAP_MATCH if is_drag else Kind.CLOZE,
        prompt=prompt,
        gaps=tuple(replace(gap, points=share) for gap in found),
        options=tuple(option for option, _ in pool),
        extra=tuple(extra),
    )


def markers(question: Question, source: Source) -> Question:
    labels = {
        said(one, "no") or one.get("no", "") or str(number): said(one)
        for number, one in enumerate(source.children("drag"), start=1)
    }
    zones, pairs = [], []
    for number, drop in enumerate(source.children("drop"), start=1):
        shape = SHAPES.get(said(drop, "shape").lower())
        if shape is None:
            raise RefusedItem(f"The shape “{said(drop, 'shape')}” is not known.", place(drop, source.file))
        key = f"z{number}"
        zones.append(Zone(shape, _coords(said(drop, "coords")), Fraction(1), key))
        pairs.append(_belongs(labels, drop, key, source))
    return _on_picture(question, source, labels, zones, pairs)


def images(question: Question, source: Source) -> Question:
    labels = {}
    for number, one in enumerate(source.children("drag"), start=1):
        key = said(one, "no") or one.get("no", "") or str(number)
        picture = next((inner.get("name", "") for inner in one if local(inner) == "file"), "")
        labels[key] = said(one) or picture
    zones, pairs = [], []
    for number, drop in enumerate(source.children("drop"), start=1):
        key = f"z{number}"
        corner = (said(drop, "xleft") or "0", said(drop, "ytop") or "0")
        zones.append(Zone("default", corner, Fraction(1), key, label=said(drop)))
        pairs.append(_belongs(labels, drop, key, source))
    return _on_picture(question, source, labels, zones, pairs)


def _belongs(labels: dict[str, str], drop: Element, key: str, source: Source) -> Pair:
    choice = said(drop, "choice")
    if choice not in labels:
        raise RefusedItem(
            f"The place {key[1:]} asks for the label {choice}, which is not there.", place(drop, source.file)
        )
    return Pair(Text(labels[choice], Format.HTML), NO_TEXT, choice, key)


def _coords(words: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[,;\s]+", words) if part)


def _on_picture(
    question: Question, source: Source, labels: dict[str, str], zones: list[Zone], pairs: list[Pair]
) -> Question:
    if not zones:
        raise RefusedItem("There is no place on the picture.")
    options = tuple(Option(Text(text, Format.HTML), key=key) for key, text in labels.items())
    background = next((one for one in source.children("file")), None)
    return replace(
        question,
        kind=Kind.GAP_MATCH,
        options=options,
        zones=tuple(zones),
        pairs=tuple(pairs),
        extra=(
            ("moodle_type", source.element.get("type", "")),
            ("background", background.get("name", "") if background is not None else ""),
        ),
    )
