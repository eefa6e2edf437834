"""How long to wait after how many failures. Arithmetic only; the counting is `service.entrance`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

MOST_DOUBLINGS = 16  # enough to reach any `longest`, small enough never to overflow


@dataclass(frozen=True, slots=True)
class Backoff:
    """`free` failures cost nothing; each further one doubles the wait, from `first` up to `longest`."""

    free: int
    first: timedelta
    longest: timedelta
    window: timedelta  # older failures are forgotten


EMAIL = Backoff(5, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=1))
# Wider: a whole office may share one address.
ADDRESS = Backoff(30, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=1))
RESET_EMAIL = Backoff(3, timedelta(minutes=15), timedelta(hours=1), timedelta(hours=1))
RESET_ADDRESS = Backoff(20, timedelta(minutes=5), timedelta(hours=1), timedelta(hours=1))


def wait_until(failures: Sequence[datetime], backoff: Backoff) -> datetime | None:
    """When the next try is heard, given the failures inside the window, oldest first; None: now."""
    over = len(failures) - backoff.free
    if over < 0:
        return None
    wait = min(backoff.first * 2 ** min(over, MOST_DOUBLINGS), backoff.longest)
    return failures[-1] + wait


def network_of(address: str | None) -> str:
    """What one visitor can change at will counts as one: an IPv6 address is taken by its /64."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def spoken(wait: timedelta) -> str:
    """The wait in words, rounded up, so that trying again then works."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
