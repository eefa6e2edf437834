"""How long to wait after how many failures: tables only."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.people.limits import EMAIL, Backoff, network_of, spoken, wait_until

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BACKOFF = Backoff(3, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=1))


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(0, None), (2, None), (3, 30), (4, 60), (5, 120), (6, 240), (8, 900), (9, 900), (5000, 900)],
)
def test_wait_doubles_up_to_the_longest(failures, wait):
    times = [START + timedelta(seconds=number) for number in range(failures)]
    expected = times[-1] + timedelta(seconds=wait) if wait else None
    assert wait_until(times, BACKOFF) == expected


def test_the_email_limit_leaves_five_tries():
    assert wait_until([START] * 4, EMAIL) is None
    assert wait_until([START] * 5, EMAIL) > START


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, "unknown"),
        ("not an address", "not an address"),
    ],
)
def test_network_of(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(milliseconds=1), "1 second"),
        (timedelta(seconds=29.1), "30 seconds"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(seconds=61), "2 minutes"),
        (timedelta(minutes=15), "15 minutes"),
    ],
)
def test_waits_are_said_rounded_up(wait, words):
    assert spoken(wait) == words
