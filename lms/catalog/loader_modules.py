"""The modules of a bundle and their steps: which files belong to which, and what each becomes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import PurePosixPath

from lms.catalog.builder import Builder, nearest
from lms.catalog.builder_transfer import transfer
from lms.catalog.files import Files
from lms.catalog.problems import Report
from lms.catalog.source import Node, Path, Source, read_body, read_markdown, read_yaml
from lms.catalog.structure import check
from lms.catalog.unread import is_key, own_key
from lms.policy.outline import Module, Step

_NUMBERED = re.compile(r"^[0-9]+[-_]")
_STEP = re.compile(r"[^/]+\.(?:md|ya?ml)")
YAML_KINDS = ("assessment", "transfer")


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
        self.unread = build.unread

    def folders(self, course: Node) -> tuple[ModuleFiles, ...]:
        """Every folder that can be read, with its step files; the items in them are known from here on."""
        present = sorted({path.split("/", 1)[0] for path in self.files if "/" in path})
        listed = [name.strip("/") for name in course.texts("modules")]
        found = []
        for index, (name, folder) in enumerate(zip(course.texts("modules"), listed, strict=True)):
            place = course.line("modules", index), course.where("modules", index)
            if folder not in present:
                hint = nearest(folder, present) or "Create it, or take it out of the list."
                self.report.error(course.file, place[0], f"there is no folder `{name}`", hint, place[1])
                self.lack_folder([one for one in present if one not in listed])
            elif f"{folder}/module.yaml" not in self.files:
                self.report.error(f"{folder}/module.yaml", 0, "the file module.yaml is missing in this module")
                self.lack_folder([folder])
            elif (made := self.folder(folder)) is not None:
                found.append(made)
        if not isinstance(course.value.get("modules"), list):
            self.lack_folder(present)
        return tuple(found)

    def lack_folder(self, names: list[str]) -> None:
        """A module cannot be read; it may be one of these folders."""
        self.unread.folders.update(names)
        files = {path: data for path, data in self.files.items() if path.split("/", 1)[0] in names}
        described = [path for path in files if path.endswith("/module.yaml")]
        key = own_key(files[described[0]]) if len(described) == 1 else ""
        self.unread.module(key, files)

    def folder(self, name: str) -> ModuleFiles | None:
        """None when its module.yaml cannot be read and names no file; else its steps are checked all the same."""
        source = self.read(f"{name}/module.yaml", "module")
        if not isinstance(source.value, dict):
            self.lack_folder([name])
            shows = self.as_far_as_it_shows(source.file)
            if shows is None:
                return None
            source = shows
        folder = ModuleFiles(name, Node(source), named={source.file})
        if not is_key(source.value.get("key")):
            self.unread.is_any_module = True
        for index, step in enumerate(folder.node.texts("steps")):
            file = f"{name}/{step}"
            if file not in self.files:
                self.lack_step(folder, index, step)
                continue
            folder.named.add(file)
            made = list(self.step(folder, file))
            folder.steps.extend(made)
            if not made:
                self.unread.step(folder.key, [self.files[file]])
        steps = source.value.get("steps")
        if not isinstance(steps, list) or len(folder.node.texts("steps")) < len(steps):
            self.unread.folders.add(name)
            self.unread.step(folder.key, self.unlisted(folder).values())
        for one in folder.steps:
            self.read_items(folder, one)
        return folder

    def as_far_as_it_shows(self, file: str) -> Source | None:
        """In place of a module.yaml that cannot be read: the key and the files that its text names.

        So that what is wrong in these is said in the same go. What is said about the module itself is kept back.
        """
        text, folder = self.files[file], file.removesuffix("module.yaml")
        here = [path.removeprefix(folder) for path in self.files if path.startswith(folder) and path != file]
        steps = [(found.start(), name) for name in here if (found := _named(name, text))]
        if not steps:
            return None
        self.unread.files.add(file)
        return Source(file, {"key": own_key(text), "steps": [name for _, name in sorted(steps)]})

    def lack_step(self, folder: ModuleFiles, index: int, step: str) -> None:
        """The file is not there; if its name is only misspelled, it is one of those that are not listed."""
        here = [path.removeprefix(f"{folder.name}/") for path in self.files if path.startswith(f"{folder.name}/")]
        near = get_close_matches(step, here, 1, 0.6)
        place = folder.node.line("steps", index), folder.node.where("steps", index)
        message = f"there is no file `{step}` in {folder.name}"
        self.report.error(folder.node.file, place[0], message, nearest(step, here), place[1])
        meant = {f"{folder.name}/{name}" for name in near} & self.unlisted(folder).keys()
        folder.named.update(meant)  # so that nothing is said twice: the hint names it
        self.unread.step(folder.key, [self.files[path] for path in meant])

    def unlisted(self, folder: ModuleFiles) -> dict[str, bytes]:
        """The files of the folder that its list of steps does not name."""
        listed = {f"{folder.name}/{step}" for step in folder.node.texts("steps")} | {f"{folder.name}/module.yaml"}
        prefix = f"{folder.name}/"
        return {path: data for path, data in self.files.items() if path.startswith(prefix) and path not in listed}

    def read_items(self, folder: ModuleFiles, step: StepFile) -> None:
        node, data = Node(step.source), self.files[step.source.file]
        if not isinstance(step.source.value, dict):
            self.unread.files.add(step.source.file)
            self.unread.step(folder.key, [data])
            return
        # A chunk that says no key takes the name of its file.
        if not is_key(step.source.value.get("key")) and not (step.kind == "chunk" and not node.has("key")):
            self.unread.steps_of.add(folder.key)
        if step.kind != "transfer":
            items = node.node("check") if step.kind == "chunk" else node
            self.unread.questions(items, data)
            self.build.read_items(items, folder.key)

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
        else:
            self.wrong[source.file] = check(source, kind, self.report)
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


def _named(name: str, text: bytes) -> re.Match[bytes] | None:
    """Where a text names this file as a step."""
    whole = rb"(?<![\w.-])" + re.escape(name.encode()) + rb"(?![\w-])"
    return re.search(whole, text) if _STEP.fullmatch(name) else None
