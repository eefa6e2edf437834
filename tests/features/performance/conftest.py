from datetime import date

import pytest
import time_machine

from lms.performance import service
from tests.features.performance.samples import AT


@pytest.fixture
def metrics(session) -> int:
    """The shipped catalog."""
    return service.ensure_default_metrics(effective_on=date(2025, 1, 1))


@pytest.fixture
def wednesday():
    """The pages' clock stands at AT."""
    with time_machine.travel(AT, tick=False):
        yield AT
