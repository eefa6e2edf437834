"""From checked files to the frozen values of `policy.outline`, leniently: what is wrong has been reported, and the
rest is built anyway, so that one report holds everything."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TypeVar

from lms.catalog import builder_items
from lms.catalog.marks import Marks, enum_of
from lms.catalog.problems import Report
from lms.catalog.source import Node, Path
from lms.catalog.unread import Unread
from lms.policy.outline import (
    Assessment,
    Chunk,
    Competency,
    Course,
    Criterion,
    DelayedPlan,
    Edition,
    Feedback,
    Item,
    ItemType,
    Layer,
    Module,
    Objective,
    ObjectiveType,
    Purpose,
    Rationale,
    Rubric,
    Step,
    Stratum,
    Term,
)

T = TypeVar("T")
E = TypeVar("E")


class Builder:
    """Builds one course. Rubrics are known before the modules, items before they are used again."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.marks = Marks()
        self.rubrics: tuple[Rubric, ...] = ()
        self.plan = DelayedPlan()  # of the course; a module may say otherwise
        self.items: dict[str, Item] = {}
        self.unread = Unread()
        self.origins: dict[str, str] = {}  # item key → the key of the module it is written in
        self._written: dict[tuple[str, Path], Item] = {}

    # Course

    def course(self, node: Node, modules: tuple[Module, ...], assets: Mapping[str, str]) -> Course:
        put = self.marks.put
        course = Course(
            key=node.text("key"),
            title=node.text("title"),
            modules=modules,
            edition=enum_of(Edition, node.text("edition", "rep"), Edition.REP),
            edition_of=node.text("edition_of") or None,
            summary=node.text("summary").strip(),
            audience=node.text("audience"),
            minutes=node.whole("minutes"),
            rationale=self.rationale(node),
            competencies=tuple(
                put(Competency(one.text("key"), one.text("title"), one.texts("behaviors")), one)
                for one in node.nodes("competencies")
            ),
            objectives=tuple(self.objective(one) for one in node.nodes("objectives")),
            glossary=tuple(
                put(Term(one.text("key"), one.text("term"), one.text("definition").strip()), one)
                for one in node.nodes("glossary")
            ),
            rubrics=self.rubrics,
            assets=dict(sorted(assets.items())),
            delayed=self.plan,
        )
        return put(course, node)

    def objective(self, node: Node) -> Objective:
        kind = enum_of(ObjectiveType, node.text("type"), ObjectiveType.KNOWLEDGE)
        made = Objective(node.text("key"), node.text("title"), kind, node.text("competency"), node.text("of"))
        return self.marks.put(made, node)

    def rationale(self, course: Node) -> Rationale | None:
        stated = course.value.get("rationale")
        if stated is None:
            self.report.error(
                course.file,
                1,
                "the rationale is missing: which gap does this course close, and which metric should move",
                "Write it under `rationale:`, or say openly `rationale: not-stated`.",
            )
            return None
        node = course.node("rationale")
        if stated == "not-stated":
            line = course.line("rationale")
            self.report.warning(course.file, line, "this course does not say why it exists", where="rationale")
        if not node.value:
            return None
        return Rationale(
            node.text("gap").strip(),
            node.texts("behaviors"),
            node.text("source").strip(),
            node.text("metric"),
            node.whole("by_days"),
        )

    def read_rubrics(self, node: Node) -> None:
        """Before the modules: transfer activities hold their rubrics."""
        self.rubrics = tuple(self.rubric(one) for one in node.nodes("rubrics"))

    def read_plan(self, node: Node) -> None:
        """Before the modules: what one does not say about its later check, the course says."""
        self.plan = delayed_plan(node.node("delayed_checks"), self.plan)

    def rubric(self, node: Node) -> Rubric:
        criteria = tuple(self.criterion(one) for one in node.nodes("criteria"))
        rubric = Rubric(node.text("key"), node.text("title"), criteria, node.text("interaction"))
        return self.marks.put(rubric, node)

    def criterion(self, node: Node) -> Criterion:
        levels = node.node("levels")
        anchors = [levels.text(str(level)).strip() for level in range(1, 7) if levels.has(str(level))]
        if any(not levels.has(str(level)) for level in range(1, len(anchors) + 1)):
            line = node.line("levels")
            self.report.error(node.file, line, "the levels have a gap", "Count from 1 up.", node.where("levels"))
        return self.marks.put(
            Criterion(
                node.text("key"),
                node.text("title"),
                node.text("behavior").strip(),
                tuple(anchors),
                node.text("good").strip(),
                node.text("poor").strip(),
                node.text("competency"),
            ),
            node,
        )

    # Module

    def module(self, node: Node, steps: tuple[Step, ...], before: str | None) -> Module:
        requires = node.texts("requires") if node.has("requires") else (before,) if before else ()
        return self.marks.put(
            Module(
                key=node.text("key"),
                title=node.text("title"),
                steps=steps,
                summary=node.text("summary").strip(),
                objectives=node.texts("objectives"),
                requires=requires,
                builds_on=self.layers(node, "module"),
                has_test_out=node.is_set("test_out"),
                test_out_waives_transfer=node.is_set("test_out_waives_transfer"),
                delayed=delayed_plan(node.node("delayed_check"), self.plan) if node.has("delayed_check") else None,
                needs_mastery=node.is_set("requires_mastery"),
                has_warm_up=node.is_set("warm_up", True),
            ),
            node,
        )

    def layers(self, node: Node, what: str) -> tuple[Layer, ...]:
        return tuple(Layer(one.text(what), one.text("why").strip()) for one in node.nodes("builds_on"))

    def chunk(self, node: Node, key: str, body: str) -> Chunk:
        return self.marks.put(
            Chunk(
                key=key,
                title=node.text("title"),
                minutes=node.whole("minutes"),
                body=body.strip("\n") + "\n",
                objectives=node.texts("objectives"),
                items=tuple(self.used(node.node("check"))),
                builds_on=self.layers(node, "step"),
                is_skill=node.is_set("skill"),
            ),
            node,
        )

    def assessment(self, node: Node) -> Assessment:
        purpose = enum_of(Purpose, node.text("purpose"), Purpose.FORMATIVE)
        return self.marks.put(
            Assessment(
                key=node.text("key"),
                title=node.text("title"),
                purpose=purpose,
                items=tuple(self.used(node)),
                threshold_bp=node.whole("pass_percent", 80) * 100,
                attempts=node.whole("attempts", 3 if purpose in {Purpose.POST, Purpose.FORMATIVE} else 1),
                cooldown_hours=node.whole("cooldown_hours", 24 * 30 if purpose is Purpose.TEST_OUT else 24),
                minutes=node.whole("minutes") or None,
                feedback=enum_of(Feedback, node.text("feedback", _feedback(purpose)), Feedback.OBJECTIVE),
                intro=node.text("intro").strip(),
                blueprint=tuple(
                    Stratum(
                        one.text("objective"),
                        one.whole("count", 1),
                        one.text("band"),
                        enum_of(ItemType, one.text("type"), ItemType.SHORT) if one.has("type") else None,
                    )
                    for one in node.nodes("draw")
                ),
                draws=node.whole("draw"),
            ),
            node,
        )

    # Items

    def read_items(self, node: Node, module_key: str) -> None:
        """First pass: every item that is written out, so that it can be used before the place where it stands."""
        for one in node.nodes("items"):
            if one.has("use"):
                continue
            item = builder_items.item(one, self.marks, self._rubric_of(one))
            known = self.items.get(item.key)
            if known is not None and item.key:
                first = self.marks.node(known)
                there = f"{first.file}:{first.line('key')}" if first else "elsewhere"
                self.report.error(
                    one.file,
                    one.line("key"),
                    f"the item key `{item.key}` is taken",
                    f"It stands in {there}. To ask the same question again, write `- use: {item.key}`.",
                    one.where("key"),
                )
            self.items.setdefault(item.key, item)
            self.origins.setdefault(item.key, module_key)
            self._written[one.file, one.path] = item

    def _rubric_of(self, node: Node) -> Rubric | None:
        """The rubric that a question names; one that the course does not have is reported here."""
        key = node.text("rubric")
        if not key:
            return None
        found = next((one for one in self.rubrics if one.key == key), None)
        if found is None:
            known = [one.key for one in self.rubrics]
            line = node.line("rubric")
            self.report.error(node.file, line, f"there is no rubric `{key}`", nearest(key, known), node.where("rubric"))
        return found

    def used(self, node: Node) -> Iterator[Item]:
        """Second pass: the items of a step in order, those used again being the very same value."""
        for one in node.nodes("items"):
            if not one.has("use"):
                yield self._written[one.file, one.path]
                continue
            key = one.text("use")
            if key in self.items:
                yield self.items[key]
                continue
            self.unread.short.add(one.file)
            if key and not self.unread.may_be_item(key):
                self.report.error(
                    one.file,
                    one.line("use"),
                    f"there is no item `{key}` in this course",
                    nearest(key, self.items),
                    one.where("use"),
                )


def delayed_plan(node: Node, otherwise: DelayedPlan) -> DelayedPlan:
    return DelayedPlan(
        is_on=node.is_set("enabled", otherwise.is_on),
        after_days=node.whole("after_days", otherwise.after_days),
        open_days=node.whole("open_days", otherwise.open_days),
        questions=node.whole("questions", otherwise.questions),
        threshold_bp=node.whole("pass_percent", otherwise.threshold_bp // 100) * 100,
    )


def nearest(key: str, known: Iterable[str]) -> str:
    near = get_close_matches(key, list(known), 1, 0.6)
    return f"Did you mean `{near[0]}`?" if near else ""


def _feedback(purpose: Purpose) -> str:
    return Feedback.FULL.value if purpose is Purpose.FORMATIVE else Feedback.OBJECTIVE.value
