"""What changed, marked word by word; taking the marks away gives either text back."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.web.redline import redline


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("same words", "same words", "same words"),
        ("one three", "one two three", "one <ins>two</ins> three"),
        ("one two three", "one three", "one <del>two</del> three"),
        ("to check in", "because we in", "<del>to check</del><ins>because we</ins> in"),
        ("a", "a <b>", "a <ins>&lt;b&gt;</ins>"),
        ("a\n\nb", "a\n\nnew\n\nb", "a\n\n<ins>new</ins>\n\nb"),
        ("", "all new", "<ins>all new</ins>"),
        ("all gone", "", "<del>all gone</del>"),
    ],
)
def test_redline(before, after, marked):
    assert redline(before, after) == marked


def _without(marked: str, gone: str, kept: str) -> list[str]:
    text = re.sub(rf"<{gone}>.*?</{gone}>", " ", marked, flags=re.DOTALL)
    return html.unescape(re.sub(rf"</?{kept}>", "", text)).split()


@given(
    st.lists(st.sampled_from(["alpha", "beta", "gamma", "<b>", "&", "\n"]), max_size=12),
    st.lists(st.sampled_from(["alpha", "beta", "delta", "<b>", "&"]), max_size=12),
)
def test_both_texts_can_be_read_out_of_it(before, after):
    marked = redline(" ".join(before), " ".join(after))
    assert _without(marked, "del", "ins") == " ".join(after).split()
    assert _without(marked, "ins", "del") == " ".join(before).split()
