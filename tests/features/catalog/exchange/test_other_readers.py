"""What we write is read by programs that others wrote."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.catalog.exchange.gift_writer import write_gift
from lms.catalog.exchange.model import Kind
from lms.catalog.exchange.pair_losses import plain_right
from lms.catalog.exchange.reading import read_path
from tests.examples import examples
from tests.features.catalog.bundles import SMALL
from tests.features.catalog.exchange.material import PROJECT, needs_shared, shared
from tests.features.catalog.exchange.test_round_trip import COMMON, HTML, questions

NODE = shutil.which("node")
SCRIPT = """
const {parse} = require('gift-pegjs');
const found = parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(found.filter(question => question.type !== 'Category')));
"""
TYPES = {
    Kind.SINGLE: {"MC"},
    Kind.MULTIPLE: {"MC"},
    Kind.TRUE_FALSE: {"TF"},
    Kind.SHORT: {"Short"},
    Kind.NUMERIC: {"Numerical"},
    Kind.MATCHING: {"Matching"},
    Kind.ESSAY: {"Essay"},
    Kind.DESCRIPTION: {"Description"},
}

# The other program leaves right sides of pairs as they are escaped; real ones hold nothing to escape.
UNESCAPED = tuple(kind for kind in COMMON if kind is not Kind.MATCHING)


def asked(script: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([NODE or "node", "-e", script], cwd=PROJECT, input=given, capture_output=True, timeout=60)


def has_peer() -> bool:
    return bool(NODE) and asked("require('gift-pegjs')").returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_peer(), reason="gift-pegjs is not installed (npm ci)"),
]


def check(made):
    """Types, titles, texts, weights and feedback as the other program reads them."""
    done = asked(SCRIPT, write_gift(made).data)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    found = json.loads(done.stdout)
    assert len(found) == len(made)
    # We write questions without a category first, as GIFT cannot leave one.
    for question, parse in zip(sorted(made, key=lambda one: one.category != ""), found, strict=True):
        assert parse["type"] in TYPES[question.kind]
        assert (parse["title"] or "") == question.title
        if question.kind in {Kind.SINGLE, Kind.MULTIPLE, Kind.SHORT}:
            assert len(parse["choices"]) == len(question.options)
            for option, choice in zip(question.options, parse["choices"], strict=True):
                plain = 1 if choice["isCorrect"] else 0
                weight = plain if choice["weight"] is None else choice["weight"] / 100
                assert weight == pytest.approx(float(option.weight), abs=1e-6)
                assert ((choice["feedback"] or {}).get("text") or "") == option.feedback.text
        if question.kind is Kind.MATCHING:
            assert [one["subanswer"] for one in parse["matchPairs"]] == [plain_right(pair) for pair in question.pairs]


@needs_shared
def test_another_program_reads_what_we_write_of_real_files():
    made = [
        question
        for folder in ("gift", "moodle-xml")
        for reading in read_path(shared(folder))
        for question in reading.questions
        if question.kind in TYPES
    ]
    assert len(made) > 70
    check(made)


def test_another_program_reads_the_questions_of_our_courses():
    made = [question for question in read_path(SMALL)[0].questions if question.kind in TYPES]
    assert made
    check(made)


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(questions(texts=HTML, kinds=UNESCAPED), min_size=1, max_size=5))
def test_another_program_reads_made_up_questions(made):
    check(made)


def test_the_other_program_is_the_one_that_is_locked():
    lock = json.loads((Path(PROJECT) / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"]["node_modules/gift-pegjs"]["dev"] is True
