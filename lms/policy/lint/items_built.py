"""Questions made of parts that lead to each other: gaps in a text, areas on a picture, drawn numbers, conversations."""

from collections.abc import Iterator

from lms.policy import calculated, cloze, hotspot, scenario
from lms.policy.calculated import FormulaError
from lms.policy.items import Gap, Item, Turn
from lms.policy.lint.finding import Finding, error, repeated, warning


def cloze_item(item: Item) -> Iterator[Finding]:
    marked = cloze.gap_keys(item.passage)
    known = {gap.key for gap in item.gaps}
    if not item.gaps:
        yield error("gaps_missing", item, "gaps")
    for key in dict.fromkeys(marked):
        if key not in known:
            yield error("gap_unknown", item, "passage", key=key)
        elif marked.count(key) > 1:
            yield error("gap_twice", item, "passage", key=key)
    for gap in item.gaps:
        if gap.key not in marked:
            yield error("gap_not_in_passage", gap, "key", key=gap.key)
        yield from _gap(gap)
    for gap in repeated(item.gaps):
        yield error("key_twice", gap, "key", what="gap", key=gap.key)


def _gap(gap: Gap) -> Iterator[Finding]:
    if bool(gap.options) == bool(gap.accept):
        yield error("gap_needs_one_way", gap, "key", key=gap.key)
    elif gap.options:
        if len(gap.options) < 2:
            yield error("options_too_few", gap, "options")
        if not any(option.is_right for option in gap.options):
            yield error("no_right_option", gap, "options")
        for option in repeated(gap.options, "text"):
            yield error("option_text_twice", option, "text")


def hotspot_item(item: Item) -> Iterator[Finding]:
    if not item.picture.strip():
        yield error("picture_missing", item, "picture")
    if len(item.options) < 2:
        yield error("options_too_few", item, "options")
    right = [option for option in item.options if option.is_right]
    if not right:
        yield error("no_right_option", item, "options")
    elif len(right) == len(item.options):
        yield warning("all_options_right", item, "options")
    for option in item.options:
        if hotspot.area(option.area) is None:
            yield error("area_unreadable", option, "area", text=option.area)
    for option in repeated(item.options, "text"):
        yield error("option_text_twice", option, "text")


def calculated_item(item: Item) -> Iterator[Finding]:
    try:
        used = calculated.names(item.formula)
    except FormulaError as unreadable:
        yield error("formula_wrong", item, "formula", why=str(unreadable))
        return
    known = {one.key for one in item.parameters}
    for name in sorted(used - known):
        yield error("formula_wrong", item, "formula", why=f"there is no parameter {name}")
    for key in sorted(calculated.marks(item.prompt) - known):
        yield error("number_unknown_in_text", item, "prompt", key=key)
    for key in sorted(calculated.marks(item.explanation) - known - {"answer"}):
        yield error("number_unknown_in_text", item, "explanation", key=key)
    for one in item.parameters:
        if one.key not in calculated.marks(item.prompt):
            yield error("number_not_told", one, "key", key=one.key)
    for one in repeated(item.parameters):
        yield error("key_twice", one, "key", what="parameter", key=one.key)
    yield from _ranges(item, is_complete=used <= known)


def _ranges(item: Item, *, is_complete: bool) -> Iterator[Finding]:
    sound = bool(item.parameters)
    if not item.parameters:
        yield error("parameters_missing", item, "parameters")
    for one in item.parameters:
        try:
            calculated.steps(one)
        except FormulaError as wrong:
            sound = False
            yield error("range_wrong", one, "low", why=str(wrong))
    if not (sound and is_complete):
        return
    for values in calculated.trials(item):
        try:
            calculated.evaluate(item.formula, values)
        except FormulaError as wrong:
            told = ", ".join(f"{key} = {float(value):g}" for key, value in values.items())
            yield error("formula_fails", item, "formula", why=str(wrong), values=told)
            return


def scenario_item(item: Item) -> Iterator[Finding]:
    known = {turn.key for turn in item.turns}
    if len(item.turns) < 2:
        yield error("turns_too_few", item, "turns", count=len(item.turns))
    for turn in repeated(item.turns):
        yield error("key_twice", turn, "key", what="turn", key=turn.key)
    for turn in item.turns:
        yield from _turn(turn, known)
    circle = scenario.circles(item)
    if circle:
        yield error("conversation_in_circles", circle[0], "key", key=circle[0].key)
    elif item.turns and not scenario.points(item, scenario.best_way(item)):
        yield error("nothing_to_earn", item, "turns")
    for turn in scenario.unreachable(item):
        yield error("turn_unreachable", turn, "key", key=turn.key)


def _turn(turn: Turn, known: set[str]) -> Iterator[Finding]:
    if len(turn.replies) == 1:
        yield error("options_too_few", turn, "replies")
    for reply in turn.replies:
        if reply.next and reply.next not in known:
            yield error("name_unknown", reply, "next", what="turn", key=reply.next, known=tuple(sorted(known)))
    for reply in repeated(turn.replies):
        yield error("key_twice", reply, "key", what="reply", key=reply.key)
    for reply in repeated(turn.replies, "text"):
        yield error("option_text_twice", reply, "text")
