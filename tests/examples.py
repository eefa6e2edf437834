"""How many examples a test of any input tries: the same few in every run, many new ones when `make fuzz` searches."""

import os

SEARCH = int(os.environ.get("LMS_TEST_SEARCH", "0"))


def examples(number: int) -> int:
    """`number` in the suite, so many times as many in a search."""
    return number * max(SEARCH, 1)
