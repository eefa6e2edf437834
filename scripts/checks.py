"""`make test`, `make check`, `make fuzz`: every check in one call, one closing summary, one exit code.

The last line has the form of pytest's own summary; a failed check that is not a test counts as one failed.
"""

import contextlib
import os
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree  # reads only what pytest has just written
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import browser
import processes
from console import say, step
from prepare import ROOT, STEPS_OF_TEST
from with_postgres import VARIABLE as POSTGRES_URL
from with_postgres import postgres

PYTHON = sys.executable
TESTS_FAILED, NO_TESTS_COLLECTED = 1, 5
FEW = 20
MOST_PROCESSES = 6
TIMES = os.environ.get("TIMES", "20")  # as many examples in a search as in the suite
FAST = ("tests/policy", "tests/contracts")
# A developer's own settings must not decide what the suite sees.
FOREIGN = ("LMS_", "FLASK_", "MAIL_", "DATABASE_URL", "SECRET_KEY", "PORT", "HOST", "PYTEST_")
# The suite starts this program hundreds of times: without kept bytecode each start would compile all of it anew.
SLOW = ("PYTHONDONTWRITEBYTECODE",)
STATIC = {
    "format": ("-m", "ruff", "format", "--check", "."),
    "lint": ("-m", "ruff", "check", "."),
    "imports": (
        "-c",
        "import sys; from importlinter.cli import lint_imports_command as run; "
        "sys.argv = ['lint-imports', '--no-logo']; run()",
    ),
    "types": ("-m", "mypy"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    failed: int
    seconds: float
    passed: int = 0
    skipped: int = 0
    remark: str = ""

    @property
    def line(self) -> str:
        counted = [f"{self.passed} passed"] if self.passed else []
        counted += [f"{self.skipped} skipped"] if self.skipped else []
        verdict = "ok" if not self.failed else (f"{self.failed} failed" if counted else "FAILED")
        text = ", ".join([*([] if counted and not self.failed else [verdict]), *counted])
        return f"  {self.name:<22}{text:<34}{self.seconds:>7.1f} s  {self.remark}".rstrip()


def environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*FOREIGN, *SLOW))}
    return {**kept, "PYTHONUNBUFFERED": "1", **extra}


def static(name: str) -> Outcome:
    say(f"\n--- {name}")
    began = time.monotonic()
    code = processes.run([PYTHON, *STATIC[name]], env=environment(), cwd=ROOT)
    return Outcome(name, failed=int(code != 0), seconds=time.monotonic() - began)


