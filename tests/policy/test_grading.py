"""Grading by the table of the measurement rules 2.1 and the vectors of section 6."""

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.errors import RuleViolation
from lms.policy import responses
from lms.policy.grading import Mark, grade, normalized, verdict
from lms.policy.outline import Item, ItemType, Option, Pair, Rule

KEYS = "abcde"
WEIGHTS = [Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3)]


def item(type_, **kwargs):
    return Item(key="q", type=type_, prompt="?", objective="o", explanation="because", **kwargs)


def multiple(key, rule=Rule.NET, letters=KEYS):
    options = tuple(Option(k, k, Fraction(k in key)) for k in letters)
    return item(ItemType.MULTIPLE, options=options, rule=rule)


def order(letters="abcd"):
    return item(ItemType.ORDER, sequence=tuple(Option(k, k) for k in letters))


def places(text):
    return {"places": {key: at for at, key in enumerate(text, 1)}}


def share(item_, raw):
    return grade(item_, responses.clean(item_, raw)).share


@pytest.mark.parametrize(
    ("rule", "chosen", "expected"),
    [
        (Rule.NET, "ac", 1),
        (Rule.NET, "a", Fraction(1, 2)),
        (Rule.NET, "abc", Fraction(2, 3)),
        (Rule.NET, "abcde", 0),
        (Rule.NET, "", 0),
        (Rule.NET, "bd", 0),
        (Rule.HALF, "ac", 1),
        (Rule.HALF, "a", Fraction(1, 2)),
        (Rule.HALF, "abc", Fraction(1, 2)),
        (Rule.HALF, "abcde", 0),
        (Rule.HALF, "", 0),
        (Rule.HALF, "bd", 0),
        (Rule.ALL, "ac", 1),
        (Rule.ALL, "a", 0),
        (Rule.ALL, "abc", 0),
    ],
)
def test_multiple_answers(rule, chosen, expected):
    assert share(multiple("ac", rule), {"choices": list(chosen)}) == expected


def test_multiple_where_every_option_is_right_has_no_false_hits():
    assert share(multiple("abcde"), {"choices": ["a", "b"]}) == Fraction(2, 5)


def test_marks_tell_chosen_from_missed():
    marks = grade(multiple("ac"), {"choices": ["a", "b"]}).marks
    assert marks == {"a": Mark.RIGHT, "b": Mark.WRONG, "c": Mark.MISSED}


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        ("abcd", 1),
        ("abdc", Fraction(2, 3)),
        ("acbd", Fraction(2, 3)),
        ("badc", Fraction(1, 3)),
        ("dcba", 0),
    ],
)
def test_order(placed, expected):
    assert share(order(), places(placed)) == expected


@pytest.mark.parametrize(
    "raw",
    [
        {"places": {"a": 1, "b": 1, "c": 2, "d": 3}},
        {"places": {"a": 1, "b": 2}},
    ],
)
def test_an_order_with_unclear_places_is_kept_but_earns_nothing(raw):
    kept = responses.clean(order(), raw)
    assert kept == raw
    assert responses.problem(order(), kept) == "answer_places_unclear"
    score = grade(order(), kept)
    assert (score.share, score.is_answered) == (0, True)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("12.5", 1),
        ("12.6", 1),
        ("12.61", 0),
        (" 12.4 ", 1),
        ("12.40000", 1),
        ("12.5 calls", 1),
        ("\N{MINUS SIGN}12.5", 0),
        ("twelve", 0),
        ("12..5", 0),
        ("-", 0),
        ("1e1", 0),
        ("NaN", 0),
        ("", 0),
    ],
)
def test_numeric_with_an_absolute_tolerance(typed, expected):
    question = item(ItemType.NUMERIC, answer="12.5", abs_tolerance="0.1", unit="calls")
    assert share(question, {"number": typed}) == expected


@pytest.mark.parametrize(("typed", "expected"), [("203", 1), ("197", 1), ("203.01", 0), ("$200", 1), ("1,200", 0)])
def test_numeric_with_a_relative_tolerance(typed, expected):
    question = item(ItemType.NUMERIC, answer="200", rel_tolerance="0.015")
    assert share(question, {"number": typed}) == expected


