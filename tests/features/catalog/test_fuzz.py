"""Whatever is in a bundle, the answer is a report: never a stack trace."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.catalog.loader import load_files
from lms.catalog.problems import Report
from tests.examples import examples
from tests.features.catalog.bundles import small

FILES = small()
NAMES = sorted(FILES)
PIECES = (
    "\n", "- ", ": ", "{", "]", "'", '"', "|", "\t", "null", "[]", "{}", "-1", "1e9", "~", "use: x\n", "key: []\n",
    "::: ", ":::\n", "[[x]]", "![](", "---\n", "items: 3\n", "<svg", "&a", "*a",
)  # fmt: skip
BITS = st.one_of(st.binary(max_size=12), st.sampled_from(PIECES).map(str.encode))
SOME = settings(max_examples=examples(80), suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.slow
@SOME
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.floats(0, 1), st.integers(0, 30), BITS), min_size=1, max_size=4))
def test_any_edit_gives_a_report(edits):
    files = dict(FILES)
    for name, place, length, bit in edits:
        data = files[name]
        at = int(place * len(data))
        files[name] = data[:at] + bit + data[at + length :]
    found = load_files(files, Report())
    assert (found.course is None) == bool(found.errors)
    for problem in found.problems:
        assert problem.message
        assert problem.line <= files.get(problem.file, b"").replace(b"\r", b"\n").count(b"\n") + 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
YAMLS = [name for name in NAMES if name.endswith(".yaml")]


@pytest.mark.slow
@SOME
@given(st.sampled_from(YAMLS), st.floats(0, 1), VALUES)
def test_any_value_in_any_place_gives_a_report(name, place, value):
    lines = FILES[name].decode().split("\n")
    keyed = [number for number, line in enumerate(lines) if ":" in line and not line.startswith("#")]
    number = keyed[int(place * (len(keyed) - 1))]
    lines[number] = f"{lines[number].split(':')[0]}: {json.dumps(value)}"  # JSON is YAML
    found = load_files({**FILES, name: "\n".join(lines).encode()}, Report())
    assert (found.course is None) == bool(found.errors)
