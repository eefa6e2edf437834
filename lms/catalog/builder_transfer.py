"""A transfer activity from its file: worksheet, numbers, rubrics, workbook."""

from lms.catalog.builder import Builder, nearest
from lms.catalog.marks import enum_of
from lms.catalog.source import Node
from lms.policy.outline import (
    Column,
    Field,
    FieldType,
    OpensNext,
    Option,
    Preparation,
    ResultNumber,
    Rubric,
    Section,
    Sheet,
    Transfer,
)

NO_RUBRIC = Rubric("", "", ())


def transfer(build: Builder, node: Node, workbook: str) -> Transfer:
    results, leads = node.node("results"), node.node("leads")
    return build.marks.put(
        Transfer(
            key=node.text("key"),
            title=node.text("title"),
            sheet=_sheet(build, node.node("worksheet")),
            review_rubric=_rubric(build, node, "review_rubric"),
            field_rubric=_rubric(build, node, "field_rubric"),
            numbers=tuple(_number(build, one) for one in results.nodes("numbers")),
            summary=node.text("summary").strip(),
            brief=node.text("brief").strip(),
            minutes=node.whole("minutes", 30),
            review_minutes=node.whole("review_minutes", 8),
            opens_next=enum_of(OpensNext, node.text("opens_next"), OpensNext.CONFIRMATION),
            preparation=enum_of(Preparation, node.text("preparation"), Preparation.REQUIRED),
            review_days=node.whole("review_days", 3),
            field_days=node.whole("field_days", 7),
            observations=node.whole("observations", 1),
            order=results.texts("order"),
            attestation=results.text("attestation").strip(),
            workbook=workbook,
            leads_minimum=leads.whole("minimum") if leads.has("minimum") else None,
            leads_label=leads.text("label"),
        ),
        node,
    )


def _rubric(build: Builder, node: Node, name: str) -> Rubric:
    key = node.text(name)
    for rubric in build.rubrics:
        if rubric.key == key:
            return rubric
    if key:
        hint = nearest(key, [rubric.key for rubric in build.rubrics])
        build.report.error(
            node.file, node.line(name), f"there is no rubric `{key}` in course.yaml", hint, node.where(name)
        )
    return NO_RUBRIC


def _sheet(build: Builder, node: Node) -> Sheet:
    sections = tuple(
        build.marks.put(
            Section(
                one.text("key"),
                one.text("title"),
                tuple(_field(build, field) for field in one.nodes("fields")),
                one.text("intro").strip(),
            ),
            one,
        )
        for one in node.nodes("sections")
    )
    return Sheet(node.text("title"), sections)


def _field(build: Builder, node: Node) -> Field:
    return build.marks.put(
        Field(
            key=node.text("key"),
            type=enum_of(FieldType, node.text("type"), FieldType.TEXT),
            label=node.text("label"),
            hint=node.text("hint"),
            example=node.text("example"),
            required=node.is_set("required"),
            max_length=node.whole("max_length", 2000),
            options=tuple(
                build.marks.put(Option(one.text("key"), one.text("text")), one) for one in node.nodes("options")
            ),
            columns=tuple(_column(build, one) for one in node.nodes("columns")),
            min_rows=node.whole("min_rows", 0),
            max_rows=node.whole("max_rows", 20),
        ),
        node,
    )


def _column(build: Builder, node: Node) -> Column:
    return build.marks.put(
        Column(
            node.text("key"),
            node.text("label"),
            enum_of(FieldType, node.text("type", "text"), FieldType.TEXT),
            node.is_set("required"),
            node.whole("max_length", 2000),
        ),
        node,
    )


def _number(build: Builder, node: Node) -> ResultNumber:
    bounds = node.value.get("plausible")
    plausible = None
    if isinstance(bounds, list) and len(bounds) == 2 and all(isinstance(one, int) for one in bounds):
        plausible = (bounds[0], bounds[1])
    return build.marks.put(
        ResultNumber(node.text("key"), node.text("label"), node.text("unit"), plausible, node.is_set("tally", True)),
        node,
    )