def test_thousands_commas_and_currency_are_forgiven():
    question = item(ItemType.NUMERIC, answer="12500.50", unit="$")
    assert share(question, {"number": "$12,500.50"}) == 1
    assert share(question, {"number": "12,50"}) == 0


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ({"a": "a", "b": "b", "c": "c"}, 1),
        ({"a": "a", "b": "c", "c": "b"}, Fraction(1, 3)),
        ({"a": "a"}, Fraction(1, 3)),
        ({"a": "a", "b": "a", "c": "a"}, 0),  # one-to-one: a partner used twice earns nothing
        ({}, 0),
    ],
)
def test_matching(pairs, expected):
    question = item(ItemType.MATCHING, pairs=tuple(Pair(k, k, k.upper()) for k in "abc"))
    assert share(question, {"pairs": pairs}) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Exit criterion", 1),
        ("  “exit   CRITERION.” ", 1),
        ("ｅｘｉｔ criterion", 1),
        ("20 %", 1),
        ("20", 0),
        ("exit-criterion", 0),
        ("...", 0),
    ],
)
def test_short_text(typed, expected):
    question = item(ItemType.SHORT, accept=("exit criterion", "20 %"))
    assert share(question, {"text": typed}) == expected


@pytest.mark.parametrize(("chosen", "expected"), [("a", 1), ("b", Fraction(2, 3)), ("c", 0), ("", 0)])
def test_judgment_pays_the_experts_weight(chosen, expected):
    options = (Option("a", "", Fraction(1)), Option("b", "", Fraction(2, 3)), Option("c", ""))
    question = item(ItemType.JUDGMENT, options=options)
    assert share(question, {"choice": chosen}) == expected


def test_single_choice_pays_all_or_nothing():
    question = item(ItemType.SINGLE, options=(Option("a", "", Fraction(1)), Option("b", "", Fraction(1, 2))))
    assert share(question, {"choice": "a"}) == 1
    assert share(question, {"choice": "b"}) == 0
    assert grade(question, {"choice": "b"}).marks["a"] is Mark.MISSED


@pytest.mark.parametrize(
    ("earned", "possible", "threshold", "passed"),
    [
        (Fraction(8), 10, 8000, True),
        (Fraction(79, 10), 10, 8000, False),
        (Fraction(7), 8, 8750, True),
        (Fraction(2, 3) * 12, 10, 8000, True),
        (Fraction(0), 0, 0, False),
    ],
)
def test_verdict(earned, possible, threshold, passed):
    scored = [(item(ItemType.SHORT, points=possible), earned / possible)] if possible else []
    assert verdict(scored, threshold).passed is passed


def test_a_strong_objective_does_not_hide_an_absent_one():
    strong = [(Item(f"s{n}", ItemType.SHORT, "", "strong", ""), Fraction(1)) for n in range(8)]
    absent = [(Item(f"a{n}", ItemType.SHORT, "", "absent", ""), Fraction(0)) for n in range(2)]
    result = verdict(strong + absent, 8000)
    assert result.earned == 8
    assert not result.passed
    assert result.below_floor == ("absent",)
    assert verdict(strong + absent, 8000, has_floors=False).passed
    assert verdict(strong + absent[:1], 8000).passed  # one item alone has no floor


@pytest.mark.parametrize(
    ("question", "raw", "expected"),
    [
        (multiple("ac"), {"choices": ["c", "a"]}, "a[,]c"),
        (order(), places("badc"), "b[,]a[,]d[,]c"),
        (
            item(ItemType.MATCHING, pairs=(Pair("a", "", ""), Pair("b", "", ""))),
            {"pairs": {"b": "a", "a": "b"}},
            "a[.]b[,]b[.]a",
        ),
        (item(ItemType.NUMERIC, answer="1", unit="%"), {"number": "1,250.50 %"}, "1250.50"),
        (item(ItemType.SHORT, accept=("x",)), {"text": " Exit criteria "}, "Exit criteria"),
        (multiple("ac"), {}, ""),
    ],
)
def test_xapi_pattern(question, raw, expected):
    assert responses.pattern(question, responses.clean(question, raw)) == expected


