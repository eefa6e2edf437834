"""Questions as frozen values: what every type of item is made of. How they are answered and graded stands elsewhere."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from lms.policy.rubric import Rubric


class ItemType(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    JUDGMENT = "judgment"
    BEST_WORST = "best_worst"
    RANKING = "ranking"
    NUMERIC = "numeric"
    CALCULATED = "calculated"
    ORDER = "order"
    MATCHING = "matching"
    SHORT = "short"
    CLOZE = "cloze"
    HOTSPOT = "hotspot"
    SCENARIO = "scenario"
    LONG_TEXT = "long_text"
    RECORDING = "recording"


# The shares of the points that experts give, as authors write them.
SHARES = {share: Fraction(share) for share in ("0", "1/3", "1/2", "2/3", "1")}

# Their worth is no matter of a key: a person reads or hears them and scores them on the item's rubric.
SCORED_BY_PERSON = frozenset({ItemType.LONG_TEXT, ItemType.RECORDING})


class Media(StrEnum):
    """What a recording is made of."""

    AUDIO = "audio"
    VIDEO = "video"


class Rule(StrEnum):
    """How a multiple-answer item earns its share."""

    NET = "net"
    ALL = "all"
    HALF = "half"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice. `weight` is the share of points it earns alone: 1 for a right one.

    `area`: where it lies on the picture of a hotspot, in percent of its width and height: `rect x y width height` or
    `ellipse x y rx ry`.
    """

    key: str
    text: str
    weight: Fraction = Fraction(0)
    feedback: str = ""
    area: str = ""

    @property
    def is_right(self) -> bool:
        return self.weight == 1


@dataclass(frozen=True, slots=True)
class Pair:
    key: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of a cloze text: chosen from `options`, or typed and compared with `accept`."""

    key: str
    options: tuple[Option, ...] = ()
    accept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that is drawn anew for each form: from `low` to `high` in steps, all decimal strings."""

    key: str
    low: str
    high: str
    step: str = "1"


@dataclass(frozen=True, slots=True)
class Reply:
    """What one may say at a turn of a conversation. `next` is the key of the turn it leads to; empty ends it."""

    key: str
    text: str
    weight: Fraction = Fraction(0)
    next: str = ""
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the customer says, and what one may reply; without replies the conversation ends here."""

    key: str
    text: str
    replies: tuple[Reply, ...] = ()


class Feedback(StrEnum):
    """What a learner gets to see of the answers, once they are handed in or (`at_once`) checked one by one."""

    OBJECTIVE = "objective"  # how each objective went; of a gate everything once it is passed or used up
    FULL = "full"  # everything, after handing in
    AT_ONCE = "at_once"  # everything, as soon as an answer is checked
    SCORE = "score"  # points and verdict, never which answer was right


@dataclass(frozen=True, slots=True)
class Item:
    """One question, one immutable version. Texts are Markdown; numbers are decimal strings.

    Which parts a type uses: options – single, multiple, judgment, best_worst, ranking, hotspot; sequence – order;
    pairs – matching; answer, tolerances, unit – numeric, calculated; accept – short; passage and gaps – cloze;
    picture – hotspot; formula, parameters, decimals – calculated; turns – scenario; rubric – long_text, recording;
    max_length – long_text; media, max_seconds – recording.
    """

    key: str
    type: ItemType
    prompt: str
    objective: str
    explanation: str
    version: int = 1
    band: str = "medium"
    points: int = 1
    options: tuple[Option, ...] = ()
    rule: Rule = Rule.NET
    answer: str = ""
    abs_tolerance: str = "0"
    rel_tolerance: str = "0"
    unit: str = ""
    sequence: tuple[Option, ...] = ()
    pairs: tuple[Pair, ...] = ()
    accept: tuple[str, ...] = ()
    passage: str = ""
    gaps: tuple[Gap, ...] = ()
    picture: str = ""
    formula: str = ""
    parameters: tuple[Parameter, ...] = ()
    decimals: int = 2
    turns: tuple[Turn, ...] = ()
    rubric: Rubric | None = None
    max_length: int = 4000
    media: Media = Media.AUDIO
    max_seconds: int = 180
    feedback: Feedback | None = None  # None: as the assessment has it

    @property
    def is_scored_by_person(self) -> bool:
        return self.type in SCORED_BY_PERSON

    @property
    def places(self) -> tuple[Option, ...]:
        """What is given places: the entries of an order, the options of a ranking."""
        return self.options if self.type is ItemType.RANKING else self.sequence
