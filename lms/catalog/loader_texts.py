"""Every Markdown text of a course is checked where it stands, and the assets that it names are read."""

from collections.abc import Iterator

from lms.catalog import assets as asset_rules
from lms.catalog import markdown_check
from lms.catalog.assets import Asset
from lms.catalog.builder import Builder
from lms.catalog.files import Files
from lms.catalog.loader_modules import ModuleFiles
from lms.catalog.markdown_check import Names, Seen
from lms.catalog.problems import Report
from lms.catalog.source import Node, Source
from lms.policy.items import Item, Option, Reply, Turn
from lms.policy.outline import Assessment, Chunk, Course, Transfer

_ITEM_TEXTS = ("prompt", "explanation", "picture", "passage")
_PART_TEXTS = ("text", "feedback", "left", "right")


def check(
    course: Course, build: Builder, folders: tuple[ModuleFiles, ...], files: Files, report: Report
) -> dict[str, Asset]:
    """Report what is wrong in the texts; return the assets by their path in the course."""
    terms = [term.key for term in course.glossary]
    found: dict[str, Asset] = {}
    for folder, module in zip(folders, course.modules, strict=True):
        prefix = f"{folder.name}/"
        here = {path.removeprefix(prefix) for path in files if path.startswith(f"{prefix}assets/")}
        names = Names(terms, tuple(course.steps), here, build.unread.may_be_step)
        for step_file, step in zip(folder.steps, module.steps, strict=True):
            texts = _Texts(names, report, build)
            match step:
                case Chunk():
                    source = step_file.source
                    seen = texts.body(source)
                    _check_chunk(step, seen, build, report)
                    texts.items(step.items, module.key)
                case Assessment():
                    texts.fields(step, ("intro",))
                    texts.items(step.items, module.key)
                case Transfer():
                    texts.fields(step, ("brief",))
                    for section in step.sheet.sections:
                        texts.fields(section, ("intro",))
                    if step_file.workbook is not None:
                        texts.body(step_file.workbook)
        for path in sorted(names.used_assets):
            key = f"{module.key}/{path}"
            found[key] = asset_rules.read(key, prefix + path, files[prefix + path], report)
    return found


def _check_chunk(chunk: Chunk, seen: Seen, build: Builder, report: Report) -> None:
    file, line, where = build.marks.place(chunk, ("is_skill",))
    if chunk.is_skill:
        missing = [name for name in ("good", "poor") if name not in seen.blocks]
        if missing:
            report.error(
                file,
                line,
                f"a chunk that teaches a skill needs a {' and a '.join(missing)} example",
                f"Write `::: {missing[0]} Title` … `:::`.",
                where,
            )
    first = build.marks.place(chunk, ("title",))[1]
    if seen.words > markdown_check.MOST_WORDS:
        report.warning(
            file,
            first,
            f"the chunk has {seen.words} words; {markdown_check.MOST_WORDS} are the most that is advised",
            "Split it.",
        )
    if seen.blocks.count("key") != 1:
        count = seen.blocks.count("key")
        report.warning(
            file,
            first,
            f"the chunk has {count or 'no'} blocks `::: key`; one is used for the recap",
        )


class _Texts:
    """Checks the Markdown fields of outline values in one module."""

    def __init__(self, names: Names, report: Report, build: Builder) -> None:
        self.names, self.report, self.build = names, report, build

    def body(self, source: Source) -> Seen:
        return markdown_check.check(
            source.body, source.file, lambda line: source.body_line + line, self.names, self.report
        )

    def fields(self, value: object, keys: tuple[str, ...]) -> tuple[Seen, ...]:
        node = self.build.marks.node(value)
        return tuple(self.field(node, key) for key in keys if node is not None and node.text(key))

    def field(self, node: Node, key: str) -> Seen:
        first = node.text_line(key)
        step = 1 if node.is_literal(key) else 0  # only in a `|` block do the lines of text and file go together
        return markdown_check.check(
            node.text(key), node.file, lambda line: first + line * step, self.names, self.report, node.where(key)
        )

    def items(self, items: tuple[Item, ...], module_key: str) -> None:
        for item in items:
            is_elsewhere = self.build.origins.get(item.key) != module_key
            if not is_elsewhere:
                for value in _parts(item):
                    self.fields(value, _ITEM_TEXTS if value is item else _PART_TEXTS)
            elif any("](assets/" in text for text in all_texts(item)):
                # The picture belongs to the other module; a path means one file only where it is written.
                file, line, where = self.build.marks.place(item, ("prompt",))
                self.report.error(
                    file, line, "an item with an image can be used again only in its own module", where=where
                )


def _parts(item: Item) -> Iterator[object]:
    yield item
    yield from item.options
    yield from item.sequence
    yield from item.pairs
    for gap in item.gaps:
        yield from gap.options
    for turn in item.turns:
        yield turn
        yield from turn.replies


def all_texts(item: Item) -> Iterator[str]:
    """Every text of an item that may show a picture."""
    yield from (item.prompt, item.explanation, item.picture, item.passage)
    for pair in item.pairs:
        yield from (pair.left, pair.right)
    for part in _parts(item):
        if isinstance(part, Option | Reply | Turn):
            yield part.text
        if isinstance(part, Option | Reply):
            yield part.feedback
