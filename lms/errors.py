"""What can go wrong by rule. A failure has a code and facts; the sentence lives in `web/wording.py`."""

from collections.abc import Mapping


class RuleViolation(Exception):
    """A rule of the product says no.

    `code` is a stable name that `web/wording.py` and the API know; `facts` fill its sentence.
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts: Mapping[str, object] = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({facts})" if facts else self.code


class SettingsError(Exception):
    """The environment asks for something that cannot be meant; the message says what to set."""
