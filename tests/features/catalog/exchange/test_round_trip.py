"""What two formats can both say survives the way through both: written, read, and equal again."""

import io
import zipfile
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.catalog.exchange.csv_writer import write_csv
from lms.catalog.exchange.gift_writer import write_gift
from lms.catalog.exchange.model import (
    NO_TEXT,
    Format,
    Gap,
    GapKind,
    Kind,
    Number,
    Option,
    Pair,
    Question,
    Text,
)
from lms.catalog.exchange.moodle_writer import write_moodle
from lms.catalog.exchange.qti_writer import write_package
from lms.catalog.exchange.reading import read_data, read_path
from lms.catalog.exchange.report import Outcome
from tests.examples import examples

LETTERS = "abz AZ09 éß“”€ ~=#{}:\\%*[]()<>&'\"/;,.!?-+_@|\n"
PLAIN_LETTERS = "abz AZ09 éß“”€ ~=#:%()'/;,.!?-+_@|"


def words(alphabet: str, least: int = 1):
    """Texts as they come out of files: without blanks around them."""
    return st.text(alphabet, min_size=least, max_size=20).map(str.strip).filter(lambda text: len(text) >= least)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# HTML as QTI would have it: well-formed, blanks single.
PARAGRAPHS = words(PLAIN_LETTERS).map(lambda text: f"<p>{escaped(' '.join(text.split()))}</p>")
HTML = PARAGRAPHS.map(lambda text: Text(text, Format.HTML))
MARKDOWN = words(PLAIN_LETTERS).map(lambda text: Text(text, Format.MARKDOWN))
ANY = st.builds(Text, words(LETTERS), st.sampled_from(Format))
PLAIN = words(PLAIN_LETTERS).map(lambda text: Text(" ".join(text.split()), Format.PLAIN))
WEIGHTS = st.sampled_from(
    [Fraction(0), Fraction(1, 3), Fraction(-1, 4), Fraction(1, 2), Fraction(5, 6), Fraction(1, 7)]
)
DECIMALS = st.integers(-99_999, 99_999).map(lambda number: _decimal(number))
REACHES = st.integers(0, 500).map(lambda number: _decimal(number))


def _decimal(hundredths: int) -> str:
    text = f"{abs(hundredths) // 100}.{abs(hundredths) % 100:02}".rstrip("0").rstrip(".")
    return f"-{text}" if hundredths < 0 else text


def maybe(texts):
    return st.one_of(st.just(NO_TEXT), texts)


@st.composite
def options(draw, texts, notes, *, is_single: bool):
    count = draw(st.integers(2, 5))
    right = draw(st.integers(0, count - 1))
    made = []
    for number in range(count):
        weight = Fraction(1) if number == right else draw(WEIGHTS)
        if not is_single and number == right:
            weight = Fraction(1, 2)
        made.append(Option(draw(texts), weight, draw(maybe(notes)), key=f"c{number + 1}"))
    return tuple(made)


@st.composite
def short_answers(draw, notes):
    said = PLAIN.filter(lambda text: "*" not in text.text and "->" not in text.text)
    notes = notes.filter(lambda text: "->" not in text.text)
    texts = draw(st.lists(said, min_size=1, max_size=4, unique_by=lambda text: text.text.casefold()))
    weights = [Fraction(1), *(draw(WEIGHTS.filter(lambda weight: weight >= 0)) for _ in texts[1:])]
    return tuple(Option(text, weight, draw(maybe(notes))) for text, weight in zip(texts, weights, strict=True))


@st.composite
def numbers(draw, notes):
    first = Number(draw(DECIMALS), draw(REACHES), Fraction(1), draw(maybe(notes)))
    return (first,)


@st.composite
def pairs(draw, texts):
    rights = draw(
        st.lists(PLAIN.filter(lambda text: "->" not in text.text), min_size=2, max_size=4, unique_by=lambda t: t.text)
    )
    lefts = [draw(texts.filter(lambda text: "->" not in text.text)) for _ in rights[:-1]]
    made = [
        Pair(left, right, f"l{at}", f"r{at}") for at, (left, right) in enumerate(zip(lefts, rights, strict=False), 1)
    ]
    return (*made, Pair(NO_TEXT, rights[-1], "", f"r{len(rights)}"))


