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
        "Outbound calls to named contacts in the week, answered or not. Dial attempts to the same person on one "
        "day count once.",
        "calls",
        "activity",
        "lead",
        number_key="calls",
    ),
    MetricDefinition(
        "contacts",
        "Contacts reached",
        "Calls in the week in which the named contact was spoken to.",
        "contacts",
        "activity",
        "lead",
        number_key="contacts",
    ),
    MetricDefinition(
        "presentations",
        "Reasons presented",
        "Conversations in which the reason for the call and at least one question were delivered.",
        "conversations",
        "activity",
        "lead",
        number_key="presentations",
    ),
    MetricDefinition(
        "appointments",
        "Appointments set",
        "First meetings agreed in the week with date and time, counted when agreed, not when held.",
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
