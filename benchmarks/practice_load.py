"""How many questions a day practice asks, under either scheduler, with the day's cap and without it.

A learner finishes a module of eight questions every week for ten weeks and answers 85 of 100 right; the luck is the
same for both schedulers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from lms.policy import practice
from lms.policy.practice import Card, CardState, Due, Entry, Kind, Leitner, Scheduler
from lms.practice.fsrs_schedule import Fsrs

BEGUN = date(2026, 3, 2)  # a Monday
WEEKS, A_WEEK, DAYS = 10, 8, 180
RIGHT = 0.85
NO_CAP = 10_000


@dataclass(frozen=True)
class Load:
    """`asked` by workday; `waiting` and `late`: questions, and the oldest one's days, that were due and not asked."""

    asked: tuple[int, ...]
    waiting: int
    late: int
    graduated: int
    stuck: int

    @property
    def busiest_month(self) -> float:
        """Questions a workday over the twenty workdays that asked most."""
        return max(sum(self.asked[at : at + 20]) for at in range(len(self.asked) - 19)) / 20


def load(scheduler: Scheduler, *, cap: int, days: int = DAYS) -> Load:
    cards: dict[str, Card] = {}
    luck = Random(7)
    answers = {(week, number): [luck.random() < RIGHT for _ in range(days)] for week in range(WEEKS)
               for number in range(A_WEEK)}  # fmt: skip
    asked, waiting, late = [], 0, 0
    for passed in range(days):
        day = BEGUN + timedelta(days=passed)
        week, weekday = divmod(passed, 7)
        if weekday == 0 and week < WEEKS:
            cards |= {f"{week}/{one}": practice.begin(scheduler, day, was_right=True) for one in range(A_WEEK)}
        if weekday >= 5:
            continue
        today = practice.todays(_due(cards), day, answered=0, is_workday=True, cap=cap)
        for one in today:
            number = tuple(map(int, one.key.split("/")))
            said = Entry(Kind.ANSWERED, day, is_right=answers[number[0], number[1]][one.card.answers])
            cards[one.key] = practice.follow(scheduler, one.card, said)
        asked.append(len(today))
        left = [card for card in cards.values() if practice.is_due(card, day)]
        waiting = max(waiting, len(left))
        late = max([late, *((day - card.due_on).days for card in left)])
    states = [card.state for card in cards.values()]
    return Load(
        tuple(asked), waiting, late, states.count(CardState.GRADUATED), states.count(CardState.STUCK)
    )  # fmt: skip


def _due(cards: Mapping[str, Card]) -> list[Due]:
    return [Due(key, card) for key, card in cards.items()]


def main() -> bool:
    """Print it; False where the cap was not held, or the peak without it would not have needed one."""
    print(f"\npractice: {WEEKS * A_WEEK} questions in {WEEKS} weeks, {RIGHT:.0%} right, {DAYS} days")
    print(f"{'':<20}{'asked':>7}{'a workday':>11}{'busiest month':>15}{'busiest day':>13}{'waiting':>9}"
          f"{'oldest':>10}{'kept':>6}{'stuck':>7}")  # fmt: skip
    good = True
    for scheduler in (Leitner(), Fsrs()):
        for cap in (practice.CAP, NO_CAP):
            found = load(scheduler, cap=cap)
            name = f"{scheduler.name}, {'no cap' if cap == NO_CAP else f'cap {cap}'}"
            print(
                f"{name:<20}{sum(found.asked):>7}{sum(found.asked) / len(found.asked):>11.1f}"
                f"{found.busiest_month:>15.1f}{max(found.asked):>13}{found.waiting:>9}{found.late:>5} days"
                f"{found.graduated:>6}{found.stuck:>7}"
            )
            good = good and max(found.asked) <= cap
    return good
