"""Every gate can be passed, and every gate that is shown holds: no cycle, no bar of zero, nothing impossible."""

from collections.abc import Iterator, Mapping

from lms.policy import forms
from lms.policy.forms import Candidate, Stratum
from lms.policy.lint.finding import Finding, error, warning
from lms.policy.outline import (
    Assessment,
    Course,
    Edition,
    Field,
    FieldType,
    Module,
    OpensNext,
    Purpose,
    Transfer,
)

FULL_BP = 10_000
TEST_OUT_ITEMS = 8


def check(course: Course) -> Iterator[Finding]:
    if course.edition is Edition.MANAGER and not course.edition_of:
        yield error("edition_of_missing", course, "edition")
    if course.edition is Edition.REP and course.edition_of:
        yield error("edition_of_needless", course, "edition_of")
    if course.edition_of == course.key:
        yield error("edition_of_itself", course, "edition_of")
    if not course.modules:
        yield error("course_empty", course, "modules")
    yield from _cycles(course)
    for module in course.modules:
        yield from _module(module)
        for step in module.steps:
            if isinstance(step, Assessment):
                yield from _assessment(step)
            elif isinstance(step, Transfer):
                yield from _transfer(step)


def _cycles(course: Course) -> Iterator[Finding]:
    """One finding per cycle, at its first module in course order."""
    requires: Mapping[str, tuple[str, ...]] = {module.key: module.requires for module in course.modules}
    order = {module.key: index for index, module in enumerate(course.modules)}
    done: set[str] = set()
    for module in course.modules:
        path: list[str] = []
        stack = [(module.key, iter(requires[module.key]))] if module.key not in done else []
        path.extend(key for key, _ in stack)
        while stack:
            _, names = stack[-1]
            name = next(names, None)
            if name is None:
                done.add(path.pop())
                stack.pop()
            elif name in path and name != path[-1]:
                cycle = path[path.index(name) :]
                first = min(cycle, key=order.__getitem__)
                turned = cycle[cycle.index(first) :] + cycle[: cycle.index(first)]
                yield error(
                    "requires_cycle",
                    course.modules[order[first]],
                    "requires",
                    cycle=" → ".join([*turned, first]),
                )
            elif name in requires and name not in done and name not in path:
                path.append(name)
                stack.append((name, iter(requires[name])))


def _module(module: Module) -> Iterator[Finding]:
    if not module.steps:
        yield error("module_empty", module, "steps", module=module.key)
    pretests = [step for step in module.steps if isinstance(step, Assessment) and step.purpose is Purpose.PRE]
    transfers = [step for step in module.steps if isinstance(step, Transfer)]
    if module.has_test_out:
        if not pretests:
            yield error("test_out_without_pretest", module, "has_test_out", module=module.key)
        if len(pretests) > 1:
            yield error("test_out_ambiguous", module, "has_test_out", module=module.key)
        for pretest in pretests:
            if pretest.asked < TEST_OUT_ITEMS:
                yield error("test_out_too_short", pretest, "items", count=pretest.asked, minimum=TEST_OUT_ITEMS)
    can_test_out = module.has_test_out or module.with_purpose(Purpose.TEST_OUT)
    if module.test_out_waives_transfer and not (can_test_out and transfers):
        yield error("waives_nothing", module, "test_out_waives_transfer")
    for index, step in enumerate(module.steps):
        if isinstance(step, Assessment) and step.purpose is Purpose.PRE and index:
            yield warning("pretest_not_first", step, "purpose")


def _assessment(assessment: Assessment) -> Iterator[Finding]:
    is_gate = assessment.purpose is Purpose.POST
    if assessment.attempts < 1:
        yield error("attempts_zero", assessment, "attempts")
    if assessment.threshold_bp > FULL_BP:
        yield error("threshold_above_all", assessment, "threshold_bp", percent=assessment.threshold_bp // 100)
    if is_gate and assessment.threshold_bp <= 0:
        yield error("threshold_zero", assessment, "threshold_bp")
    if assessment.items and sum(item.points for item in assessment.items) < 1:
        yield error("nothing_to_earn", assessment, "items")
    yield from _drawing(assessment)


def _drawing(assessment: Assessment) -> Iterator[Finding]:
    """Whether the items fill every form, and whether a retake would meet new ones."""
    bank = [Candidate(item.key, item.objective, item.band, item.type) for item in assessment.items]
    if assessment.draws > len(bank):
        yield error("draws_too_many", assessment, "draws", count=assessment.draws, there=len(bank))
        return
    blueprint = assessment.blueprint or forms.spread(bank, assessment.draws)
    for stratum, short in forms.draw(blueprint, bank, seed=0).missing:
        yield error("stratum_too_small", assessment, "draws", what=_stratum_words(stratum), short=short)
    if assessment.attempts > 1:
        for stratum, there in forms.thin(blueprint, bank):
            if there >= stratum.count:
                yield warning("stratum_thin", assessment, "draws", what=_stratum_words(stratum), count=there)


def _stratum_words(stratum: Stratum) -> str:
    return " ".join(filter(None, (stratum.band, stratum.type and stratum.type.value, f"of {stratum.objective}")))


def _transfer(transfer: Transfer) -> Iterator[Finding]:
    for field in transfer.sheet.fields:
        yield from _field(field)
    if transfer.opens_next in {OpensNext.CONFIRMATION, OpensNext.RESULTS} and not transfer.numbers:
        yield error("results_without_numbers", transfer, "numbers")
    if transfer.observations < 1:
        yield error("observations_zero", transfer, "observations")
    for number in transfer.numbers:
        if number.plausible and number.plausible[0] > number.plausible[1]:
            yield error("plausible_reversed", number, "plausible", low=number.plausible[0], high=number.plausible[1])
    if not any(_asks(field) for field in transfer.sheet.fields):
        yield error("worksheet_asks_nothing", transfer, "sheet")


def _asks(field: Field) -> bool:
    """Whether an empty worksheet is refused because of this field."""
    return field.required or (
        field.type is FieldType.ROWS and field.min_rows > 0 and any(column.required for column in field.columns)
    )


def _field(field: Field) -> Iterator[Finding]:
    if field.type is FieldType.ROWS:
        if field.min_rows > field.max_rows:
            yield error("rows_impossible", field, "min_rows", low=field.min_rows, high=field.max_rows)
        for column in field.columns:
            if column.type is FieldType.CHOICE:
                yield error("column_without_options", column, "type")
