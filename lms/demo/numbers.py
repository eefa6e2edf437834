"""Nine months of weekly numbers from a seeded generator: same seed, same company, same numbers."""

import csv
import io
import math
import random
from collections.abc import Iterator
from datetime import date, timedelta

from lms.demo.company import REPS, Member

SEED = 20260301
WEEKS = 39
WORKDAYS = 5
FIRST_DEAL_AFTER = 4  # weeks after hiring
TARGETS = {
    # metric: {job role: (value, low, high)} per week
    "calls": {"sdr": (200, 170, 260), "account-executive": (60, 45, 100)},
    "contacts": {"sdr": (60, 50, 90), "account-executive": (24, 18, 40)},
    "presentations": {"sdr": (30, 24, 50), "account-executive": (14, 10, 25)},
    "appointments": {"sdr": (10, 8, 16), "account-executive": (5, 4, 9)},
    "deals_won": {"sdr": (1, 1, 4), "account-executive": (3, 2, 7)},
    "revenue_won": {"sdr": (2000, 1200, 8000), "account-executive": (9000, 6000, 24000)},
}
COLUMNS = ("calls", "contacts", "presentations", "appointments", "deals_won", "revenue_won")


def readings_csv(first_monday: date, today: date) -> bytes:
    """The wide file that a CRM would export: one row per person and week, from hire on."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("person", "starts_on", *COLUMNS))
    for rep in REPS:
        for week, values in _weeks(rep, first_monday, today):
            writer.writerow((rep.key, week.isoformat(), *values))
    return out.getvalue().encode()


def targets_csv(effective_on: date) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("job_role", "metric", "effective_on", "value", "low", "high"))
    for metric, roles in TARGETS.items():
        for role, (value, low, high) in roles.items():
            writer.writerow((role, metric, effective_on.isoformat(), value, low, high))
    return out.getvalue().encode()


def _weeks(rep: Member, first: date, today: date) -> Iterator[tuple[date, tuple[int, ...]]]:
    """A rep's weeks: own level, own weak stage, a ramp after hiring, two weeks of vacation, noise."""
    draw = random.Random(f"{SEED}:{rep.key}")  # noqa: S311 -- demo data, not a secret
    hired = today - timedelta(days=rep.hired_days_ago)
    activity = draw.gauss(1.0, 0.12)
    rates = [max(0.12, min(0.75, draw.gauss(mean, 0.05))) for mean in (0.30, 0.50, 0.34)]
    weak = draw.randrange(6)
    if weak < 3:
        rates[weak] *= 0.7
    away = {draw.randrange(4, WEEKS), draw.randrange(4, WEEKS)}
    objective = TARGETS["calls"][rep.job_role][0]
    for number in range(WEEKS):
        week = first + timedelta(days=7 * number)
        if week < hired - timedelta(days=hired.weekday()):
            continue
        tenure = (week - hired).days / 7
        ramp = 1 - 0.6 * math.exp(-max(tenure, 0) / 6)
        # Somebody hired on a Thursday has two days of that week; a first deal takes longer than a first month.
        days = sum((week + timedelta(days=day)) >= hired for day in range(WORKDAYS)) / WORKDAYS
        season = 1 + 0.08 * math.sin(2 * math.pi * number / 26)
        present = 0.3 if number in away else 1
        calls = max(0, round(draw.gauss(objective * activity * ramp * season * present, objective * 0.09) * days))
        contacts = _some(draw, calls, rates[0])
        presentations = _some(draw, contacts, rates[1])
        appointments = _some(draw, presentations, rates[2] * ramp)
        deals = _some(draw, appointments, 0.30 if rep.job_role == "account-executive" else 0.12)
        revenue = sum(round(draw.lognormvariate(7.7, 0.5)) for _ in range(deals))
        if tenure < FIRST_DEAL_AFTER:
            deals = revenue = 0
        yield week, (calls, contacts, presentations, appointments, deals, revenue)


def _some(draw: random.Random, tries: int, rate: float) -> int:
    return sum(draw.random() < rate for _ in range(tries))
