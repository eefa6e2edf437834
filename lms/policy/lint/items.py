"""Every question has an answer that somebody can give, by the rules that grade it."""

from collections.abc import Callable, Iterator, Mapping

from lms.policy.decimals import decimal
from lms.policy.items import SHARES, Item, ItemType
from lms.policy.lint import items_built
from lms.policy.lint.finding import Finding, all_items, error, repeated, warning
from lms.policy.outline import Assessment, Chunk, Course, Purpose

DECIDES_AT_ONCE = frozenset({Purpose.PRE, Purpose.TEST_OUT, Purpose.DELAYED})


def check(course: Course) -> Iterator[Finding]:
    seen: set[int] = set()
    for _, step, item in all_items(course):
        if item.type is ItemType.SCENARIO and isinstance(step, Chunk):
            yield error("conversation_in_chunk", item, "type", chunk=step.key)
        if item.is_scored_by_person:
            # A chunk's feedback comes at once; a verdict that lets skip would come when the module has been begun,
            # and that of a later check when its days may be over.
            if isinstance(step, Chunk):
                yield error("person_in_chunk", item, "type", chunk=step.key)
            elif isinstance(step, Assessment) and step.purpose in DECIDES_AT_ONCE:
                yield error("person_in_pretest", item, "type", test=step.key)
        if id(item) not in seen:  # an item that is asked again has been checked
            seen.add(id(item))
            yield from check_item(item)


def check_item(item: Item) -> Iterator[Finding]:
    if item.points < 1:
        yield error("points_zero", item, "points")
    yield from CHECKS[item.type](item)


def _single(item: Item) -> Iterator[Finding]:
    right = [option for option in item.options if option.is_right]
    if len(item.options) < 2:
        yield error("options_too_few", item, "options")
    if not right:
        yield error("no_right_option", item, "options")
    for option in right[1:]:
        yield error("second_right_option", option, "weight", key=option.key)
    yield from _same_text(item)


def _multiple(item: Item) -> Iterator[Finding]:
    right = [option for option in item.options if option.is_right]
    if len(item.options) < 2:
        yield error("options_too_few", item, "options")
    if not right:
        yield error("no_right_option", item, "options")
    elif len(right) == len(item.options):
        yield warning("all_options_right", item, "options")
    yield from _same_text(item)


def _weights(item: Item) -> Iterator[Finding]:
    for option in item.options:
        if option.weight not in SHARES.values():
            yield error("weight_unknown", option, "weight", weight=str(option.weight))


def _ends(item: Item) -> Iterator[Finding]:
    """Best and worst, or a ranking: there is something between the ends, and both ends are there."""
    if len(item.options) < 3:
        yield error("options_too_few_to_rank", item, "options", count=len(item.options))
    yield from _weights(item)
    weights = [option.weight for option in item.options]
    if weights and max(weights) != 1:
        yield error("no_best_option", item, "options")
    if weights and min(weights) == max(weights):
        yield error("no_worst_option", item, "options")
    yield from _same_text(item)


def _judgment(item: Item) -> Iterator[Finding]:
    if len(item.options) < 2:
        yield error("options_too_few", item, "options")
    yield from _weights(item)
    if item.options and max(option.weight for option in item.options) != 1:
        yield error("no_best_option", item, "options")
    if item.options and all(option.weight == 1 for option in item.options):
        yield warning("all_options_right", item, "options")
    yield from _same_text(item)


def _same_text(item: Item) -> Iterator[Finding]:
    for option in repeated(item.options, "text"):
        yield error("option_text_twice", option, "text")


def _numeric(item: Item) -> Iterator[Finding]:
    yield from _decimals(item, ("answer", "abs_tolerance", "rel_tolerance"))


def _calculated(item: Item) -> Iterator[Finding]:
    yield from _decimals(item, ("abs_tolerance", "rel_tolerance"))
    yield from items_built.calculated_item(item)


def _decimals(item: Item, parts: tuple[str, ...]) -> Iterator[Finding]:
    for part in parts:
        text = getattr(item, part)
        number = decimal(text)
        if number is None:
            yield error("not_decimal", item, part, text=text)
        elif part != "answer" and number < 0:
            yield error("tolerance_negative", item, part, text=text)


def _order(item: Item) -> Iterator[Finding]:
    if len(item.sequence) < 2:
        yield error("sequence_too_short", item, "sequence", count=len(item.sequence))
    for entry in repeated(item.sequence, "text"):
        yield error("entry_text_twice", entry, "text")


def _matching(item: Item) -> Iterator[Finding]:
    if len(item.pairs) < 2:
        yield error("pairs_too_few", item, "pairs", count=len(item.pairs))
    for side in ("left", "right"):
        for pair in repeated(item.pairs, side):
            yield error("pair_side_twice", pair, side, side=side)


def _short(item: Item) -> Iterator[Finding]:
    if not any(spelling.strip() for spelling in item.accept):
        yield error("nothing_accepted", item, "accept")


def _by_person(item: Item) -> Iterator[Finding]:
    """There is a rubric, and each criterion of it has a lowest and a highest level."""
    if item.rubric is None or not item.rubric.criteria:
        yield error("rubric_missing", item, "rubric")
    else:
        for criterion in item.rubric.criteria:
            if len(criterion.levels) < 2:
                yield error("levels_too_few", criterion, "levels", key=criterion.key)


CHECKS: Mapping[ItemType, Callable[[Item], Iterator[Finding]]] = {
    ItemType.SINGLE: _single,
    ItemType.MULTIPLE: _multiple,
    ItemType.JUDGMENT: _judgment,
    ItemType.BEST_WORST: _ends,
    ItemType.RANKING: _ends,
    ItemType.NUMERIC: _numeric,
    ItemType.CALCULATED: _calculated,
    ItemType.ORDER: _order,
    ItemType.MATCHING: _matching,
    ItemType.SHORT: _short,
    ItemType.CLOZE: items_built.cloze_item,
    ItemType.HOTSPOT: items_built.hotspot_item,
    ItemType.SCENARIO: items_built.scenario_item,
    ItemType.LONG_TEXT: _by_person,
    ItemType.RECORDING: _by_person,
}
