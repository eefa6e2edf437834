"""Markup of texts on its way into other formats: pages inside texts, scripts, lengths."""

from fractions import Fraction

import pytest
from lxml import etree

from lms.catalog.exchange.markdown_text import markdown
from lms.catalog.exchange.model import Format, Kind, Option, Question, Text
from lms.catalog.exchange.qti_markup import fill
from lms.catalog.exchange.qti_writer import item_xml


def filled(words, form=Format.HTML):
    box = etree.Element("div")
    dropped = fill(box, Text(words, form))
    return etree.tostring(box, encoding="unicode"), dropped


@pytest.mark.parametrize(
    ("words", "made", "dropped"),
    [
        ("<html>", "<div/>", ["<html>"]),
        ("Before</body> and after", "<div>Before and after</div>", ["<body>"]),
        ("<!DOCTYPE html><html><body><p>One</p></body></html>", "<div><p>One</p></div>", ["<html>", "<body>"]),
        ("Add<script>alert(1)</script> it", "<div>Add it</div>", ["<script>"]),
        ('<img src="a.png" alt="" width="216.81px" height="16pt">', None, ["height"]),
        ('<a name="x">here</a> <a href="y">there</a>', '<div>here <a href="y">there</a></div>', []),
        (
            "<table><tr><td>1</td></tr><tr><td>2</td></tr></table>",
            "<div><table><tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody></table></div>",
            [],
        ),
        ("", "<div/>", []),
    ],
)
def test_what_qti_allows_is_kept_and_the_rest_is_named(words, made, dropped):
    found, names = filled(words)
    assert found == (made or '<div><img src="a.png" alt="" width="217"/></div>')
    assert names == dropped


def test_markdown_keeps_what_stands_behind_the_end_of_a_page():
    lost = []
    assert markdown(Text("<html>One</body> two<style>p {}</style></html> three"), lost) == "One two three"
    assert lost == ["the markup <html>", "the markup <body>", "the markup <html>", "the markup <style>"]


def test_an_id_that_two_texts_share_is_written_once():
    options = tuple(Option(Text(f'<b id="x">{word}</b>'), Fraction(word == "a")) for word in "ab")
    question = Question(Kind.SINGLE, Text("Which?"), "q", options=options)
    assert item_xml(question).count(b'id="x"') == 1
