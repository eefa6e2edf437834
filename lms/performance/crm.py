"""A CRM's own export as people, lines and weekly readings. Its dirt is survived, counted and reported.

Expects `sales_teams.csv` (sales_agent, manager, regional_office), `sales_pipeline.csv` (opportunity_id, sales_agent,
product, account, deal_stage, engage_date, close_date, close_value), `products.csv` and `accounts.csv`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from lms.errors import RuleViolation
from lms.policy.decimals import decimal
from lms.policy.tabular import Table, read_table

FILES: Mapping[str, tuple[str, ...]] = {
    "sales_teams.csv": ("sales_agent", "manager", "regional_office"),
    "sales_pipeline.csv": (
        "opportunity_id",
        "sales_agent",
        "product",
        "account",
        "deal_stage",
        "engage_date",
        "close_date",
        "close_value",
    ),
    "products.csv": ("product", "series", "sales_price"),
    "accounts.csv": ("account", "sector"),
}
STAGES = ("Prospecting", "Engaging", "Won", "Lost")


@dataclass(frozen=True, slots=True)
class CrmRep:
    name: str
    manager: str
    office: str


@dataclass(frozen=True, slots=True)
class Opportunity:
    key: str
    rep: str
    product: str
    account: str
    stage: str
    engaged_on: date | None
    closed_on: date | None
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class CrmExport:
    """`dirt` counts what was mended or left out, by kind; nothing in it stops the import."""

    reps: tuple[CrmRep, ...]
    opportunities: tuple[Opportunity, ...]
    dirt: Mapping[str, int]

    @property
    def managers(self) -> tuple[str, ...]:
        return tuple(sorted({rep.manager for rep in self.reps}))

    @property
    def offices(self) -> tuple[str, ...]:
        return tuple(sorted({rep.office for rep in self.reps}))

    def in_stage(self, stage: str) -> tuple[Opportunity, ...]:
        return tuple(o for o in self.opportunities if o.stage == stage)


def read_export(folder: Path) -> CrmExport:
    """Read the four files. Raises RuleViolation("crm_unreadable"), which names file and problem."""
    tables = {name: _read(folder / name, columns) for name, columns in FILES.items()}
    dirt: Counter[str] = Counter()
    reps = tuple(
        CrmRep(row["sales_agent"], row["manager"], row["regional_office"]) for row in tables["sales_teams.csv"].rows
    )
    names = {rep.name for rep in reps}
    products = {_squeezed(row["product"]): row["product"] for row in tables["products.csv"].rows}
    for row in tables["accounts.csv"].rows:
        if row["sector"] == "technolgy":
            dirt["sector spelled “technolgy”, read as technology"] += 1
    opportunities = []
    for row in tables["sales_pipeline.csv"].rows:
        if row["sales_agent"] not in names:
            dirt["opportunity of somebody in no team, left out"] += 1
            continue
        product = products.get(_squeezed(row["product"]), row["product"])
        if product != row["product"]:
            dirt[f"product “{row['product']}” read as “{product}”"] += 1
        if not row["account"]:
            dirt["opportunity without an account, kept"] += 1
        if row["deal_stage"] not in STAGES:
            dirt[f"unknown stage “{row['deal_stage']}”, left out"] += 1
            continue
        opportunities.append(
            Opportunity(
                row["opportunity_id"],
                row["sales_agent"],
                product,
                row["account"],
                row["deal_stage"],
                _day(row["engage_date"], dirt),
                _day(row["close_date"], dirt),
                _value(row["close_value"], dirt),
            )
        )
    return CrmExport(reps, tuple(opportunities), dict(dirt))


def weekly_readings(export: CrmExport, *, shift: timedelta = timedelta(0)) -> Mapping[tuple[str, str, date], Decimal]:
    """Sums per (rep, metric, Monday of the week). `shift` moves every date, to make an old export look recent.

    Weeks in which a rep had none of a metric's events get a zero from his first to the export's last event, because
    "no deals" is a reading and "no row" would be a gap.
    """
    sums: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
    for opportunity in export.opportunities:
        rep = opportunity.rep
        if opportunity.engaged_on:
            sums[rep, "opportunities_engaged", _monday(opportunity.engaged_on + shift)] += 1
        if opportunity.closed_on and opportunity.stage == "Won":
            week = _monday(opportunity.closed_on + shift)
            sums[rep, "deals_won", week] += 1
            sums[rep, "revenue_won", week] += opportunity.value or 0
        elif opportunity.closed_on and opportunity.stage == "Lost":
            sums[rep, "deals_lost", _monday(opportunity.closed_on + shift)] += 1
    if not sums:
        return {}
    last = max(week for _, _, week in sums)
    first: dict[str, date] = {}
    for rep, _, week in sums:
        first[rep] = min(week, first.get(rep, week))
    for rep, start in first.items():
        week = start
        while week <= last:
            for metric in ("opportunities_engaged", "deals_won", "deals_lost", "revenue_won"):
                sums.setdefault((rep, metric, week), Decimal(0))
            week += timedelta(days=7)
    return dict(sums)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _read(path: Path, columns: tuple[str, ...]) -> Table:
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise RuleViolation("crm_unreadable", file=path.name, problem=wrong.strerror or str(wrong)) from wrong
    table = read_table(data, required=columns, optional=None)
    if table.problems:
        raise RuleViolation("crm_unreadable", file=path.name, problem=str(table.problems[0]))
    return table


def _squeezed(text: str) -> str:
    return text.replace(" ", "").casefold()


def _day(text: str, dirt: Counter[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        dirt["date that cannot be read, left blank"] += 1
        return None


def _value(text: str, dirt: Counter[str]) -> Decimal | None:
    if not text:
        return None
    value = decimal(text)
    if value is None:
        dirt["close value that cannot be read, left blank"] += 1
    return value