@contextlib.contextmanager
def compiled_meanwhile() -> Iterator[None]:
    """On the core that mypy leaves free: in a fresh clone every test process would compile all tests and modules anew.

    What it has not come to by then is left to them, and so is saying what is wrong with a file.
    """
    collecting = [PYTHON, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    with open(os.devnull, "wb") as nowhere:
        child = processes.start(collecting, env=environment(), cwd=ROOT, output=nowhere.fileno())
        try:
            yield
        finally:
            processes.end(child)


def suite(name: str, arguments: list[str], env: dict[str, str]) -> Outcome:
    say(f"\n--- {name}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fieldwork-tests-") as place:
        report = Path(place) / "report.xml"
        code = processes.run([PYTHON, "-m", "pytest", f"--junitxml={report}", *arguments], env=env, cwd=ROOT)
        tests, failed, skipped = counts(report)
    remark = ""
    if code == TESTS_FAILED and 0 < failed <= FEW:
        # Journeys in a browser and killed processes hang on the machine's mood. What fails twice is a defect; what
        # fails once is named, so that somebody looks at it.
        say(f"\n--- {name}: the {failed} that failed, once more and one by one")
        again = [
            PYTHON,
            "-m",
            "pytest",
            "--last-failed",
            "--last-failed-no-failures",
            "none",
            "-q",
            "-n",
            "1",
            "--dist",
            "loadgroup",
        ]
        if processes.run(again, env=env, cwd=ROOT) == 0:
            remark, failed, code = f"{failed} passed only on the second try", 0, 0
    if code == NO_TESTS_COLLECTED:
        remark = "pytest found no test to run"
    elif code and not failed:
        remark = f"pytest ended with code {code}"
    if code and not failed:
        failed = 1
        tests += 1
    return Outcome(
        name,
        failed=failed,
        seconds=time.monotonic() - began,
        passed=tests - failed - skipped,
        skipped=skipped,
        remark=remark,
    )


def counts(report: Path) -> tuple[int, int, int]:
    """Tests, failures with errors, and skips that pytest reported; zeros if it never got so far."""
    if not report.is_file():
        return 0, 0, 0
    suites = list(ElementTree.parse(report).getroot().iter("testsuite"))  # noqa: S314 -- pytest's own file

    def total(attribute: str) -> int:
        return sum(int(each.get(attribute, "0")) for each in suites)

    return total("tests"), total("failures") + total("errors"), total("skipped")


def browser_environment() -> tuple[dict[str, str], str]:
    """What the suite is told about the browser, and what to complain about in the end."""
    if os.environ.get("WITHOUT_BROWSER") == "1":
        return {"LMS_TEST_NO_BROWSER": "left out with WITHOUT_BROWSER=1"}, ""
    found = browser.find()
    if found is None and browser.VARIABLE not in os.environ:
        say("      none found: installing Debian's headless Chromium (about a minute, once) …")
        problem = browser.install()
        found = browser.find()
    else:
        problem = f"{browser.VARIABLE} names no program that can be run"
    if found:
        hint = "" if "headless" in Path(found).name else "; its headless shell alone would take a third less"
        say(f"      {found}{hint}")
        return {browser.VARIABLE: found}, ""
    reason = f"no Chromium or Chrome was found, and {problem}"
    say(f"      {reason}; the browser journeys will be skipped")
    return {"LMS_TEST_NO_BROWSER": reason}, reason


def processes_at_once() -> str:
    """One more than there are cores: browsers, servers and the disk make a test wait."""
    return str(min((os.cpu_count() or 1) + 1, MOST_PROCESSES))


def full(arguments: list[str]) -> tuple[list[Outcome], str]:
    step(4, STEPS_OF_TEST, "looking for a browser for the journeys …")
    told, complaint = browser_environment()
    step(5, STEPS_OF_TEST, "format, lint, imports, types, and the suite on SQLite and on PostgreSQL")
    with compiled_meanwhile():
        outcomes = [static(name) for name in STATIC]
    several = ["-n", os.environ.get("TEST_PROCESSES", processes_at_once()), "--dist", "loadgroup", *arguments]
    with postgres() as url:
        for database, name in (("sqlite", "tests on SQLite"), ("postgres", "tests on PostgreSQL")):
            env = environment(LMS_TEST_DATABASE=database, **{POSTGRES_URL: url}, **told)
            outcomes.append(suite(name, several, env))
    return outcomes, complaint


def fast(arguments: list[str]) -> tuple[list[Outcome], str]:
    outcomes = [static(name) for name in STATIC]
    existing = [place for place in FAST if (ROOT / place).is_dir()]
    chosen = [*existing, "-q", "-m", "not browser and not slow and not postgres", *arguments]
    outcomes.append(suite("rules and contracts", chosen, environment(LMS_TEST_DATABASE="sqlite")))
    return outcomes, ""


def search(arguments: list[str]) -> tuple[list[Outcome], str]:
    """Every test of any input, with many new examples each: what is found becomes an example of the suite."""
    chosen = ["-m", "hypothesis", "-o", "timeout=0", "-n", str(os.cpu_count() or 1), "--dist", "worksteal", *arguments]
    return [suite("search for examples", chosen, environment(LMS_TEST_DATABASE="sqlite", LMS_TEST_SEARCH=TIMES))], ""


def close(outcomes: list[Outcome], complaint: str, seconds: float) -> int:
    say("\n=== summary")
    for outcome in outcomes:
        say(outcome.line)
    if complaint:
        say(f"\nThe browser journeys did NOT run: {complaint}.")
        for way in browser.HOW_TO_GET_ONE:
            say(f"  - {way}")
    failed = sum(outcome.failed for outcome in outcomes) + bool(complaint)
    counted = {
        "failed": failed,
        "passed": sum(outcome.passed for outcome in outcomes),
        "skipped": sum(outcome.skipped for outcome in outcomes),
    }
    text = ", ".join(f"{number} {word}" for word, number in counted.items() if number or word == "passed")
    say(f"\n{f' {text} in {seconds:.2f}s ':=^80}")
    return int(failed > 0)


def main(what: str, arguments: list[str]) -> int:
    processes.unwind_on_signals()
    began = time.monotonic()
    outcomes, complaint = {"full": full, "fast": fast, "search": search}[what](arguments)
    return close(outcomes, complaint, time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
