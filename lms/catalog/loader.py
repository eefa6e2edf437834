"""A bundle, from a folder or a zip, as a course: or everything that is wrong with it, each with file and line."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lms.catalog import files as bundle_files
from lms.catalog import loader_texts
from lms.catalog.assets import Asset
from lms.catalog.builder import Builder
from lms.catalog.files import Files
from lms.catalog.loader_modules import ModuleFiles, ModuleReader
from lms.catalog.plain_words import said
from lms.catalog.problems import Problem, Report, Severity
from lms.catalog.source import Node, read_yaml
from lms.catalog.structure import check
from lms.policy.lint import ERROR, Finding, lint
from lms.policy.outline import Course, Module

# What these say depends on every question of the step, every step of the module, every module of the course.
_OF_STEP = frozenset(
    {
        "check_size",
        "chunk_without_check",
        "delayed_too_short",
        "draws_too_many",
        "nothing_to_earn",
        "objective_thin",
        "posttest_size",
        "stratum_thin",
        "stratum_too_small",
        "test_out_thin",
        "test_out_too_short",
    }
)
_OF_MODULE = frozenset({"module_empty", "test_out_without_pretest", "waives_nothing"})
_OF_COURSE = frozenset(
    {
        "course_empty",
        "mastery_of_nothing",
        "minutes_do_not_add_up",
        "objective_unmeasured",
        "objective_unused",
        "skill_only_quizzed",
    }
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """`course` is None while there is an error; warnings alone do not stand in its way."""

    course: Course | None
    problems: tuple[Problem, ...]
    assets: Mapping[str, Asset]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(one for one in self.problems if one.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(one for one in self.problems if one.severity is Severity.WARNING)


def load(path: Path) -> Loaded:
    """Read the bundle in a folder or a zip file."""
    report = Report()
    if path.is_dir():
        return load_files(bundle_files.from_folder(path, report), report)
    if path.is_file():
        return load_files(bundle_files.from_zip(path, report, path.name), report)
    report.error(str(path), 0, "there is no such folder or zip file")
    return Loaded(None, tuple(report), {})


def load_zip(file: BinaryIO, name: str) -> Loaded:
    """Read an uploaded zip."""
    report = Report()
    return load_files(bundle_files.from_zip(file, report, name), report)


def load_files(files: Files, report: Report) -> Loaded:
    if "course.yaml" not in files:
        if not report.has_errors:
            report.error("course.yaml", 0, "the file course.yaml is missing", "It belongs at the top of the bundle.")
        return Loaded(None, tuple(report), {})
    source = read_yaml("course.yaml", files["course.yaml"], report)
    if source.value is None and report.has_errors:
        return Loaded(None, tuple(report), {})
    wrong = {"course.yaml": check(source, "course", report)}
    node = Node(source)
    build = Builder(report)
    build.read_rubrics(node)
    build.read_plan(node)
    reader = ModuleReader(files, build, report, wrong)
    folders = reader.folders(node)
    modules = reader.modules(folders)
    course = build.course(node, modules, {})
    assets = loader_texts.check(course, build, folders, files, report)
    course = build.course(node, modules, {path: asset.sha256 for path, asset in assets.items()})
    _lint(course, build, wrong, report)
    _left_over(files, folders, assets, build.unread.folders, report)
    if report.has_errors:
        return Loaded(None, tuple(report), {})
    return Loaded(course, tuple(report), assets)


def _lint(
    course: Course,
    build: Builder,
    wrong: Mapping[str, tuple[tuple[str | int, ...], ...]],
    report: Report,
) -> None:
    """Say every finding that does not merely follow from a part whose shape was complained about already."""
    for finding in lint(course):
        if _follows(finding, build, wrong) or _may_stand_elsewhere(finding, build):
            continue
        file, line, where = build.marks.place(finding.subject, finding.part)
        message, hint = said(finding)
        if finding.severity == ERROR:
            report.error(file, line, message, hint, where)
        else:
            report.warning(file, line, message, hint, where)


def _may_stand_elsewhere(finding: Finding, build: Builder) -> bool:
    """Whether what is missed may stand in a part of the bundle that could not be read."""
    unread, node = build.unread, build.marks.node(finding.subject)
    if node is not None and node.file in unread.files:
        return True
    match finding.code:
        case "name_unknown" if finding.facts["what"] == "module":
            return unread.may_be_module(str(finding.facts["key"]))
        case "name_unknown" if finding.facts["what"] == "step":
            return unread.may_be_step(str(finding.facts["key"]))
        case code if code in _OF_STEP:
            return node is not None and node.file in unread.short
        case code if code in _OF_MODULE:
            return isinstance(finding.subject, Module) and finding.subject.key in unread.steps_of
        case code if code in _OF_COURSE:
            return unread.is_anything
    return False


def _follows(finding: Finding, build: Builder, wrong: Mapping[str, tuple[tuple[str | int, ...], ...]]) -> bool:
    node = build.marks.node(finding.subject)
    if node is None:
        return False
    here = node.path
    if not here:  # about a whole file: only a complaint about the very key it speaks of makes it needless
        keys = {path[:1] for path in wrong.get(node.file, ())}
        return bool(finding.part) and (build.marks.file_path(finding.subject, finding.part)[:1] in keys)
    return any(path[: len(here)] == here for path in wrong.get(node.file, ()))


def _left_over(
    files: Files,
    folders: tuple[ModuleFiles, ...],
    assets: Mapping[str, Asset],
    unread: Collection[str],
    report: Report,
) -> None:
    """Files that nothing names: usually a step that somebody forgot to list. Of `unread` folders nobody can say it."""
    named = {"course.yaml"}
    named.update(*(folder.named for folder in folders))
    by_key = {folder.key: folder.name for folder in folders}
    for path in assets:
        key, _, rest = path.partition("/")
        named.add(f"{by_key[key]}/{rest}")
    unlisted = {
        file.removesuffix("/module.yaml")
        for file in files.keys() - named
        if file.count("/") == 1 and file.endswith("/module.yaml")
    } - set(unread)
    for folder in sorted(unlisted):
        report.warning(f"{folder}/module.yaml", 0, "course.yaml does not list this module", "List it, or delete it.")
    for file in sorted(files.keys() - named):
        if file.split("/", 1)[0] in unlisted or file.split("/", 1)[0] in unread:
            continue
        top = file.split("/", 1)[0].lower()
        if "/" not in file and top.startswith(("readme", "license", "licence", "changelog")):
            continue
        report.warning(file, 0, "nothing in the bundle uses this file", "List it, or delete it.")
