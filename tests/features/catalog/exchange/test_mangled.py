"""Files that were damaged, or made to harm: readers and writers answer all the same."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.catalog.exchange import candidates
from lms.catalog.exchange.course_writer import write_items
from lms.catalog.exchange.qti_writer import item_xml
from lms.catalog.exchange.reading import read_data
from lms.catalog.exchange.writing import FORMATS, write
from tests.examples import examples
from tests.features.catalog.exchange.material import MAP, item, read
from tests.features.catalog.exchange.test_qti import choices, declared, interaction, mapping

GIFT = (
    b"$CATEGORY: a/b\n\n// [id:1] [tag:x]\n::T::[html]<p>Which?</p>{=a#yes ~%33.33333%b#no ~%-100%c####all}\n\n"
    b"How many?{#=3:0.5#near =%50%2..4 ~#far}\n\nMatch{=a -> 1 =b -> 2}\n\nIt is.{T#w#r}\n\nWord {=x} more."
)
MOODLE = (
    b"<quiz><question type='multichoice'><name><text>n</text></name><questiontext format='html'><text>Which?</text>"
    b"<file name='a.png' encoding='base64'>AAAA</file></questiontext><defaultgrade>2</defaultgrade>"
    b"<penalty>0.3</penalty>"
    b"<single>true</single><answer fraction='100'><text>a</text><feedback><text>f</text></feedback></answer>"
    b"<answer fraction='33.33333'><text>b</text></answer></question><question type='cloze'><name><text>c</text></name>"
    b"<questiontext><text>A {1:MC:=x#y~z} B {2:NM:=3:0.1~*#no}</text></questiontext></question>"
    b"<question type='ordering'><name><text>o</text></name><questiontext><text>Sort</text></questiontext>"
    b"<answer fraction='1'><text>a</text></answer><answer fraction='2'><text>b</text></answer></question>"
    b"<question type='calculated'><name><text>k</text></name><questiontext><text>{x} * 2?</text></questiontext>"
    b"<answer fraction='100'><text>pow({x},2)</text><tolerance>0.1</tolerance></answer><dataset_definitions>"
    b"<dataset_definition><name><text>x</text></name><minimum><text>1</text></minimum><maximum><text>9</text></maximum>"
    b"<decimals><text>1</text></decimals></dataset_definition></dataset_definitions></question></quiz>"
)
TABLE = (
    b"type,prompt,answer,option_1,option_2,weight_1\nsingle,Which?,1,a,b,50\nnumeric,How?,3,*,4:1,0\norder,Sort,,a,b,\n"
)
QTI = item(
    "<p>Pick.</p>" + interaction("choiceInteraction", choices("A", "B", "C"), maxChoices=0),
    declared(cardinality="multiple", correct="AB", inside=mapping(A=1, B=2, C=-1)),
    MAP,
)
DRAWN = item_xml(read(MOODLE, "q.xml").questions[-1])
PIECES = (
    *(b"0", b"-1", b"1/0", b"1e999", b"nan", b"", b"{", b"}", b"~", b"=", b"#", b"::", b"->", b"\\", b"\x00", b"\xff"),
    *(b"true", b"%50%", b"%x%", b"x" * 300, b"9" * 100, b"multiple", b"record", b"point", b"float", b"A B C", b"1,2,3"),
)


@st.composite
def mangled(draw, data: bytes):
    """A file with a few places cut out, filled with what means something, or with another value."""
    made = bytearray(data)
    for way in draw(st.lists(st.sampled_from(("cut", "insert", "value")), min_size=1, max_size=4)):
        at = draw(st.integers(0, len(made)))
        if way == "cut":
            made[at : at + draw(st.integers(1, 30))] = b""
        elif way == "insert":
            made[at:at] = draw(st.sampled_from(PIECES))
        elif values := list(re.finditer(rb"""=["']([^"']*)["']|>([^<>]+)<""", bytes(made))):
            value = draw(st.sampled_from(values))
            begin, end = value.span(1 if value[1] is not None else 2)
            made[begin:end] = draw(st.sampled_from(PIECES))
    return bytes(made)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "name"),
    [(GIFT, "q.gift"), (MOODLE, "q.xml"), (TABLE, "q.csv"), (QTI, "i.xml"), (DRAWN, "d.xml")],
    ids=["gift", "moodle", "csv", "qti", "drawn"],
)
@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(draw=st.data())
def test_what_is_damaged_is_read_or_refused(data, name, draw):
    reading = read_data(draw.draw(mangled(data)), name, {})
    assert all(finding.place.file and finding.message for finding in reading.findings)
    for form in FORMATS:
        write(reading.questions, form)
    write_items(reading.questions, "an-objective")
    taken = candidates.of_readings([reading], "an-objective")
    assert all(one.item is not None or one.findings for one in taken), "what is refused says why"
