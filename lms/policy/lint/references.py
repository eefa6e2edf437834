"""Keys are unique where they must be, and whatever names another part names one that exists."""

from collections.abc import Iterable, Iterator

from lms.policy.lint.finding import Finding, all_items, error, repeated, warning
from lms.policy.outline import Course, Item, Layer, Transfer


def check(course: Course) -> Iterator[Finding]:
    yield from _duplicates(course)
    yield from _names(course)
    yield from _layers(course)
    for module in course.modules:
        for step in module.steps:
            if isinstance(step, Transfer):
                yield from _numbers(step)


def _duplicates(course: Course) -> Iterator[Finding]:
    lists: list[tuple[str, Iterable[object]]] = [
        ("competency", course.competencies),
        ("objective", course.objectives),
        ("glossary term", course.glossary),
        ("rubric", course.rubrics),
        ("module", course.modules),
    ]
    lists += [("criterion", rubric.criteria) for rubric in course.rubrics]
    for module in course.modules:
        lists.append(("step", module.steps))
        for step in module.steps:
            if isinstance(step, Transfer):
                lists += [
                    ("section", step.sheet.sections),
                    ("field", step.sheet.fields),
                    ("number", step.numbers),
                ]
                for field in step.sheet.fields:
                    lists += [("option", field.options), ("column", field.columns)]
    first: dict[str, Item] = {}
    for _, step, item in all_items(course):
        lists += [("option", item.options), ("entry", item.sequence), ("pair", item.pairs)]
        known = first.setdefault(item.key, item)
        if known != item:
            yield error("key_twice", item, "key", what="item", key=item.key)
        if sum(other is item for other in getattr(step, "items", ())) > 1:
            yield error("item_twice_in_step", step, "items", key=item.key)
    for what, values in lists:
        for value in repeated(values):
            if key := getattr(value, "key", ""):  # one that was left out is reported as missing
                yield error("key_twice", value, "key", what=what, key=key)


def _names(course: Course) -> Iterator[Finding]:
    competencies = [one.key for one in course.competencies]
    objectives = [one.key for one in course.objectives]
    modules = [one.key for one in course.modules]
    for objective in course.objectives:
        yield from _known(objective, "competency", objective.competency, competencies, "competency")
    for rubric in course.rubrics:
        for criterion in rubric.criteria:
            yield from _known(criterion, "competency", criterion.competency, competencies, "competency")
    for module in course.modules:
        for index, key in enumerate(module.objectives):
            yield from _known(module, ("objectives", index), key, objectives, "objective")
        for index, key in enumerate(module.requires):
            if key == module.key:
                yield error("requires_itself", module, "requires", index, key=key)
            else:
                yield from _known(module, ("requires", index), key, modules, "module")
        for step in module.steps:
            for index, key in enumerate(getattr(step, "objectives", ())):
                yield from _known(step, ("objectives", index), key, objectives, "objective")
    for _, _, item in all_items(course):
        yield from _known(item, "objective", item.objective, objectives, "objective")


def _known(
    subject: object, part: str | tuple[str | int, ...], key: str, known: list[str], what: str
) -> Iterator[Finding]:
    """An empty key was left out or is reported as missing already."""
    if key and key not in known:
        where = (part,) if isinstance(part, str) else part
        yield error("name_unknown", subject, *where, what=what, key=key, known=tuple(known))


def _layers(course: Course) -> Iterator[Finding]:
    modules = {module.key: index for index, module in enumerate(course.modules)}
    steps = {key: index for index, key in enumerate(course.steps)}
    for module in course.modules:
        for index, layer in enumerate(module.builds_on):
            yield from _layer(module, index, layer, "module", modules, modules[module.key])
        for step in module.steps:
            mine = steps[module.step_key(step)]
            for index, layer in enumerate(getattr(step, "builds_on", ())):
                yield from _layer(step, index, layer, "step", steps, mine)


def _layer(
    subject: object, index: int, layer: Layer, what: str, places: dict[str, int], mine: int
) -> Iterator[Finding]:
    if layer.target not in places:
        yield error(
            "name_unknown",
            subject,
            "builds_on",
            index,
            what,
            what=what,
            key=layer.target,
            known=tuple(places),
        )
    elif places[layer.target] == mine:
        yield error("builds_on_itself", subject, "builds_on", index, key=layer.target)
    elif places[layer.target] > mine:
        yield warning("builds_on_later", subject, "builds_on", index, what=what, key=layer.target)


def _numbers(transfer: Transfer) -> Iterator[Finding]:
    known = [number.key for number in transfer.numbers]
    for index, key in enumerate(transfer.order):
        yield from _known(transfer, ("order", index), key, known, "number")
