"""The modules of a bundle and their steps: which files belong to which, and what each becomes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lms.catalog.builder import Builder, nearest
from lms.catalog.builder_transfer import transfer
from lms.catalog.files import Files
from lms.catalog.problems import Report
from lms.catalog.source import Node, Path, Source, read_body, read_markdown, read_yaml
from lms.catalog.structure import check
from lms.policy.outline import Module, Step

_NUMBERED = re.compile(r"^[0-9]+[-_]")
YAML_KINDS = ("assessment", "transfer")
_NAMING = frozenset({"key", "steps", "items", "check"})  # a mistake here makes something seem to be missing


@dataclass(slots=True)
class StepFile:
    """One file of a step, and for a transfer activity its workbook."""

    source: Source
    kind: str
    workbook: Source | None = None


@dataclass(slots=True)
class ModuleFiles:
    """A folder of the bundle that course.yaml lists."""

    name: str
    node: Node
    steps: list[StepFile] = field(default_factory=list)
    named: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        return self.node.text("key")


class ModuleReader:
    def __init__(self, files: Files, build: Builder, report: Report, wrong: dict[str, tuple[Path, ...]]) -> None:
        self.files, self.build, self.report, self.wrong = files, build, report, wrong

    def folders(self, course: Node) -> tuple[ModuleFiles, ...]:
        """Every folder that can be read, with its step files; the items in them are known from here on."""
        present = sorted({path.split("/", 1)[0] for path in self.files if "/" in path})
        found = []
        for index, name in enumerate(course.texts("modules")):
            place = course.line("modules", index), course.where("modules", index)
            folder = name.strip("/")
            if folder not in present:
                hint = nearest(folder, present) or "Create it, or take it out of the list."
                self.report.error(course.file, place[0], f"there is no folder `{name}`", hint, place[1])
                self.build.is_incomplete = True
            elif f"{folder}/module.yaml" not in self.files:
                self.report.error(f"{folder}/module.yaml", 0, "the file module.yaml is missing in this module")
                self.build.is_incomplete = True
            else:
                found.append(self.folder(folder))
        return tuple(found)

    def folder(self, name: str) -> ModuleFiles:
        source = self.read(f"{name}/module.yaml", "module")
        folder = ModuleFiles(name, Node(source), named={source.file})
        for index, step in enumerate(folder.node.texts("steps")):
            file = f"{name}/{step}"
            if file not in self.files:
                here = [path.removeprefix(f"{name}/") for path in self.files if path.startswith(f"{name}/")]
                self.report.error(
                    source.file,
                    folder.node.line("steps", index),
                    f"there is no file `{step}` in {name}",
                    nearest(step, here),
                    folder.node.where("steps", index),
                )
                self.build.is_incomplete = True
                continue
            folder.named.add(file)
            folder.steps.extend(self.step(folder, file))
        if len(folder.steps) < len(folder.node.texts("steps")):
            self.build.is_incomplete = True
        for one in folder.steps:
            node = Node(one.source)
            self.build.read_items(node.node("check") if one.kind == "chunk" else node, folder.key)
        return folder

    def step(self, folder: ModuleFiles, file: str) -> Iterator[StepFile]:
        suffix = PurePosixPath(file).suffix
        if suffix == ".md":
            source = read_markdown(file, self.files[file], self.report)
            yield StepFile(self.checked(source, "chunk"), "chunk")
        elif suffix in {".yaml", ".yml"}:
            source = read_yaml(file, self.files[file], self.report)
            kind = source.value.get("kind") if isinstance(source.value, dict) else None
            if kind in YAML_KINDS:
                self.checked(source, kind)
                yield StepFile(source, kind, self.workbook(folder, source) if kind == "transfer" else None)
            elif isinstance(source.value, dict):
                said = f"not “{kind}”" if kind is not None else "and is missing"
                line = source.line(("kind",))
                self.report.error(file, line, f"`kind` must be assessment or transfer, {said}", where="kind")
            elif source.value is not None or not self.files[file].strip():
                self.report.error(file, 1, "the file does not describe a step", "Begin with `kind: assessment`.")
        else:
            self.report.error(file, 0, "a step is a Markdown file (.md) or a YAML file (.yaml)")

    def workbook(self, folder: ModuleFiles, source: Source) -> Source | None:
        node = Node(source)
        name = node.text("workbook")
        if not name:
            self.report.warning(
                source.file,
                1,
                "the activity has no workbook: the manager gets no help with the review",
                "Write `workbook: workbook.md`.",
            )
            return None
        file = f"{folder.name}/{name}"
        folder.named.add(file)
        if file not in self.files:
            line = node.line("workbook")
            self.report.error(source.file, line, f"there is no file `{name}` in {folder.name}", where="workbook")
            return None
        return read_body(file, self.files[file], self.report)

    def read(self, file: str, kind: str) -> Source:
        return self.checked(read_yaml(file, self.files[file], self.report), kind)

    def checked(self, source: Source, kind: str) -> Source:
        """Check the shape of what could be read; an empty file is told so, a broken one has been."""
        if source.value is None:
            if not any(problem.file == source.file for problem in self.report):
                self.report.error(source.file, 1, f"the file is empty: it should describe a {kind}")
            self.wrong[source.file] = ((),)
            self.build.is_incomplete = True
        else:
            self.wrong[source.file] = check(source, kind, self.report)
            if any(not path or path[-1] in _NAMING for path in self.wrong[source.file]):
                self.build.is_incomplete = True
        return source

    def modules(self, folders: tuple[ModuleFiles, ...]) -> tuple[Module, ...]:
        modules: list[Module] = []
        for folder in folders:
            steps = tuple(self.built(step) for step in folder.steps)
            before = modules[-1].key if modules else None
            modules.append(self.build.module(folder.node, steps, before))
        return tuple(modules)

    def built(self, step: StepFile) -> Step:
        node = Node(step.source)
        if step.kind == "chunk":
            stem = _NUMBERED.sub("", PurePosixPath(step.source.file).stem)
            return self.build.chunk(node, node.text("key", stem), step.source.body)
        if step.kind == "assessment":
            return self.build.assessment(node)
        return transfer(self.build, node, step.workbook.body if step.workbook else "")
