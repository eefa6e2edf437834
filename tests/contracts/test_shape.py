"""How the code is cut: names that say something, modules about one thing, words for codes, no trace of a machine."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lms.policy.outline import OpensNext
from lms.web.wording import SECTIONS, WORDING

ROOT = Path(__file__).parents[2]
LMS = ROOT / "lms"
SAY_NOTHING = {"base", "common", "data", "helper", "helpers", "manager", "misc", "stuff", "util", "utils"}
LONGEST = 400


@cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(LMS.rglob("*.py"))}


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Modules


def test_a_modules_name_says_what_is_in_it():
    wrong = [
        short(path)
        for path in trees()
        if SAY_NOTHING & {word for part in path.relative_to(LMS).with_suffix("").parts for word in part.split("_")}
    ]
    assert not wrong


def test_a_module_says_what_is_here():
    """A sentence or two at its top; an empty `__init__.py` has nothing to say."""
    silent = [short(path) for path, tree in trees().items() if tree.body and not ast.get_docstring(tree)]
    assert not silent


def test_no_module_is_long():
    """Prints the ten longest, so that one sees them coming."""
    lengths = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in trees()}
    longest = sorted(lengths.items(), key=lambda one: -one[1])[:10]
    print("\n".join(f"{length:5} {path}" for path, length in longest))  # noqa: T201 -- shown by -s
    too_long = [f"{path} has {length} lines" for path, length in longest if length > LONGEST]
    assert not too_long, "split by task:\n" + "\n".join(too_long)


def test_no_import_is_hidden_in_a_function():
    """It would get round a cycle that the ranks forbid. (What is heavy and rare may come late, with a reason.)"""
    hidden = []
    for path, tree in trees().items():
        lines = path.read_text(encoding="utf-8").splitlines()
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if not isinstance(node, ast.Import | ast.ImportFrom):
                    continue
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                if (module or "").split(".")[0] == "lms" or "#" not in lines[node.lineno - 1]:
                    hidden.append(f"{short(path)}:{node.lineno} {module}")
    assert not hidden, "\n".join(hidden)


# Words


def _codes_in(path: Path) -> Iterator[tuple[str, str]]:
    """(place, code): what is given to RuleViolation, or is the code of an explained lock or refusal."""
    for node in ast.walk(trees()[path]):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "RuleViolation":
                found += node.args[:1]
            elif name == "Access":
                found += node.args[2:3]
            if name in {"RuleViolation", "Access", "Start"}:
                found += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        elif isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == "code" for one in node.targets
        ):
            found.append(node.value)
        for value in found:
            for inner in ast.walk(value):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and " " not in inner.value:
                    yield f"{short(path)}:{inner.lineno}", inner.value


# An open step that waits on somebody: pages name the person beside the state, they do not explain a lock.
NOT_SAID = {"waiting_on_person"}


def test_every_refusal_and_every_lock_has_words():
    without = [
        f"{place} {code}"
        for path in trees()
        for place, code in _codes_in(path)
        if re.fullmatch(r"[a-z]+(_[a-z]+)+", code) and code not in WORDING and code not in NOT_SAID
    ]
    assert not without, "no sentence in lms/web/wording.py for:\n" + "\n".join(without)


@pytest.mark.parametrize("opens", OpensNext)
def test_every_way_to_open_the_next_step_has_words(opens):
    assert f"opens_after_{opens.value}" in WORDING


def problem_codes() -> set[str]:
    """Of a field of a worksheet, and of a number that is reported."""
    return {
        node.args[0].value
        for name in ("worksheet.py", "results.py")
        for node in ast.walk(trees()[LMS / "policy" / name])
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Problem"
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_problem_of_a_field_has_words():
    assert len(problem_codes()) > 10
    missing = {f"field_{code}" for code in problem_codes()} - WORDING.keys()
    assert not missing, sorted(missing)


def test_every_sentence_is_said_somewhere():
    """A sentence that nothing says any more is one that nobody keeps true."""
    spelled = {
        node.value
        for path, tree in trees().items()
        if path != LMS / "web" / "wording.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    composed = {f"opens_after_{opens.value}" for opens in OpensNext} | {f"field_{code}" for code in problem_codes()}
    said = spelled | composed
    unused = [
        code for section in SECTIONS for code in section if code not in said and code.removesuffix("_by") not in said
    ]
    assert not unused


# Tests and files


def test_every_test_file_has_tests():
    """A file that pytest finds nothing in looks like a test and proves nothing."""
    empty = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
        ]
        cases = [node for node in tree.body if isinstance(node, ast.Assign) and "TestCase" in ast.unparse(node.value)]
        if not functions and not cases:
            empty.append(short(path))
    assert not empty


def test_every_test_can_fail():
    """A test without assert, raises or a called check passes whatever the product does."""
    idle = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test"):
                continue
            if not any(isinstance(inner, ast.Assert | ast.Call) for inner in ast.walk(node)):
                idle.append(f"{short(path)}:{node.lineno} {node.name}")
    assert not idle


def test_no_test_takes_the_day_from_when_its_file_was_read():
    """Between reading the file and running its last test, midnight may pass."""
    fixed = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for call in at_import(ast.parse(path.read_text(encoding="utf-8"))):
            if ast.unparse(call.func).rpartition(".")[2] in {"today", "local_day", "company_day"}:
                fixed.append(f"{short(path)}:{call.lineno}")
    assert not fixed, "ask in the test itself"


def at_import(node: ast.AST) -> Iterator[ast.Call]:
    """What is called when a module is read: decorators and defaults of functions, but not what is inside them."""
    if isinstance(node, ast.Call):
        yield node
    inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    body = (node.body if isinstance(node.body, list) else [node.body]) if inside else []
    for child in ast.iter_child_nodes(node):
        if child not in body:
            yield from at_import(child)


def files() -> list[Path]:
    """Everything that is or will be committed."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"not in a git work tree: {done.stderr.strip()[:80]}")
    return [path for name in done.stdout.splitlines() if (path := ROOT / name).is_file()]


PLACES = re.compile(r"(?<![\w.])/(?:work|root|home/[a-z]\w+|Users/\w+|opt/(?:pypi|wheels)\w*)/")
REGISTRIES = re.compile(
    r"--(?:extra-)?index-url|--find-links|_authToken|//(?:files\.pythonhosted|pypi|registry)\.", re.IGNORECASE
)
SECRETS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30}|glpat-[\w-]{20}")


def test_no_file_knows_the_machine_it_was_written_on():
    found = []
    for path in files():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for name, pattern in (("path", PLACES), ("registry", REGISTRIES), ("secret", SECRETS)):
            found += [
                f"{short(path)}:{text.count(chr(10), 0, match.start()) + 1} {name}: {match[0]}"
                for match in pattern.finditer(text)
            ]
    assert not found, "\n".join(found)


def test_what_is_installed_is_locked_by_hash():
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        wanted = [line for line in lines if line.strip() and not line.lstrip().startswith(("#", "-"))]
        assert wanted
        unlocked = [line.split()[0] for line in wanted if "==" not in line or "--hash=sha256:" not in line]
        assert not unlocked, f"{path.name}: {unlocked}"
