"""Fixtures of the journeys."""

from collections.abc import Iterator

import pytest

from tests.journeys.site import Site, installation


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation of this test's own, migrated and empty; nothing runs yet."""
    with installation(tmp_path_factory.mktemp("site")) as made:
        yield made
