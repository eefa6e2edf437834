"""Fixtures of the journeys."""

from collections.abc import Iterator

import pytest

from tests.journeys.site import Site, installation


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation for the tests of one module, migrated and empty; nothing runs yet.

    To make and start one takes longer than most journeys: in a shared one every test has a learner of its own.
    """
    with installation(tmp_path_factory.mktemp("site")) as made:
        yield made
