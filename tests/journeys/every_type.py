"""A course whose one test asks in every way there is: for journeys through a form of each kind of control."""

import hashlib
from fractions import Fraction

from lms.catalog.assets import Asset
from lms.policy.items import Gap, Item, ItemType, Option, Pair, Parameter, Reply, Rule, Turn
from lms.policy.outline import Assessment, Chunk, Competency, Course, Module, Objective, ObjectiveType, Purpose
from lms.policy.rubric import Criterion, Rubric

MAP = b"""<svg xmlns="http://www.w3.org/2000/svg" width="600" height="300" viewBox="0 0 600 300">
<rect width="600" height="300" fill="#eef3f2"/>
<g fill="#fff" stroke="#5a6b70"><rect x="20" y="40" width="150" height="220"/>
<rect x="225" y="40" width="150" height="220"/>
<rect x="430" y="40" width="150" height="220"/></g>
<g font-family="sans-serif" font-size="22" fill="#22313a" text-anchor="middle"><text x="95" y="230">Opening</text>
<text x="300" y="230">Reason</text><text x="505" y="230">Request</text></g></svg>"""

ASSET = Asset("one/assets/call.svg", "image/svg+xml", hashlib.sha256(MAP).hexdigest(), MAP)
CHUNK = Chunk("before", "What a first call is for", 3, "# What a first call is for\n\nA meeting, and nothing else.")
CALL = Rubric(
    "call",
    "The call",
    (
        Criterion("reason", "Gives a reason", "Gives a reason that concerns them.", ("None", "A product", "A fact")),
        Criterion("request", "Asks for one thing", "One clear request.", ("None", "Two", "One, with a time")),
    ),
)
TURNS = (
    Turn(
        "hello",
        "Send me an email, please.",
        (
            Reply("ask", "Gladly. What should be in it for you?", Fraction(1), "open", "A question kept it open."),
            Reply("yes", "Of course, right away.", Fraction(0), "end", "That ended the call."),
        ),
    ),
    Turn(
        "open",
        "Well, what late parts cost us in a month.",
        (
            Reply("meet", "That takes ten minutes with your figures. Tuesday at nine?", Fraction(1), "end"),
            Reply("guess", "A lot, I suppose.", Fraction(1, 3), "end"),
        ),
    ),
    Turn("end", "Good. Goodbye."),
)


def _item(key: str, type_: ItemType, prompt: str, why: str, **parts: object) -> Item:
    return Item(key=key, type=type_, prompt=prompt, objective="call", explanation=why, **parts)  # type: ignore[arg-type]


def _options(*texts: tuple[str, Fraction | int, str]) -> tuple[Option, ...]:
    return tuple(
        Option(key, text, Fraction(weight), said) for key, (text, weight, said) in zip("abcd", texts, strict=False)
    )


SEVERAL = _options(
    ("The name of the person and why you call them", 1, "Yes: without both you would only disturb."),
    ("One clear request", 1, "Yes: one, so that it can be answered."),
    ("The whole list of prices", 0, "It belongs into the meeting."),
    ("An apology for calling", 0, "It makes the call smaller than it is."),
)
REPLIES = _options(
    ("Ask what made them choose their supplier", 1, "It starts from what they value."),
    ("Say that you understand, and ask for two minutes", Fraction(1, 2), "Polite, and still about you."),
    ("Explain why yours is better", 0, "Nobody asked."),
)