@st.composite
def questions(draw, texts=HTML, notes=None, kinds=None):
    """Of the kinds that all formats know."""
    notes = texts if notes is None else notes
    kind = draw(st.sampled_from(kinds or COMMON))
    question = Question(kind, draw(texts), title=draw(words("ab zA9:#", 1)), general_feedback=draw(maybe(notes)))
    if kind is Kind.DESCRIPTION:
        return replace(question, general_feedback=NO_TEXT)
    if kind in {Kind.SINGLE, Kind.MULTIPLE}:
        return replace(question, options=draw(options(texts, notes, is_single=kind is Kind.SINGLE)))
    if kind is Kind.TRUE_FALSE:
        is_true = draw(st.booleans())
        return replace(
            question,
            options=(
                Option(Text("True", Format.PLAIN), Fraction(int(is_true)), draw(maybe(notes)), "true"),
                Option(Text("False", Format.PLAIN), Fraction(int(not is_true)), draw(maybe(notes)), "false"),
            ),
        )
    if kind is Kind.SHORT:
        return replace(question, options=draw(short_answers(notes)))
    if kind is Kind.NUMERIC:
        return replace(question, numbers=draw(numbers(notes)))
    if kind is Kind.MATCHING:
        return replace(question, pairs=draw(pairs(texts)))
    return question


COMMON = (
    Kind.SINGLE,
    Kind.MULTIPLE,
    Kind.TRUE_FALSE,
    Kind.SHORT,
    Kind.NUMERIC,
    Kind.MATCHING,
    Kind.ESSAY,
    Kind.DESCRIPTION,
)
often = settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])


def back(data: bytes, name: str) -> tuple[Question, ...]:
    reading = read_data(data, name, {})
    assert reading.refusals == ()
    return reading.questions


@pytest.mark.slow
@often
@given(st.lists(questions(texts=ANY), min_size=1, max_size=3))
def test_gift_says_it_again(made):
    written = write_gift(made)
    assert written.findings == ()
    assert back(written.data, "q.gift") == tuple(made)


@pytest.mark.slow
@often
@given(st.lists(questions(texts=ANY, notes=ANY), min_size=1, max_size=3))
def test_moodle_says_it_again(made):
    written = write_moodle(made)
    assert written.findings == ()
    assert back(written.data, "q.xml") == tuple(made)


@often
@given(
    st.lists(
        questions(texts=words(PLAIN_LETTERS).map(lambda text: Text(text, Format.MARKDOWN))), min_size=1, max_size=3
    )
)
def test_a_table_says_it_again(made):
    clean = [as_table(question) for question in made]
    written = write_csv(clean)
    assert written.findings == ()
    assert back(written.data, "q.csv") == tuple(clean)


def as_table(question: Question) -> Question:
    """A row has no place for a second arrow, nor for the format of a single cell."""
    swap = [
        replace(pair, left=replace(pair.left, text=pair.left.text.replace("=>", "=")), right=pair.right)
        for pair in question.pairs
    ]
    return replace(question, pairs=tuple(swap))


@pytest.mark.slow
@pytest.mark.parametrize("version", ["2.2", "3.0"])
@often
@given(made=questions())
def test_qti_says_it_again(version, made):
    written = write_package([made], version)
    assert written.findings == ()
    with zipfile.ZipFile(io.BytesIO(written.data)) as archive:
        (path,) = [name for name in archive.namelist() if name.startswith("items/")]
        (found,) = back(archive.read(path), "q.xml")
    assert as_qti(found) == as_qti(made)


def as_qti(question: Question) -> Question:
    """QTI knows one format of text, names every item and the way to score it."""
    return replace(
        question,
        identifier="",
        options=tuple(replace(option, text=_html(option.text)) for option in question.options),
        pairs=tuple(replace(pair, right=_html(pair.right), left=_html(pair.left)) for pair in question.pairs),
        is_shuffled=None,
        points=Fraction(1),
    )


def _html(text: Text) -> Text:
    return replace(text, text=escaped(text.text), format=Format.HTML) if text.format is Format.PLAIN else text


@pytest.mark.slow
@often
@given(questions(texts=HTML))
def test_from_moodle_through_gift_and_back(made):
    first = back(write_moodle([made]).data, "q.xml")
    through = back(write_gift(first).data, "q.gift")
    assert back(write_moodle(through).data, "q.xml") == first


def cloze() -> Question:
    return Question(
        Kind.CLOZE,
        Text("<p>Ask {{1}} and {{2}}, then wait {{3}} seconds.</p>"),
        title="Gaps",
        gaps=(
            Gap(
                "1",
                GapKind.CHOICE,
                (Option(Text("open"), Fraction(1), key="c1"), Option(Text("closed"), Fraction(1, 2), key="c2")),
                points=Fraction(2),
            ),
            Gap("2", GapKind.SHORT, (Option(Text("listen", Format.PLAIN), Fraction(1)),), is_case_sensitive=True),
            Gap("3", GapKind.NUMERIC, numbers=(Number("3", "0.5"),)),
        ),
        points=Fraction(4),
    )


def ordered() -> Question:
    parts = tuple(Option(Text(f"<p>{words}</p>"), key=f"c{at}") for at, words in enumerate(("one", "two", "three"), 1))
    return Question(Kind.ORDER, Text("<p>Sort.</p>"), title="Order", sequence=parts, is_all_or_nothing=True)


