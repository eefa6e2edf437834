"""A question as it was read from a file of another system: neutral, frozen, complete enough to be written again.

Weights are exact shares of the question's points: 1 is all of them, 1/3 what Moodle writes as 33.33333.
Numbers are decimal strings, so that nothing is rounded on the way through.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    """What is asked. The value is the word that people see in reports and in CSV files."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TRUE_FALSE = "true_false"
    SHORT = "short"
    NUMERIC = "numeric"
    CALCULATED = "calculated"
    MATCHING = "matching"
    ASSOCIATE = "associate"
    ORDER = "order"
    CLOZE = "cloze"
    GAP_MATCH = "gap_match"
    HOTTEXT = "hottext"
    HOTSPOT = "hotspot"
    POINT = "point"
    SLIDER = "slider"
    ESSAY = "essay"
    UPLOAD = "upload"
    DRAWING = "drawing"
    MEDIA = "media"
    DESCRIPTION = "description"
    COMPOSITE = "composite"


class Format(StrEnum):
    """How a text is marked up. `MOODLE` is Moodle's auto-format: HTML in which line breaks count."""

    HTML = "html"
    MARKDOWN = "markdown"
    PLAIN = "plain"
    MOODLE = "moodle"


@dataclass(frozen=True, slots=True)
class Text:
    text: str = ""
    format: Format = Format.HTML

    def __bool__(self) -> bool:
        return bool(self.text)


NO_TEXT = Text()


@dataclass(frozen=True, slots=True)
class Option:
    """One of several things to choose, or one accepted answer of a short text."""

    text: Text
    weight: Fraction = Fraction(0)
    feedback: Text = NO_TEXT
    key: str = ""


class Tolerance(StrEnum):
    """What a tolerance is measured in: the answer's own unit, or a share of the answer."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    GEOMETRIC = "geometric"


@dataclass(frozen=True, slots=True)
class Number:
    """An accepted number; an empty `value` accepts every number. A formula stands in `value` of calculated items."""

    value: str
    tolerance: str = "0"
    weight: Fraction = Fraction(1)
    feedback: Text = NO_TEXT
    measure: Tolerance = Tolerance.ABSOLUTE


@dataclass(frozen=True, slots=True)
class Unit:
    name: str
    multiplier: str = "1"


@dataclass(frozen=True, slots=True)
class Pair:
    """`left` belongs to `right`. Without a left side it is a right side that nothing belongs to."""

    left: Text
    right: Text
    left_key: str = ""
    right_key: str = ""
    weight: Fraction = Fraction(1)
    feedback: Text = NO_TEXT


class GapKind(StrEnum):
    CHOICE = "choice"
    MULTIPLE = "multiple"
    SHORT = "short"
    NUMERIC = "numeric"


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in the prompt to fill; `{{key}}` marks it there. `presentation` is the wish of the author's system."""

    key: str
    kind: GapKind
    options: tuple[Option, ...] = ()
    numbers: tuple[Number, ...] = ()
    points: Fraction = Fraction(1)
    is_case_sensitive: bool = False
    presentation: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """An area of a picture: `shape` is rect, circle, ellipse, poly or default; `coords` as in HTML image maps."""

    shape: str
    coords: tuple[str, ...]
    weight: Fraction = Fraction(0)
    key: str = ""
    label: str = ""
    feedback: Text = NO_TEXT


@dataclass(frozen=True, slots=True)
class Variable:
    """A drawn number of a calculated question: its bounds, its decimals, the values that were drawn already."""

    name: str
    minimum: str = ""
    maximum: str = ""
    decimals: str = ""
    distribution: str = "uniform"
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a text of the question shows. `data` is None when only its address is known."""

    path: str
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file, a line that counts from 1, a column that counts from 1 or 0 for unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        column = f":{self.column}" if self.line and self.column else ""
        return f"{self.file}{line}{column}"


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that at least two of the formats can say of a question.

    `has_blank` tells that the prompt shows the place of the answer as `_____`. `extra` holds settings that only one
    format knows, by their name there, so that writing the same format again keeps them.
    """

    kind: Kind
    prompt: Text
    identifier: str = ""
    title: str = ""
    options: tuple[Option, ...] = ()
    numbers: tuple[Number, ...] = ()
    units: tuple[Unit, ...] = ()
    pairs: tuple[Pair, ...] = ()
    sequence: tuple[Option, ...] = ()
    gaps: tuple[Gap, ...] = ()
    zones: tuple[Zone, ...] = ()
    variables: tuple[Variable, ...] = ()
    parts: tuple["Question", ...] = ()
    general_feedback: Text = NO_TEXT
    correct_feedback: Text = NO_TEXT
    partial_feedback: Text = NO_TEXT
    incorrect_feedback: Text = NO_TEXT
    hints: tuple[Text, ...] = ()
    grader_notes: Text = NO_TEXT
    tags: tuple[str, ...] = ()
    category: str = ""
    points: Fraction = Fraction(1)
    penalty: Fraction | None = None
    is_all_or_nothing: bool = False
    is_case_sensitive: bool = False
    is_shuffled: bool | None = None
    has_blank: bool = False
    assets: tuple[Asset, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    place: Place = field(default=Place(""), compare=False)

    @property
    def has_key(self) -> bool:
        """Whether anything that can be chosen or typed earns points."""
        return any(option.weight > 0 for option in self.options) or any(number.weight > 0 for number in self.numbers)
