"""Courses made in the test, as small or as large as it needs, published through the catalog."""

from datetime import UTC, datetime
from fractions import Fraction

from lms.catalog import queries as catalog
from lms.catalog import service as catalog_service
from lms.catalog.queries import VersionRow
from lms.policy.outline import (
    Assessment,
    Chunk,
    Competency,
    Course,
    Criterion,
    Edition,
    Feedback,
    Field,
    FieldType,
    Gap,
    Item,
    ItemType,
    Layer,
    Module,
    Objective,
    ObjectiveType,
    Option,
    Pair,
    Parameter,
    Purpose,
    Reply,
    ResultNumber,
    Rubric,
    Section,
    Sheet,
    Term,
    Transfer,
    Turn,
)

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def single(key: str, objective: str = "know", **overrides) -> Item:
    """Right answer: a."""
    options = (
        Option("a", f"The right answer to {key}", Fraction(1), f"Right about {key}."),
        Option("b", "A wrong answer", feedback=f"Wrong about {key}."),
        Option("c", "Another wrong answer", feedback="No."),
    )
    values = {"prompt": f"Question {key}?", "explanation": f"Because {key}.", "options": options}
    return Item(**{"key": key, "type": ItemType.SINGLE, "objective": objective, **values, **overrides})


def every_type() -> tuple[Item, ...]:
    """One item of each type."""
    options = (
        Option("a", "First", Fraction(1), "Yes, first."),
        Option("b", "Second", Fraction(1), "Yes, second."),
        Option("c", "Third", feedback="Not third."),
    )
    scale = (
        Option("a", "Best", Fraction(1), "Best."),
        Option("b", "Nearly", Fraction(2, 3), "Nearly."),
        Option("c", "Bad", feedback="Bad."),
    )
    steps = tuple(Option(key, f"Step {key}") for key in "abc")
    pairs = tuple(Pair(key, f"Left {key}", f"Right {key}") for key in "abc")

    def item(key, type_, **values):
        return Item(
            key=key,
            type=type_,
            prompt=f"Prompt {key}",
            objective="know",
            explanation=f"Because {key}.",
            **values,
        )

    return (
        single("i-single"),
        item("i-multiple", ItemType.MULTIPLE, options=options),
        item("i-judgment", ItemType.JUDGMENT, options=scale),
        item("i-numeric", ItemType.NUMERIC, answer="12.5", abs_tolerance="0.1", unit="calls"),
        item("i-order", ItemType.ORDER, sequence=steps),
        item("i-matching", ItemType.MATCHING, pairs=pairs),
        item("i-short", ItemType.SHORT, accept=("exit criterion",)),
        item("i-best-worst", ItemType.BEST_WORST, options=scale),
        item("i-ranking", ItemType.RANKING, options=scale),
        item(
            "i-calculated",
            ItemType.CALCULATED,
            formula="calls * 2",
            parameters=(Parameter("calls", "7", "7"),),
            decimals=0,
        ),
        item(
            "i-cloze",
            ItemType.CLOZE,
            passage="First {{one}}, then {{two}}.",
            gaps=(Gap("one", options=options), Gap("two", accept=("ask", "listen"))),
        ),
        item(
            "i-hotspot",
            ItemType.HOTSPOT,
            picture="![A map](assets/map.svg)",
            options=(
                Option("a", "The north", Fraction(1), area="rect 0 0 100 40"),
                Option("b", "The south", area="ellipse 50 80 20 20"),
            ),
        ),
    )


def conversation(key: str = "i-scenario") -> Item:
    """Best: ask, then number. It stands in assessments only."""
    return Item(
        key=key,
        type=ItemType.SCENARIO,
        prompt="You call Dana.",
        objective="know",
        explanation="A question keeps it open.",
        turns=(
            Turn(
                "hello",
                "Send me an email.",
                (
                    Reply("ask", "What should be in it?", Fraction(1), "open", "It went on."),
                    Reply("yes", "Of course.", Fraction(0), "end", "That was it."),
                ),
            ),
            Turn(
                "open",
                "What it costs.",
                (
                    Reply("number", "From ten a head.", Fraction(1), "end"),
                    Reply("later", "Later.", Fraction(1, 3), "end"),
                ),
            ),
            Turn("end", "Goodbye."),
        ),
    )


CALL = Rubric(
    "call",
    "The call",
    (
        Criterion("reason", "Gives a reason", "Gives a reason that concerns them.", ("None", "A product", "A fact")),
        Criterion("request", "Asks for one thing", "One clear request.", ("None", "Two", "One", "One, with a time")),
    ),
    "First call",
)


def written(key: str = "i-long", **overrides) -> Item:
    """Scored by a person, on a rubric of three and four levels."""
    values = {"prompt": f"Write {key}.", "explanation": f"Because {key}.", "rubric": CALL, "objective": "know"}
    return Item(**{"key": key, "type": ItemType.LONG_TEXT, **values, **overrides})