@pytest.mark.parametrize("question", [cloze(), ordered()], ids=["cloze", "order"])
def test_gaps_and_orders_through_moodle_and_qti(question):
    moodle = back(write_moodle([replace(question, is_all_or_nothing=False)]).data, "q.xml")
    assert moodle == (replace(question, is_all_or_nothing=False),)
    written = write_package([question], "3.0")
    assert written.findings == ()
    with zipfile.ZipFile(io.BytesIO(written.data)) as archive:
        (found,) = back(archive.read("items/item_1.xml"), "q.xml")
    assert replace(found, identifier="", is_shuffled=None) == question


def test_a_package_keeps_tags_files_and_identifiers(tmp_path):
    moodle = (
        "<quiz><question type='multichoice'><name><text>T</text></name><idnumber>a b</idnumber>"
        "<questiontext format='html'>"
        '<text><![CDATA[<p>See <img src="a.png" alt="A"></p>]]></text></questiontext><single>true</single>'
        "<answer fraction='100'><text>x</text></answer><answer fraction='0'><text>y</text></answer>"
        "<tags><tag><text>closing</text></tag></tags></question></quiz>"
    )
    made = back(moodle.encode(), "q.xml")
    package = tmp_path / "p.zip"
    package.write_bytes(write_package(made, "2.2").data)
    (reading,) = read_path(package)
    assert [(question.identifier, question.tags) for question in reading.questions] == [("ia_b", ("closing",))]
    assert write_package(made, "2.2").data == write_package(made, "2.2").data


def test_what_a_format_cannot_say_is_said():
    penal = replace(cloze(), penalty=Fraction(1, 3), category="$course$/A", hints=(Text("Think"),))
    assert [one.outcome for one in write_gift([penal]).findings] == [Outcome.REFUSED]
    lost = {one.message for one in write_package([penal], "2.2").findings}
    assert lost == {
        "QTI items cannot say its category.",
        "QTI items cannot say its penalty.",
        "QTI items cannot say its hints.",
    }


def matched() -> Question:
    """Pairs of different weight, one with feedback, and a left side that nothing belongs to."""
    return Question(
        Kind.MATCHING,
        Text("Match."),
        "m",
        pairs=(
            Pair(Text("a"), Text("<p>5 &gt; 4</p>"), "l1", "r1", feedback=Text("Well")),
            Pair(Text("b"), Text("y"), "l2", "r2", Fraction(1, 2)),
            Pair(Text("c"), Text(""), "l3"),
        ),
        is_all_or_nothing=True,
    )


def dragged() -> Question:
    pool = tuple(Option(Text(word), key=str(at)) for at, word in enumerate("xy", 1))
    first = tuple(replace(one, weight=Fraction(1)) for one in pool)
    gaps = (
        Gap("g1", GapKind.CHOICE, first, points=Fraction(2), presentation="drag"),
        Gap("g2", GapKind.CHOICE, (replace(pool[0]), replace(pool[1], weight=Fraction(1))), presentation="drag"),
    )
    return Question(
        Kind.GAP_MATCH,
        Text("{{g1}} and {{g2}}"),
        "d",
        gaps=gaps,
        options=pool,
        points=Fraction(3),
        is_all_or_nothing=True,
    )


@pytest.mark.parametrize(
    ("write", "question", "said"),
    [
        (
            write_gift,
            matched(),
            ("without markup", "single pairs", "count differently", "nothing belongs", "all or nothing"),
        ),
        (write_csv, matched(), ("markup of right sides", "count differently", "nothing belongs", "all or nothing")),
        (write_moodle, matched(), ("“c” is left out", "count the same", "single pairs", "by itself")),
        (write_moodle, dragged(), ("count the same", "by itself", "“y” for g1 is left out")),
    ],
)
def test_what_pairs_and_gaps_lose_is_said(write, question, said):
    written = write([question])
    messages = [one.message for one in written.findings]
    assert all(any(part in message for message in messages) for part in said), messages
    assert len(messages) == len(said)
    name = {write_gift: "q.gift", write_csv: "q.csv", write_moodle: "q.xml"}[write]
    [found] = back(written.data, name)
    if question.pairs and write is not write_moodle:
        assert [pair.right.text for pair in found.pairs] == ["5 > 4", "y"]


@pytest.mark.parametrize("write", [write_gift, write_csv, write_moodle])
def test_without_any_right_pair_nothing_is_written(write):
    alone = replace(matched(), pairs=matched().pairs[2:])
    assert write([alone]).findings[-1].outcome is Outcome.REFUSED


def test_an_arrow_that_stands_in_two_texts_is_none():
    answer = Option(Text("-", Format.PLAIN), Fraction(1), Text(">"))
    assert write_gift([Question(Kind.SHORT, Text("Sign?"), options=(answer,))]).findings == ()
