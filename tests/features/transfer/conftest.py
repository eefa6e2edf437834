"""What every test of this folder starts from; a test module that needs its story further on makes its own."""

import pytest

from tests.features.transfer.pages import Pages
from tests.features.transfer.stage import Story


@pytest.fixture
def story(cast) -> Story:
    return Story(cast)


@pytest.fixture
def pages(story, visit) -> Pages:
    return Pages(story, visit)
