"""From a checked file to one question: every part of it marked with the place where it stands."""

from fractions import Fraction

from lms.catalog.marks import Marks, enum_of
from lms.catalog.source import Node
from lms.policy.items import SHARES, Feedback, Gap, Item, ItemType, Media, Option, Pair, Parameter, Reply, Rule, Turn
from lms.policy.rubric import Rubric


def item(node: Node, marks: Marks, rubric: Rubric | None = None) -> Item:
    """`rubric`: the one of the course that the question names; none outside of a course."""
    return marks.put(
        Item(
            key=node.text("key"),
            type=enum_of(ItemType, node.text("type"), ItemType.SHORT),
            prompt=node.text("prompt").strip(),
            objective=node.text("objective"),
            explanation=node.text("explanation").strip(),
            band=node.text("band", "medium"),
            points=node.whole("points", 1),
            options=_options(node, marks),
            rule=enum_of(Rule, node.text("rule", "net"), Rule.NET),
            answer=node.text("answer"),
            abs_tolerance=node.text("abs_tolerance", "0"),
            rel_tolerance=node.text("rel_tolerance", "0"),
            unit=node.text("unit"),
            sequence=tuple(
                marks.put(Option(one.text("key"), one.text("text").strip()), one) for one in node.nodes("sequence")
            ),
            pairs=tuple(
                marks.put(Pair(one.text("key"), one.text("left").strip(), one.text("right").strip()), one)
                for one in node.nodes("pairs")
            ),
            accept=node.texts("accept"),
            passage=node.text("passage").strip(),
            gaps=tuple(
                marks.put(Gap(one.text("key"), _options(one, marks), one.texts("accept")), one)
                for one in node.nodes("gaps")
            ),
            picture=node.text("picture").strip(),
            formula=node.text("formula").strip(),
            parameters=tuple(
                marks.put(
                    Parameter(one.text("key"), one.text("low"), one.text("high"), one.text("step", "1")),
                    one,
                )
                for one in node.nodes("parameters")
            ),
            decimals=node.whole("decimals", 2),
            turns=tuple(_turn(one, marks) for one in node.nodes("turns")),
            rubric=rubric,
            max_length=node.whole("max_length", 4000),
            media=enum_of(Media, node.text("media", "audio"), Media.AUDIO),
            max_seconds=node.whole("max_seconds", 180),
            feedback=enum_of(Feedback, node.text("feedback"), Feedback.FULL) if node.has("feedback") else None,
        ),
        node,
    )


def _options(node: Node, marks: Marks) -> tuple[Option, ...]:
    return tuple(
        marks.put(
            Option(
                one.text("key"),
                one.text("text").strip(),
                _weight(one),
                one.text("feedback").strip(),
                one.text("area").strip(),
            ),
            one,
        )
        for one in node.nodes("options")
    )


def _turn(node: Node, marks: Marks) -> Turn:
    replies = tuple(
        marks.put(
            Reply(
                one.text("key"),
                one.text("text").strip(),
                _weight(one),
                one.text("next"),
                one.text("feedback").strip(),
            ),
            one,
        )
        for one in node.nodes("replies")
    )
    return marks.put(Turn(node.text("key"), node.text("text").strip(), replies), node)


def _weight(node: Node) -> Fraction:
    return Fraction(1) if node.is_set("right") else _fraction(node.value.get("weight"))


def _fraction(value: object) -> Fraction:
    """The schema admits these shares, 0 and 1; anything else was reported there."""
    return SHARES.get(value, Fraction(0)) if isinstance(value, str) else Fraction(int(value == 1))
