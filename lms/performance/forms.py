"""What the pages of the metric catalog send: parsed and shaped here, decided in the service."""

from typing import Any

from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from lms.performance.defaults import MetricDefinition
from lms.performance.queries import MetricRow
from lms.performance.service import LONGEST_KEY
from lms.web.forms import Form, FormDate

KINDS = {
    "activity": "Activity: what people do, counted",
    "conversion": "Conversion: a share of one count that became another",
    "value": "Value: an amount for each",
    "result": "Result: what came of it",
    "learning": "Learning: what people know or can do",
}
TIMINGS = {"lead": "Leads: it moves first, and says what is coming", "lag": "Lags: it moves last, and says what came"}
DIRECTIONS = {"up": "More is better", "down": "Less is better"}


def _choices(words: dict[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


class MetricForm(Form):
    """A new version of a metric that there is; its key and its unit stay."""

    name = StringField(
        "Name",
        description="As it stands on charts, for example: Calls made.",
        validators=[DataRequired("Give the metric a name."), Length(max=120, message="120 characters are the most.")],
    )
    definition = TextAreaField(
        "What is counted",
        description="So that two people who count get the same number: what counts, what does not, and when.",
        validators=[
            DataRequired("Write what is counted."),
            Length(max=2000, message="2,000 characters are the most."),
        ],
    )
    kind: Any = SelectField("Kind", choices=_choices(KINDS))
    timing: Any = RadioField("When it moves", choices=_choices(TIMINGS), default="lead")
    direction: Any = RadioField("What is good", choices=_choices(DIRECTIONS), default="up")
    decimals: Any = SelectField("Decimals shown", choices=_choices({str(n): str(n) for n in range(5)}), default="0")
    number_key = StringField(
        "Number of a transfer activity",
        description="The key of the number that people report for the same thing in a course, so that one chart "
        "shows both. Empty: there is none.",
        validators=[
            Optional(),
            Length(max=40, message="40 characters are the most."),
            Regexp(r"^[a-z0-9][a-z0-9_-]*$", message="This is a key: small letters, digits, - and _."),
        ],
    )
    effective_on = FormDate(
        "In force from",
        description="Readings of periods that begin on this day or later are taken by it.",
        validators=[InputRequired("Choose the day from which this holds.")],
    )

    def read(self, *, key: str, unit: str) -> MetricDefinition:
        return MetricDefinition(
            key=key,
            name=" ".join((self.name.data or "").split()),
            definition=" ".join((self.definition.data or "").split()),
            unit=unit,
            kind=self.kind.data,
            timing=self.timing.data,
            direction=self.direction.data,
            decimals=int(self.decimals.data),
            number_key=(self.number_key.data or "").strip() or None,
        )

    @staticmethod
    def shown(metric: MetricRow | MetricDefinition) -> dict[str, Any]:
        """The values of a metric as the form's controls have them."""
        names = ("name", "definition", "kind", "timing", "direction", "number_key")
        return {**{name: getattr(metric, name) for name in names}, "decimals": str(metric.decimals)}


class NewMetricForm(MetricForm):
    key = StringField(
        "Key",
        description="The heading of its column in files. It cannot be changed later. For example: first_meetings.",
        validators=[
            DataRequired("Write the key."),
            Length(max=LONGEST_KEY, message=f"{LONGEST_KEY} characters are the most."),
        ],
    )
    unit = StringField(
        "Unit",
        description="In the plural, for example: calls, meetings, USD, %. It cannot be changed later.",
        validators=[DataRequired("Write the unit."), Length(max=40, message="40 characters are the most.")],
    )