def recorded(key: str = "i-recording", **overrides) -> Item:
    return written(key, **{"type": ItemType.RECORDING, "prompt": f"Say {key}.", **overrides})


RIGHT = {
    "i-single": {"choice": "a"},
    "i-multiple": {"choices": ["a", "b"]},
    "i-judgment": {"choice": "a"},
    "i-numeric": {"number": "12.5"},
    "i-order": {"places": {"a": 1, "b": 2, "c": 3}},
    "i-matching": {"pairs": {"a": "a", "b": "b", "c": "c"}},
    "i-short": {"text": "Exit criterion"},
    "i-best-worst": {"best": "a", "worst": "c"},
    "i-ranking": {"places": {"a": 1, "b": 2, "c": 3}},
    "i-calculated": {"number": "14"},
    "i-cloze": {"gaps": {"one": "a", "two": "Listen"}},
    "i-hotspot": {"choices": ["a"]},
}


def chunk(key: str, title: str | None = None, *, items: int = 2, prefix: str = "", **overrides) -> Chunk:
    questions = tuple(single(f"{prefix}{key}-q{n}") for n in range(items))
    title = title or f"Chunk {key}"
    return Chunk(
        **{
            "key": key,
            "title": title,
            "minutes": 4,
            "body": f"# {title}\n\nText of {key}.",
            "items": questions,
            **overrides,
        }
    )


def pretest(items: int = 8, prefix: str = "", **overrides) -> Assessment:
    values = {
        "key": "pretest",
        "title": "What you know",
        "purpose": Purpose.PRE,
        "attempts": 1,
        "minutes": 12,
        "feedback": Feedback.OBJECTIVE,
    }
    return Assessment(**{**values, "items": tuple(single(f"{prefix}pre{n}") for n in range(items)), **overrides})


def posttest(items: int = 4, prefix: str = "", **overrides) -> Assessment:
    values = {"key": "posttest", "title": "Show what you know", "purpose": Purpose.POST}
    return Assessment(**{**values, "items": tuple(single(f"{prefix}post{n}") for n in range(items)), **overrides})


def transfer(key: str = "script", **overrides) -> Transfer:
    rubric = Rubric("call", "The call", ())
    sheet = Sheet("Script", (Section("s", "Opening", (Field("opening", FieldType.TEXT, "Opening"),)),))
    values = {
        "title": "Your call script",
        "summary": "Build it, use it.",
        "numbers": (ResultNumber("calls", "Calls made"),),
    }
    return Transfer(
        **{"key": key, "sheet": sheet, "review_rubric": rubric, "field_rubric": rubric, **values, **overrides}
    )


def course(*modules: Module, key: str = "sample", **overrides) -> Course:
    values = {
        "title": "Sample course",
        "summary": "A course for tests.",
        "minutes": 60,
        "competencies": (Competency("talk", "Talking", ()),),
        "objectives": (
            Objective("know", "Know it", ObjectiveType.KNOWLEDGE, "talk"),
            Objective("more", "Know more", ObjectiveType.KNOWLEDGE, "talk"),
        ),
        "glossary": (Term("exit-criterion", "Exit criterion", "A verifiable outcome that ends a stage."),),
    }
    return Course(**{"key": key, "modules": modules, **values, **overrides})


def small_course(**overrides) -> Course:
    """One: pre-test, two chunks, post-test, transfer activity. Two: a chunk, after one."""
    return course(
        Module(
            "one",
            "Module one",
            (
                pretest(),
                chunk("a", prefix="one-"),
                chunk("b", prefix="one-", builds_on=(Layer("one/a", "It repeats a."),)),
                posttest(),
                transfer(),
            ),
            has_test_out=True,
            summary="The first module.",
        ),
        Module("two", "Module two", (chunk("a", prefix="two-"),), requires=("one",)),
        **overrides,
    )


def long_course(modules: int, key: str) -> Course:
    """`modules` modules of four chunks, one after the other."""
    return course(
        *(
            Module(
                f"m{n}",
                f"Module {n}",
                tuple(chunk(f"c{at}", prefix=f"m{n}-") for at in range(4)),
                requires=(f"m{n - 1}",) if n else (),
            )
            for n in range(modules)
        ),
        key=key,
        title=f"Course of {modules}",
    )


def publish(
    made: Course, by, *, at: datetime = AT, edition_of: str | None = None, change_class: str = "substantive"
) -> VersionRow:
    if edition_of is not None:
        made = Course(
            **{
                **{name: getattr(made, name) for name in made.__dataclass_fields__},
                "edition": Edition.MANAGER,
                "edition_of": edition_of,
            }
        )
    version = catalog_service.publish(made, {}, change_class=change_class, by=by, at=at)
    return catalog.version(version.id)