def items() -> tuple[Item, ...]:
    """One of each type, multiple answers in each of its three scorings."""
    return (
        _item(
            "goal",
            ItemType.SINGLE,
            "What is a first call for?",
            "The call sells the meeting, and the meeting sells the product.",
            options=_options(("A meeting", 1, "Yes."), ("A sale", 0, "Too early."), ("A chat", 0, "Too little.")),
        ),
        _item("net", ItemType.MULTIPLE, "What do you need *before* you dial?", "Two things.", options=SEVERAL),
        _item(
            "all", ItemType.MULTIPLE, "What stands in a script?", "Two again.", options=SEVERAL, rule=Rule.ALL, points=2
        ),
        _item("half", ItemType.MULTIPLE, "What do you leave out?", "The rest.", options=_turned(), rule=Rule.HALF),
        _item(
            "reply", ItemType.JUDGMENT, "“We have a supplier.” What do you say?", "Ask, then listen.", options=REPLIES
        ),
        _item(
            "ends", ItemType.BEST_WORST, "“We have no budget.” Name the best and the worst reply.", "", options=REPLIES
        ),
        _item("ranks", ItemType.RANKING, "Put these replies into an order, the best first.", "", options=REPLIES),
        _item(
            "rate",
            ItemType.NUMERIC,
            "40 calls brought 3 meetings. How many calls does a meeting take?",
            "40 ÷ 3 is 13.3.",
            answer="13.3",
            abs_tolerance="0.1",
            unit="calls",
        ),
        _item(
            "drawn",
            ItemType.CALCULATED,
            "You call for {{hours}} hours, twelve calls an hour. How many calls is that?",
            "Hours times twelve.",
            formula="hours * 12",
            parameters=(Parameter("hours", "2", "6"),),
            decimals=0,
        ),
        _item("word", ItemType.SHORT, "What ends a stage?", "It can be checked.", accept=("exit criterion",)),
        _item(
            "pairs",
            ItemType.MATCHING,
            "Which question goes with which aim?",
            "Each aim has its question.",
            pairs=(
                Pair("need", "Find the need", "What happens when parts are late?"),
                Pair("who", "Find who decides", "Who else would want to hear this?"),
                Pair("when", "Find the time", "By when must it be solved?"),
            ),
        ),
        _item(
            "steps",
            ItemType.ORDER,
            "In which order does a call go?",
            "Opening, reason, request.",
            sequence=(Option("open", "Opening"), Option("why", "Reason"), Option("ask", "Request")),
        ),
        _item(
            "gaps",
            ItemType.CLOZE,
            "Complete the opening.",
            "Name, reason, request.",
            passage="Good morning, this is Rosa {{from}} Fieldwork. I call {{why}} late parts cost you a shift.",
            gaps=(
                Gap("from", options=_options(("from", 1, ""), ("by", 0, ""), ("off", 0, ""))),
                Gap("why", accept=("because", "since")),
            ),
        ),
        _item(
            "spot",
            ItemType.HOTSPOT,
            "Where do you say what the other side gains?",
            "In the reason.",
            picture="![The three parts of a call](assets/call.svg)",
            options=tuple(
                Option(key, text, Fraction(key == "b"), area=f"rect {left} 13 25 74")
                for key, text, left in (("a", "Opening", "3"), ("b", "Reason", "37"), ("c", "Request", "72"))
            ),
        ),
        _item("talk", ItemType.SCENARIO, "You call Dana, who plans a plant.", "Questions keep it open.", turns=TURNS),
        _item(
            "mail", ItemType.LONG_TEXT, "Write the mail that follows the call.", "One reason, one request.", rubric=CALL
        ),
        _item("said", ItemType.RECORDING, "Say how you open the call.", "One breath.", rubric=CALL, max_seconds=30),
    )


def _turned() -> tuple[Option, ...]:
    """The same options with the other half right."""
    return tuple(Option(one.key, one.text, 1 - one.weight) for one in SEVERAL)


def course() -> Course:
    test = Assessment(
        "test", "Every way to ask", Purpose.POST, items(), attempts=3, cooldown_hours=0, threshold_bp=10_000
    )
    return Course(
        key="every-type",
        rubrics=(CALL,),
        title="First calls",
        summary="A test of every kind of question.",
        minutes=20,
        competencies=(Competency("call", "Calling", ()),),
        objectives=(Objective("call", "Plan and open a first call", ObjectiveType.KNOWLEDGE, "call"),),
        modules=(Module("one", "The first call", (CHUNK, test)),),
        assets={ASSET.path: ASSET.sha256},
    )
