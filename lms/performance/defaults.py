"""The metric catalog that ships: definitions an organization starts from, each with unit, direction and timing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    key: str
    name: str
    definition: str
    unit: str
    kind: str
    timing: str
    direction: str = "up"
    decimals: int = 0
    number_key: str | None = None


DEFAULT_METRICS = (
    MetricDefinition(
        "calls",
        "Calls made",
        "Dials to a business number in the week, whoever answers and whatever happens.",
        "calls",
        "activity",
        "lead",
        number_key="calls",
    ),
    MetricDefinition(
        "contacts",
        "Contacts reached",
        "Calls in the week in which a person was spoken to who can decide on the meeting or has a say in it. "
        "Voicemail and assistants do not count.",
        "contacts",
        "activity",
        "lead",
        number_key="contacts",
    ),
    MetricDefinition(
        "presentations",
        "Presentations",
        "Contacts in the week in which the reason was heard to the end and the question answered, whatever the result.",
        "presentations",
        "activity",
        "lead",
        number_key="presentations",
    ),
    MetricDefinition(
        "appointments",
        "Appointments set",
        "First meetings with a named person, day, time and topic, accepted by that person and in both calendars. "
        "Counted in the week in which they were accepted, not in which they are held.",
        "appointments",
        "activity",
        "lead",
        number_key="appointments",
    ),
    MetricDefinition(
        "opportunities_engaged",
        "Opportunities engaged",
        "Opportunities whose engagement date lies in the week.",
        "opportunities",
        "activity",
        "lead",
    ),
    MetricDefinition(
        "deals_won",
        "Deals won",
        "Opportunities closed as won, by close date.",
        "deals",
        "result",
        "lag",
    ),
    MetricDefinition(
        "revenue_won",
        "Revenue won",
        "Sum of the close values of opportunities closed as won, by close date.",
        "USD",
        "result",
        "lag",
    ),
    MetricDefinition(
        "deals_lost",
        "Deals lost",
        "Opportunities closed as lost, by close date.",
        "deals",
        "result",
        "lag",
        direction="down",
    ),
)
