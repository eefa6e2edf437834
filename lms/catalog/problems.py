"""What is wrong with a bundle, in words that its author understands, with the file and the line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """An error stops publishing; a warning is advice."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend. `where` names the part (`items[2].options`); line 0 means the file as a whole."""

    file: str
    line: int
    where: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        part = f" ({self.where})" if self.where else ""
        hint = f" {self.hint}" if self.hint else ""
        return f"{place}: {self.severity}: {self.message}{part}.{hint}"

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.line,
            "where": self.where,
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity.value,
        }


@dataclass(slots=True)
class Report:
    """Everything found so far; reading goes on after each problem."""

    _found: set[Problem] = field(default_factory=set)

    def error(self, file: str, line: int, message: str, hint: str = "", where: str = "") -> None:
        self._found.add(Problem(file, line, where, message, hint, Severity.ERROR))

    def warning(self, file: str, line: int, message: str, hint: str = "", where: str = "") -> None:
        self._found.add(Problem(file, line, where, message, hint, Severity.WARNING))

    def __iter__(self) -> Iterator[Problem]:
        """By file and line."""
        return iter(sorted(self._found))

    @property
    def has_errors(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self._found)
