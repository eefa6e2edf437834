"""Numbers in files: exact, and never of a size that stops a reader or a writer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral
from lms.catalog.exchange.reading import read_data

HELD = st.from_regex(r"[+-]?(\d{1,30}\.?\d{0,30}|\.\d{1,30})([eE][+-]?\d{1,3})?", fullmatch=True).filter(is_numeral)


@pytest.mark.parametrize("text", ["0", "-.5", "+7.", "33.33333", "6.02214076e23", "1E-30", "9" * 60])
def test_what_a_file_may_hold(text):
    assert is_numeral(text)
    assert decimal_text(fraction(text)).lstrip("-").replace(".", "").isdigit()


@pytest.mark.parametrize("text", ["", ".", "1e", "1e60", "0.51e999", "1e-999", "9" * 61, "1/2", "nan", "\u0663"])
def test_what_it_may_not(text):
    assert not is_numeral(text)


@given(one=HELD, other=HELD)
def test_what_is_made_of_two_can_be_read_again(one, other):
    """The middle of a range and half its width, as GIFT's `1..5` is kept."""
    for made in ((fraction(one) + fraction(other)) / 2, abs(fraction(one) - fraction(other)) / 2):
        assert fraction(decimal_text(made)) == made


def test_a_number_that_nobody_could_read_is_refused_where_it_stands():
    reading = read_data(b"::T::How many?{#=3:0.5 =0.51e999..4}", "q.gift", {})
    assert not reading.questions
    assert ["0.51e999..4" in finding.message for finding in reading.findings] == [True]
