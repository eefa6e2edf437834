"""Our own questions of several parts – best and worst, rankings, areas, drawn numbers – as neutral ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from lms.catalog import item_files
from lms.catalog.assets import MEDIA_TYPES
from lms.catalog.exchange import formulas
from lms.catalog.exchange.drafts import RANGE, RULE, TYPE, UNIT, WEIGHTS
from lms.catalog.exchange.model import (
    NO_TEXT,
    Format,
    Kind,
    Number,
    Option,
    Pair,
    Text,
    Tolerance,
    Unit,
    Variable,
    Zone,
)
from lms.catalog.exchange.picture_size import Size, size_of
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.shown import plain
from lms.policy import calculated, hotspot
from lms.policy.items import Item, ItemType, Parameter, Rule
from lms.policy.items import Option as ItemOption

Files = Mapping[str, bytes]
DRAWS = 20


def text_of(words: str) -> Text:
    return Text(words.strip(), Format.MARKDOWN) if words.strip() else NO_TEXT


def _weights(options: Iterable[ItemOption]) -> str:
    return f"{WEIGHTS}{' '.join(str(option.weight) for option in options)}"


def _best_worst(item: Item, _: Files) -> dict:
    """Two pairs, best and worst; the rest are right sides that nothing belongs to. Tags keep what experts said."""
    ranked = sorted(item.options, key=lambda option: -option.weight)
    ordered = (ranked[0], ranked[-1], *ranked[1:-1])
    names = ("Best", "Worst", *("" for _ in ordered[2:]))
    pairs = tuple(
        Pair(
            text_of(name),
            text_of(option.text),
            name.lower(),
            option.key,
            Fraction(int(bool(name))),
            text_of(option.feedback),
        )
        for name, option in zip(names, ordered, strict=True)
    )
    return {"kind": Kind.MATCHING, "pairs": pairs, "tags": (f"{TYPE}{item.type}", _weights(ordered))}


def _ranking(item: Item, _: Files) -> dict:
    ordered = sorted(item.options, key=lambda option: -option.weight)
    sequence = tuple(Option(text_of(one.text), feedback=text_of(one.feedback), key=one.key) for one in ordered)
    return {"kind": Kind.ORDER, "sequence": sequence, "tags": (f"{TYPE}{item.type}", _weights(ordered))}


def _hotspot(item: Item, files: Files) -> dict:
    """Areas in pixels of the picture as it is stored."""
    [path] = item_files.named(replace(item, prompt="", explanation="", options=()))
    size = size_of(files.get(path, b""))
    if size is None:
        raise RefusedItem("How large its picture is cannot be told, so its areas cannot be written in pixels.")
    right = sum(option.is_right for option in item.options)
    wrong = len(item.options) - right
    zones = []
    for option in item.options:
        share = Fraction(1, right) if option.is_right else Fraction(0)
        if item.rule is Rule.NET and right > 1 and not option.is_right:
            share = -Fraction(1, wrong)
        area = hotspot.area(option.area)
        if area is None:
            raise RefusedItem(f"The area “{option.area}” cannot be read.")
        shape, coords = _pixels(area, size)
        zones.append(Zone(shape, coords, share, option.key, _words(option.text), text_of(option.feedback)))
    extra = {
        "background": path,
        "type": MEDIA_TYPES[f".{path.rpartition('.')[2].lower()}"],
        "width": str(size[0]),
        "height": str(size[1]),
        "background_text": item.picture.partition("![")[2].partition("](")[0],
        "max_choices": "1" if right == 1 else "0",
    }
    is_all = item.rule is not Rule.NET and right > 1
    return {
        "kind": Kind.HOTSPOT,
        "zones": tuple(zones),
        "extra": tuple(extra.items()),
        "is_all_or_nothing": is_all,
        "tags": (f"{RULE}{item.rule}",) if is_all else (),
    }


def _pixels(area: hotspot.Area, size: Size) -> tuple[str, tuple[str, ...]]:
    wide, high = (Fraction(side, 100) for side in size)
    left, top = Fraction(area.left) * wide, Fraction(area.top) * high
    across, down = Fraction(area.width) * wide, Fraction(area.height) * high
    if area.shape == "rect":
        return "rect", tuple(str(round(one)) for one in (left, top, left + across, top + down))
    center = (left + across / 2, top + down / 2)
    if round(across / 2) == round(down / 2):
        return "circle", tuple(str(round(one)) for one in (*center, across / 2))
    return "ellipse", tuple(str(round(one)) for one in (*center, across / 2, down / 2))


def _words(text: str) -> str:
    return " ".join(plain(Text(text, Format.MARKDOWN)).split())


def _calculated(item: Item, _: Files) -> dict:
    """Formula and ranges, and some draws of them: Moodle asks for numbers that are there already."""
    draws = [dict(calculated.drawn(item, seed)) for seed in range(DRAWS)]
    variables = tuple(
        Variable(one.key, one.low, one.high, _places(one), values=tuple(draw[one.key] for draw in draws))
        for one in item.parameters
    )
    ranges = tuple(f"{RANGE}{one.key} {one.low} {one.high} {one.step}" for one in item.parameters)
    formula = formulas.moodles(item.formula)
    is_relative = Fraction(item.rel_tolerance) > 0
    number = Number(
        formula,
        item.rel_tolerance if is_relative else item.abs_tolerance,
        measure=Tolerance.RELATIVE if is_relative else Tolerance.ABSOLUTE,
    )
    return {
        "kind": Kind.CALCULATED,
        "prompt": calculated.MARK.sub(r"{\1}", item.prompt),
        "explanation": calculated.MARK.sub(
            lambda mark: f"{{={formula}}}" if mark[1] == "answer" else f"{{{mark[1]}}}", item.explanation
        ),
        "numbers": (number,),
        "units": (Unit(item.unit),) if item.unit else (),
        "variables": variables,
        "tags": (*ranges, *((f"{UNIT}{item.unit}",) if item.unit else ())),
        "extra": (("correctanswerformat", "1"), ("correctanswerlength", str(item.decimals))),
    }


def _places(parameter: Parameter) -> str:
    return str(max(len(text.partition(".")[2]) for text in (parameter.low, parameter.step)))


MAKERS: Mapping[ItemType, Callable[[Item, Files], dict]] = {
    ItemType.BEST_WORST: _best_worst,
    ItemType.RANKING: _ranking,
    ItemType.CALCULATED: _calculated,
    ItemType.HOTSPOT: _hotspot,
}
