"""How sure a figure is: Student's quantile, intervals of correlations and shares. Floats advise; none decides."""

from dataclasses import dataclass
from functools import cache
from math import atanh, exp, isfinite, lgamma, log, sqrt, tanh
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)
FEWEST_FOR_FISHER = 4  # the standard error of Fisher's z is 1/√(n−3)
CERTAIN = 1 - 1e-12  # a perfect correlation has no finite z


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def of_correlation(r: float, n: int) -> Interval | None:
    """The 95 % interval by Fisher's z; None for fewer than four people."""
    if n < FEWEST_FOR_FISHER:
        return None
    z = atanh(max(-CERTAIN, min(CERTAIN, r)))
    half = Z95 / sqrt(n - 3)
    return Interval(tanh(z - half), tanh(z + half))


def of_share(right: float, n: int) -> Interval | None:
    """Wilson's 95 % interval of a share: it stays inside 0 and 1, also when everybody was right."""
    if n < 1:
        return None
    p, square = right / n, Z95 * Z95
    middle = (p + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * sqrt(p * (1 - p) / n + square / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def of_mean(mean: float, deviation: float, n: int) -> Interval | None:
    """Mean ± t·sd/√n; None for fewer than two people."""
    if n < 2:
        return None
    half = t_quantile(n - 1) * deviation / sqrt(n)
    return Interval(mean - half, mean + half)


@cache
def t_quantile(freedom: int, probability: float = 0.975) -> float:
    """Where Student's distribution with `freedom` degrees reaches `probability` (above one half)."""
    if freedom < 1 or not 0.5 < probability < 1:
        raise ValueError(f"{freedom} degrees, {probability}")
    low, high = 0.0, 2.0
    while _t_below(high, freedom) < probability:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _t_below(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _t_below(t: float, freedom: int) -> float:
    """P(T ≤ t) for t ≥ 0."""
    return 1 - _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function, by its continued fraction (Lentz)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - front * _fraction(b, a, 1 - x) / b
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 1000):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + factor * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + factor / c
            c = c if abs(c) > tiny else tiny
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    if not isfinite(value):
        raise ArithmeticError(f"no value at {a}, {b}, {x}")
    return value
