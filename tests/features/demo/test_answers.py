"""Worksheets of the demo look as if different people had written them."""

from datetime import date
from pathlib import Path

import pytest

from lms.catalog.loader import load
from lms.demo.answers import fill, plausible, reworded, spoken_field
from lms.policy import results, worksheet
from lms.policy.outline import FieldType

COURSE = load(Path(__file__).parents[3] / "courses" / "appointment-setting").course
TRANSFERS = list(COURSE.transfers.values())
DAY = date(2026, 9, 15)
SEEDS = ("rosa", "nils", "amara", "jonah", "mei")


@pytest.mark.parametrize("asked", TRANSFERS, ids=lambda asked: asked.key)
@pytest.mark.parametrize("seed", SEEDS)
def test_complete_and_of_its_day(asked, seed):
    content = fill(asked, part=1, seed=seed, day=DAY, name="Rosa Diaz")
    assert worksheet.validate(asked.sheet, content) == {}
    dates = [content[field.key] for field in asked.sheet.fields if field.type is FieldType.DATE]
    assert dates
    assert all(abs((date.fromisoformat(day) - DAY).days) <= 7 for day in dates)
    assert not results.check(asked, plausible(asked, seed))
    assert not results.warnings(asked, plausible(asked, seed))


def test_people_differ():
    script = TRANSFERS[0]
    written = [fill(script, part=1, seed=seed, day=DAY, name=seed) for seed in SEEDS]
    assert len({content["reason_line"] for content in written}) >= 3
    assert len({str(plausible(script, seed)) for seed in SEEDS}) == len(SEEDS)
    assert written[0]["opening_line"].count("rosa") == 1


def test_a_step_is_a_step_and_an_edit_is_of_what_is_said():
    script = TRANSFERS[0]
    content = fill(script, part=1, seed="rosa", day=DAY)
    for row in content["concerns"]:
        assert len({row["concern"], row["answer"], row["step"]}) == 3
    field = spoken_field(script)
    assert field.type is FieldType.LONG
    assert reworded(content[field.key], "And you?").endswith(". And you?")
