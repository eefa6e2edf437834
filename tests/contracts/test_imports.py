"""The import contracts of pyproject.toml hold, and each of them was seen to fail on a planted violation."""

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
RUN = "import sys; from importlinter.cli import lint_imports_command as run; sys.argv[0] = 'lint-imports'; run()"


def lint(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, "--no-logo", "--no-cache", *arguments], cwd=where, capture_output=True, text=True
    )


def test_every_contract_holds():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


@dataclass(frozen=True, slots=True)
class Violation:
    """A line added to (or a file made in) the package, that one contract must refuse."""

    contract: str
    path: str
    line: str


VIOLATIONS = (
    Violation("rank", "lms/catalog/queries.py", "import lms.learning.queries"),
    Violation("rank", "lms/transfer/queries/work.py", "import lms.assessment.queries"),  # siblings
    Violation("rank", "lms/clock.py", "import lms.db"),
    Violation("rank", "lms/leftovers/__init__.py", '"""A package that nobody gave a rank."""'),
    Violation("rooms", "lms/lrs/queries/statements.py", "import lms.lrs.service"),
    Violation("rooms", "lms/catalog/service.py", "import lms.catalog.forms"),
    Violation("rooms", "lms/learning/models.py", "import lms.learning.queries"),
    Violation("pure", "lms/policy/outline.py", "import sqlalchemy"),
    Violation("pure", "lms/errors.py", "import flask"),
    Violation("no-request", "lms/lrs/queries/statements.py", "import flask"),
    Violation("no-request", "lms/assessment/service/grading.py", "import lms.web.wording"),
    Violation("no-request", "lms/transfer/models.py", "import wtforms"),
    Violation("tincan", "lms/statements/ledger.py", "import tincan"),
    Violation("tincan", "lms/worker.py", "import tincan.remote_lrs"),
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources alone, beside the contracts."""
    place = tmp_path_factory.mktemp("imports")
    shutil.copytree(
        ROOT / "lms", place / "lms", ignore=lambda _, names: [one for one in names if "." in one and one[-3:] != ".py"]
    )
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def test_each_contract_has_a_planted_violation():
    assert {one.contract for one in VIOLATIONS} == {contract["id"] for contract in CONTRACTS}


@pytest.mark.slow
@pytest.mark.parametrize("planted", VIOLATIONS, ids=lambda one: f"{one.contract}-{one.path}")
def test_a_violation_is_seen(planted, copied):
    path = copied / planted.path
    assert path.exists() or path.name == "__init__.py", "the module was moved: plant the violation where it is now"
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{before or ''}\n{planted.line}\n", encoding="utf-8")
    try:
        done = lint(copied, "--contract", planted.contract)
    finally:
        if before is None:
            shutil.rmtree(path.parent)
        else:
            path.write_text(before, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 kept, 1 broken" in done.stdout


@pytest.mark.slow
def test_the_copy_itself_is_sound(copied):
    """Otherwise every planted violation would be found for a reason of its own."""
    done = lint(copied)
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout, done.stdout + done.stderr
