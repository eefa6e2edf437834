import pytest

from lms.policy.demonstration import demonstrate


def seen(level):
    return {"seen": "yes", "level": level}


NO = {"seen": "no", "level": None}
NO_CHANCE = {"seen": "no_chance", "level": None}


@pytest.mark.parametrize(
    ("observations", "at_standard", "with_chance", "is_shown"),
    [
        ([], 0, 0, False),
        ([{"a": NO_CHANCE}], 0, 0, False),
        ([{"a": seen(3), "b": NO_CHANCE}], 1, 1, True),
        ([{"a": seen(3), "b": seen(4), "c": seen(2)}], 2, 3, True),
        ([{"a": seen(3), "b": NO, "c": seen(2)}], 1, 3, False),
        # the latest chance decides; a later "no chance" does not take an earlier sight away
        ([{"a": seen(1)}, {"a": seen(3)}], 1, 1, True),
        ([{"a": seen(4)}, {"a": NO}], 0, 1, False),
        ([{"a": seen(4)}, {"a": NO_CHANCE}], 1, 1, True),
    ],
)
def test_latest_chance_of_each_criterion_decides(observations, at_standard, with_chance, is_shown):
    found = demonstrate(observations)
    assert (found.at_standard, found.with_chance, found.is_shown) == (at_standard, with_chance, is_shown)
