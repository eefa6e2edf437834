"""What people gained from before to after, and what is left later: only for those with all the scores compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from lms.policy import intervals
from lms.policy.intervals import Interval
from lms.policy.item_statistics import sample_deviation

FROM_GAIN_FOR_RETENTION = 0.10  # of a smaller gain no share can be said to be kept


@dataclass(frozen=True, slots=True)
class Scores:
    """One person's shares in [0, 1]: before, after, and (when there was a delayed check) later."""

    pre: float
    post: float
    delayed: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    n: int
    share: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Gain:
    """`normalized` is Marx and Cummings' change averaged over the `normalized_n` people for whom it exists.

    `kept` is None without delayed scores, or where too little was gained to speak of keeping it.
    """

    n: int
    pre: float | None
    post: float | None
    mean: float | None
    interval: Interval | None
    effect: float | None
    normalized: float | None
    normalized_n: int
    kept: Kept | None


def gain(people: Iterable[Scores]) -> Gain:
    """The mean gain d̄ ± t·sd(d)/√n, and what goes with it."""
    scores = tuple(people)
    n = len(scores)
    if not n:
        return Gain(0, None, None, None, None, None, None, 0, None)
    pre, post = [one.pre for one in scores], [one.post for one in scores]
    differences = [after - before for before, after in zip(pre, post, strict=True)]
    mean = sum(differences) / n
    deviation = sample_deviation(differences)
    changes = [change for one in scores if (change := normalized_change(one.pre, one.post)) is not None]
    return Gain(
        n=n,
        pre=sum(pre) / n,
        post=sum(post) / n,
        mean=mean,
        interval=None if deviation is None else intervals.of_mean(mean, deviation, n),
        effect=_effect(mean, sample_deviation(pre), sample_deviation(post)),
        normalized=sum(changes) / len(changes) if changes else None,
        normalized_n=len(changes),
        kept=kept(scores),
    )


def normalized_change(pre: float, post: float) -> float | None:
    """How much of what was possible to gain was gained, or of what there was to lose was lost; None at both ends."""
    if pre == post:
        return None if pre in (0, 1) else 0.0
    return (post - pre) / (1 - pre) if post > pre else (post - pre) / pre


def kept(people: Iterable[Scores]) -> Kept | None:
    """R = mean(delayed − pre) / mean(post − pre), with the interval of the delta method."""
    pairs = [(one.post - one.pre, one.delayed - one.pre) for one in people if one.delayed is not None]
    n = len(pairs)
    if not n:
        return None
    gained, left = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    if gained < FROM_GAIN_FOR_RETENTION:
        return None
    share = left / gained
    if n < 2:
        return Kept(n, share, None)
    # (b − R·a) has mean 0, and its variance over n·gained² is the delta method's variance of R.
    spread = sample_deviation([b - share * a for a, b in pairs]) or 0.0
    half = intervals.t_quantile(n - 1) * spread / (sqrt(n) * gained)
    return Kept(n, share, Interval(share - half, share + half))


def corrected_for_guessing(share: float, options: int) -> float:
    """What is left of a share of right answers when blind guessing among `options` is taken off; reports only."""
    if options < 2:
        raise ValueError(f"{options} options")
    blind = 1 / options
    return max(0.0, (share - blind) / (1 - blind))


def _effect(mean: float, *deviations: float | None) -> float | None:
    known: Sequence[float] = [one for one in deviations if one is not None]
    pooled = sqrt(sum(one * one for one in known) / 2) if len(known) == 2 else 0.0
    return mean / pooled if pooled else None
