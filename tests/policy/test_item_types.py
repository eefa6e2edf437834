"""Best and worst, rankings, gaps, areas, drawn numbers, conversations: what may be answered and what it earns."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lms.errors import RuleViolation
from lms.policy import attempts, calculated, hotspot, responses, scenario
from lms.policy.calculated import FormulaError
from lms.policy.grading import Mark, grade
from lms.policy.items import Gap, Item, ItemType, Option, Parameter, Reply, Turn
from lms.policy.outline import Assessment, Purpose

THIRD, HALF = Fraction(1, 3), Fraction(1, 2)


def item(type_, **kwargs):
    return Item(key="q", type=type_, prompt="?", objective="o", explanation="because", **kwargs)


def weighed(type_, *weights):
    return item(
        type_, options=tuple(Option(key, key, Fraction(w)) for key, w in zip("abcdefgh", weights, strict=False))
    )


def share(item_, raw):
    return grade(item_, responses.clean(item_, raw)).share


@pytest.mark.parametrize(
    ("best", "worst", "expected"),
    [
        ("a", "d", 1),
        ("a", "b", HALF),
        ("b", "d", HALF),
        ("b", "c", 0),
        ("d", "a", 0),
        ("a", "a", 0),  # one for both ends: the half for the best is lost by calling it the worst
        ("d", "b", 0),
        ("a", "", HALF),
        ("", "", 0),
    ],
)
def test_best_and_worst(best, worst, expected):
    assert share(weighed(ItemType.BEST_WORST, 1, "1/2", "1/3", 0), {"best": best, "worst": worst}) == expected


def test_naming_ends_blindly_earns_little():
    made = weighed(ItemType.BEST_WORST, 1, "1/2", "1/3", 0)
    answers = list(product("abcd", repeat=2))
    mean = sum(share(made, {"best": best, "worst": worst}) for best, worst in answers) / len(answers)
    assert mean < Fraction(1, 4)


def test_one_option_for_both_ends_is_asked_about():
    made = weighed(ItemType.BEST_WORST, 1, "1/2", 0)
    assert responses.problem(made, {"best": "a", "worst": "a"}) == "answer_best_and_worst"
    assert responses.problem(made, {"best": "a"}) == "answer_best_and_worst"
    assert responses.problem(made, {"best": "a", "worst": "b"}) == ""


def places(text):
    return {"places": {key: at for at, key in enumerate(text, 1)}}


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        ("abcd", 1),
        ("acbd", 1),  # b and c weigh the same
        ("abdc", Fraction(3, 5)),
        ("bacd", Fraction(3, 5)),
        ("dcba", 0),
    ],
)
def test_a_ranking_counts_the_pairs_that_experts_tell_apart(placed, expected):
    assert share(weighed(ItemType.RANKING, 1, "1/2", "1/2", 0), places(placed)) == expected


def test_an_unclear_ranking_earns_nothing_and_is_asked_about():
    made = weighed(ItemType.RANKING, 1, "1/2", 0)
    kept = responses.clean(made, {"places": {"a": 1, "b": 1, "c": "2"}})
    assert responses.problem(made, kept) == "answer_places_unclear"
    assert grade(made, kept).share == 0


CLOZE = item(
    ItemType.CLOZE,
    passage="Ends with a {{what}} and a {{when}}.",
    gaps=(
        Gap("what", options=(Option("day", "day", HALF), Option("step", "next step", Fraction(1)))),
        Gap("when", accept=("date", "day")),
    ),
)


@pytest.mark.parametrize(
    ("gaps", "expected", "problem"),
    [
        ({"what": "step", "when": " Date. "}, 1, ""),
        ({"what": "day", "when": "date"}, Fraction(3, 4), ""),
        ({"what": "step", "when": "hour"}, HALF, ""),
        ({"when": "day"}, HALF, "answer_gaps_missing"),
        ({"what": "", "when": ""}, 0, "answer_missing"),
    ],
)
def test_a_cloze_is_the_mean_of_its_gaps(gaps, expected, problem):
    assert share(CLOZE, {"gaps": gaps}) == expected
    assert responses.problem(CLOZE, responses.clean(CLOZE, {"gaps": gaps})) == problem


@pytest.mark.parametrize("gaps", [{"what": "date"}, {"nowhere": "x"}, {"when": 3}, "step"])
def test_a_gap_takes_only_what_it_has(gaps):
    with pytest.raises(RuleViolation):
        responses.clean(CLOZE, {"gaps": gaps})


def test_a_hotspot_is_graded_by_its_areas():
    options = (Option("a", "A", Fraction(1)), Option("b", "B", Fraction(1)), Option("c", "C"), Option("d", "D"))
    made = item(ItemType.HOTSPOT, options=options)
    assert share(made, {"choices": ["a", "b"]}) == 1
    assert share(made, {"choices": ["a"]}) == HALF
    assert share(made, {"choices": ["a", "b", "c"]}) == HALF
    assert share(made, {"choices": ["a", "b", "c", "d"]}) == 0


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("rect 10 20 30 40", (10, 20, 30, 40)),
        ("ellipse 50 50 10 20", (40, 30, 20, 40)),
        ("rect 0 0 100 100", (0, 0, 100, 100)),
        ("rect 80 0 30 10", None),
        ("ellipse 5 50 10 10", None),
        ("rect 10 20 0 40", None),
        ("circle 1 2 3 4", None),
        ("rect 1 2 3", None),
        ("rect a b c d", None),
        ("rect NaN 1 1 1", None),
        ("", None),
    ],
)
def test_areas_lie_on_the_picture(text, box):
    found = hotspot.area(text)
    assert (found and (found.left, found.top, found.width, found.height)) == box


# Drawn numbers

DRAWN = item(
    ItemType.CALCULATED,
    formula="calls / per",
    parameters=(Parameter("calls", "40", "80", "10"), Parameter("per", "0", "5")),
    decimals=1,
    abs_tolerance="0.1",
)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-2 ** 2", -4),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("10 / 4", Fraction(5, 2)),
        ("round(2 / 3, 2)", Fraction(67, 100)),
        ("round(2.5)", 2),
        ("max(1, x) + min(x, 1) + abs(-x)", 7),
        ("x ** 3", 27),
        ("+x", 3),
    ],
)
def test_arithmetic_is_exact(formula, expected):
    assert calculated.evaluate(formula, {"x": Fraction(3)}) == expected


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ("__import__('os').system('true')", "only"),
        ("(1).real", "only"),
        ("[1][0]", "only"),
        ("x if x else 1", "only"),
        ("lambda: 1", "only"),
        ("'a' * 9", "only"),
        ("True + 1", "only"),
        ("1 // 2", "only"),
        ("open(x)", "only"),
        ("f'{x}'", "only"),
        ("1 +", "no arithmetic"),
        ("x := 3", "no arithmetic"),
        ("y + 1", "no parameter y"),
        ("x / (x - 3)", "divides by zero"),
        ("2 ** 99999999", "exponent"),
        ("2 ** 0.5", "exponent"),
        ("9 ** 12 ** 2", "exponent"),
        ("(10 ** 12) ** 12", "beyond all measure"),
        ("round(1, 2, 3)", "wrong number"),
        ("round(1, 0.5)", "whole number of places"),
        ("1" * 301, "characters at most"),
        ("(" * 299, "no arithmetic"),
    ],
)
def test_nothing_but_arithmetic_is_read(formula, why):
    with pytest.raises(FormulaError, match=why):
        calculated.evaluate(formula, {"x": Fraction(3)})


@given(st.text(max_size=40))
def test_whatever_an_author_writes_is_a_number_or_refused(formula):
    try:
        value = calculated.evaluate(formula, {"x": Fraction(3)})
    except FormulaError:
        return
    assert isinstance(value, Fraction)


@given(st.integers(0, 2**31))
def test_drawn_numbers_have_an_answer_and_repeat(seed):
    values = calculated.drawn(DRAWN, seed)
    assert values == calculated.drawn(DRAWN, seed)
    known = dict(values)
    assert int(known["calls"]) in range(40, 81, 10)
    assert int(known["per"]) in range(1, 6), "nobody is asked to divide by zero"


def test_the_numbers_of_a_seed_are_the_same_on_every_machine():
    assert calculated.drawn(DRAWN, 20261122) == PINNED


PINNED = (("calls", "40"), ("per", "5"))


def test_numbers_that_never_have_an_answer_are_refused():
    hopeless = item(ItemType.CALCULATED, formula="1 / x", parameters=(Parameter("x", "0", "0"),))
    with pytest.raises(FormulaError, match="hardly any"):
        calculated.drawn(hopeless, 1)


@pytest.mark.parametrize(
    ("low", "high", "step", "count"),
    [("1", "5", "1", 5), ("0", "1", "0.1", 11), ("-2", "2", "0.5", 9), ("3", "3", "1", 1), ("0", "1", "0.3", 4)],
)
def test_the_values_of_a_range(low, high, step, count):
    assert calculated.steps(Parameter("x", low, high, step)) == count


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [("5", "1", "1"), ("1", "5", "0"), ("a", "5", "1"), ("0", "1", "0.000001"), ("0", "NaN", "1")],
)
def test_ranges_that_cannot_be_drawn_from(low, high, step):
    with pytest.raises(FormulaError):
        calculated.steps(Parameter("x", low, high, step))


def test_values_are_written_as_people_write_them():
    assert [calculated.nth(Parameter("x", "0", "1", "0.25"), at) for at in range(5)] == [
        "0",
        "0.25",
        "0.5",
        "0.75",
        "1",
    ]
    assert calculated.nth(Parameter("x", "100", "200", "100"), 0) == "100"


def test_a_form_keeps_its_numbers_and_is_graded_by_them():
    made = Item(
        "sum",
        ItemType.CALCULATED,
        "{{ calls }} calls, one in {{per}}?",
        "o",
        "{{calls}} / {{per}} = {{answer}}, {{unknown}}",
        formula="calls / per",
        parameters=DRAWN.parameters,
        decimals=1,
    )
    test = Assessment("post", "Post", Purpose.POST, (made,))
    form = attempts.draw(test, version_id="v", seed=9)
    assert attempts.Form.from_json(form.to_json()) == form
    [met] = attempts.on_form(form, test.items)
    values = dict(form.items[0].values)
    assert met.prompt == f"{values['calls']} calls, one in {values['per']}?"
    assert met.explanation == f"{values['calls']} / {values['per']} = {met.answer}, {{{{unknown}}}}"
    assert grade(met, {"number": met.answer}).share == 1
    assert grade(met, {"number": "0.7"}).share == 0
    assert made.answer == "", "the item of the course stays as it is"


@pytest.mark.parametrize(
    ("formula", "decimals", "expected"),
    [("1 / 3", 2, "0.33"), ("5 / 2", 0, "2"), ("7", 0, "7"), ("1 / 8", 4, "0.1250")],
)
def test_answers_are_rounded_half_to_even(formula, decimals, expected):
    assert calculated.answer(item(ItemType.CALCULATED, formula=formula, decimals=decimals), {}) == expected


# Conversations


def reply(key, weight, next_=""):
    return Reply(key, key, Fraction(weight), next_)


TALK = item(
    ItemType.SCENARIO,
    turns=(
        Turn(
            "hello",
            "Send me an email.",
            (reply("ask", 1, "open"), reply("yes", 0, "end"), reply("press", "1/2", "cold")),
        ),
        Turn("open", "What it costs.", (reply("number", 1, "end"), reply("later", "1/3", "end"))),
        Turn("cold", "I said no.", (reply("sorry", 1, "open"), reply("hang", 0))),
        Turn("end", "Goodbye."),
    ),
)


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"hello": "press", "cold": "sorry", "open": "number"}, 1),  # the longest way earns most: 2 1/2
        ({"hello": "ask", "open": "number"}, Fraction(4, 5)),
        ({"hello": "ask", "open": "later"}, Fraction(4, 3) / Fraction(5, 2)),
        ({"hello": "yes"}, 0),
        ({"hello": "ask"}, Fraction(2, 5)),
        ({}, 0),
    ],
)
def test_a_conversation_earns_its_share_of_the_best_way(replies, expected):
    assert share(TALK, {"replies": replies}) == expected


def test_what_was_said_at_turns_never_met_is_dropped():
    kept = responses.clean(TALK, {"replies": {"hello": "yes", "open": "number", "cold": "sorry"}})
    assert kept == {"replies": {"hello": "yes"}}
    assert responses.problem(TALK, kept) == ""


def test_the_first_reply_stays_said():
    kept = responses.clean(TALK, {"replies": {"hello": "yes"}})
    again = responses.clean(TALK, {"replies": {"hello": "ask", "open": "number"}})
    assert responses.settled(TALK, kept, again) == kept
    going_on = responses.clean(TALK, {"replies": {"hello": "ask"}})
    assert responses.settled(TALK, going_on, again) == again
    assert responses.settled(TALK, going_on, {}) == going_on


def test_an_open_conversation_is_asked_about():
    assert responses.problem(TALK, {"replies": {"hello": "ask"}}) == "answer_conversation_open"
    assert responses.problem(TALK, {"replies": {"hello": "ask", "open": "later"}}) == ""
    assert responses.pattern(TALK, {"replies": {"open": "later", "hello": "ask"}}) == "hello[.]ask[,]open[.]later"


def test_marks_are_by_turn():
    marks = grade(TALK, {"replies": {"hello": "ask", "open": "later"}}).marks
    assert marks == {"hello": Mark.RIGHT, "open": Mark.PARTLY}


@pytest.mark.parametrize("replies", [{"hello": "number"}, {"nowhere": "ask"}, {"hello": 3}])
def test_a_reply_that_the_turn_does_not_have_is_refused(replies):
    with pytest.raises(RuleViolation):
        responses.clean(TALK, {"replies": replies})


def test_circles_and_lost_turns_are_found():
    turning = item(
        ItemType.SCENARIO,
        turns=(
            Turn("a", "A", (reply("go", 1, "b"), reply("stay", 0, "a"))),
            Turn("b", "B", (reply("back", 1, "a"), reply("end", 1))),
            Turn("lost", "Lost"),
        ),
    )
    assert [turn.key for turn in scenario.circles(turning)] == ["a", "b"]
    assert [turn.key for turn in scenario.unreachable(turning)] == ["lost"]
    assert scenario.circles(TALK) == ()
    assert 0 <= scenario.earned(turning, {"a": "go", "b": "back"}) <= 1


@st.composite
def conversations(draw):
    """Any conversation that goes forward only."""
    count = draw(st.integers(1, 6))
    turns = []
    for at in range(count):
        onward = [f"t{later}" for later in range(at + 1, count)]
        replies = tuple(
            Reply(f"r{number}", f"r{number}", draw(st.sampled_from([Fraction(0), THIRD, HALF, Fraction(1)])), target)
            for number in range(draw(st.integers(0, 3)))
            for target in [draw(st.sampled_from(["", *onward]))]
        )
        turns.append(Turn(f"t{at}", f"Turn {at}", replies))
    return item(ItemType.SCENARIO, turns=tuple(turns))


def all_ways(made, said=None):
    said = said or {}
    waiting = next((turn for turn, reply in scenario.walked(made, said) if reply is None), None)
    if waiting is None or not waiting.replies:
        return [said]
    return [way for one in waiting.replies for way in all_ways(made, {**said, waiting.key: one.key})]


@given(conversations())
def test_the_best_way_earns_all_and_no_way_more(made):
    ways = all_ways(made)
    best = max(scenario.points(made, way) for way in ways)
    assert scenario.points(made, scenario.best_way(made)) == best
    assume(best)
    assert scenario.earned(made, scenario.best_way(made)) == 1
    assert all(0 <= scenario.earned(made, way) <= 1 for way in ways)
    assert all(responses.clean(made, {"replies": way}).get("replies", {}) == way for way in ways)


@given(
    st.sampled_from([CLOZE, TALK, weighed(ItemType.RANKING, 1, "1/2", 0), weighed(ItemType.BEST_WORST, 1, 0, 0)]),
    st.data(),
)
def test_cleaning_twice_is_cleaning_once(made, data):
    raw = {
        "gaps": data.draw(st.dictionaries(st.sampled_from(["what", "when"]), st.sampled_from(["day", "step", ""]))),
        "replies": data.draw(st.dictionaries(st.just("hello"), st.sampled_from(["ask", "yes", "press"]))),
        "places": data.draw(st.dictionaries(st.sampled_from("abc"), st.integers(1, 3))),
        "best": data.draw(st.sampled_from(["a", "b", ""])),
        "worst": data.draw(st.sampled_from(["a", "c", ""])),
    }
    once = responses.clean(made, raw)
    assert responses.clean(made, once) == once
    assert 0 <= grade(made, once).share <= 1
