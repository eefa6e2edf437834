"""Every refusal that code can raise has a sentence, and the sentence gets the facts that it names."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from lms.web.wording import SECTIONS, WORDING

LMS = Path(__file__).parents[2] / "lms"


def _raised() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """(place, code, names of its facts) of every RuleViolation with a literal code; facts None when they are spread."""
    for path in sorted(LMS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name != "RuleViolation" or not node.args:
                continue
            code = node.args[0]
            codes = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
            facts = [keyword.arg for keyword in node.keywords]
            names = None if None in facts else frozenset(filter(None, facts))
            for one in codes:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield f"{path.relative_to(LMS)}:{node.lineno}", one.value, names


def _named(words: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(words) if name}


def test_every_code_has_wording():
    without = [f"{place} {code}" for place, code, _ in _raised() if code not in WORDING]
    assert not without, "no sentence in lms/web/wording.py for:\n" + "\n".join(without)


def test_every_sentence_gets_the_facts_it_names():
    wrong = [
        f"{place} {code} lacks {sorted(_named(WORDING[code]) - facts)}"
        for place, code, facts in _raised()
        if code in WORDING and facts is not None and _named(WORDING[code]) - facts
    ]
    assert not wrong, "\n".join(wrong)


def test_a_code_has_one_sentence():
    twice = [code for code, times in Counter(code for section in SECTIONS for code in section).items() if times > 1]
    assert not twice


@pytest.mark.parametrize("code", sorted(WORDING))
def test_sentences_are_plain(code):
    words = WORDING[code]
    assert words[0].isupper() or words[0] in "“{" or words[0].isdigit(), words
    assert words.endswith((".", "?", ".”", ".)", "}")), f"not a whole sentence: {words}"
    assert "!" not in words
    assert not {"illegal", "invalid", "oops", "sorry"} & set(words.lower().replace(".", " ").split()), words