@pytest.mark.parametrize(
    ("question", "raw", "code"),
    [
        (multiple("a"), {"choices": ["z"]}, "response_unknown_key"),
        (multiple("a"), {"choices": "a"}, "response_malformed"),
        (multiple("a"), {"choices": [["a"]]}, "response_unknown_key"),
        (order(), {"places": {"z": 1}}, "response_unknown_key"),
        (order(), {"places": {"a": 9}}, "response_unknown_key"),
        (order(), {"places": {"a": True}}, "response_unknown_key"),
        (order(), {"places": [1]}, "response_malformed"),
        (
            item(ItemType.MATCHING, pairs=(Pair("a", "", ""),)),
            {"pairs": {"a": ["a"]}},
            "response_unknown_key",
        ),
        (item(ItemType.SHORT), {"text": "x" * 251}, "response_too_long"),
        (item(ItemType.SHORT), {"text": 5}, "response_malformed"),
        (item(ItemType.NUMERIC, answer="1"), {"number": 5}, "response_malformed"),
    ],
)
def test_what_the_item_does_not_know_is_refused(question, raw, code):
    with pytest.raises(RuleViolation) as refusal:
        responses.clean(question, raw)
    assert refusal.value.code == code


ITEMS = st.one_of(
    st.builds(multiple, st.sets(st.sampled_from(KEYS), min_size=1), st.sampled_from(Rule)),
    st.builds(lambda n: order(KEYS[:n]), st.integers(1, 5)),
    st.builds(
        lambda weights: item(
            ItemType.JUDGMENT,
            options=(
                Option("a", "", Fraction(1)),
                *(Option(k, "", w) for k, w in zip("bcd", weights, strict=True)),
            ),
        ),
        st.tuples(*[st.sampled_from(WEIGHTS)] * 3),
    ),
    st.builds(lambda n: item(ItemType.MATCHING, pairs=tuple(Pair(k, k, k) for k in KEYS[:n])), st.integers(1, 5)),
    st.builds(
        lambda answer, tolerance: item(ItemType.NUMERIC, answer=str(answer), abs_tolerance=str(tolerance)),
        st.decimals(-1000, 1000, places=2),
        st.decimals(0, 5, places=2),
    ),
    st.builds(lambda accept: item(ItemType.SHORT, accept=tuple(accept)), st.lists(st.text(min_size=1, max_size=9))),
)


@st.composite
def answered(draw):
    question = draw(ITEMS)
    match question.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            raw = {"choice": draw(st.sampled_from(["", *(o.key for o in question.options)]))}
        case ItemType.MULTIPLE:
            raw = {"choices": draw(st.lists(st.sampled_from([o.key for o in question.options])))}
        case ItemType.ORDER:
            keys = [entry.key for entry in question.sequence]
            raw = {"places": draw(st.dictionaries(st.sampled_from(keys), st.integers(1, len(keys)) | st.just("")))}
        case ItemType.MATCHING:
            keys = [pair.key for pair in question.pairs]
            raw = {"pairs": draw(st.dictionaries(st.sampled_from(keys), st.sampled_from(["", *keys])))}
        case ItemType.NUMERIC:
            raw = {"number": draw(st.text(max_size=20) | st.from_regex(r"\A-?[0-9]{1,4}(\.[0-9]{1,3})?\Z"))}
        case ItemType.SHORT:
            raw = {"text": draw(st.text(max_size=30))}
    return question, raw


@given(answered())
def test_every_answer_gets_a_share_between_nothing_and_all(case):
    question, raw = case
    kept = responses.clean(question, raw)
    assert responses.clean(question, kept) == kept
    score = grade(question, kept)
    assert 0 <= score.share <= 1
    assert score.is_answered or score.share == 0
    assert isinstance(responses.pattern(question, kept), str)


@given(answered())
def test_only_a_full_answer_earns_everything(case):
    question, raw = case
    kept = responses.clean(question, raw)
    if grade(question, kept).share == 1:
        assert responses.problem(question, kept) == ""


@given(st.integers(2, 5))
def test_only_the_right_order_earns_everything(size):
    question = order(KEYS[:size])
    full = [p for p in permutations(KEYS[:size]) if share(question, places(p)) == 1]
    assert full == [tuple(KEYS[:size])]


@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.integers(1, 5), st.fractions(0, 1)), min_size=1, max_size=20),
    st.integers(0, 10_000),
)
def test_a_better_answer_never_turns_a_pass_into_a_fail(rows, threshold):
    scored = [(Item(str(n), ItemType.SHORT, "", o, "", points=p), s) for n, (o, p, s) in enumerate(rows)]
    before = verdict(scored, threshold)
    after = verdict([(scored[0][0], Fraction(1)), *scored[1:]], threshold)
    assert after.passed or not before.passed
    assert sum((o.earned for o in before.objectives.values()), Fraction(0)) == before.earned <= before.possible


@given(st.text(max_size=40))
def test_normalizing_twice_changes_nothing(text):
    assert normalized(normalized(text)) == normalized(text)
