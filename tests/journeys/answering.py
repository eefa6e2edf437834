"""Answers a page's questions from the course's own key, by the controls that a person would use."""

from playwright.sync_api import Locator, Page, expect

from lms.demo.answers import right, wrong
from lms.policy.outline import Item, ItemType


def tick(box: Locator) -> None:
    """Choose a radio button or mark a check box as people do: by its label."""
    if not box.is_checked():
        box.locator("xpath=ancestor::label").click()
    expect(box).to_be_checked()


def answer(page: Page, item: Item, *, rightly: bool = True) -> None:
    response = right(item) if rightly else wrong(item)
    name = f"q-{item.key}"
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            tick(page.locator(f'input[name="{name}"][value="{response["choice"]}"]'))
        case ItemType.MULTIPLE | ItemType.HOTSPOT:
            for box in page.locator(f'input[name="{name}"]').all():
                if box.is_checked() != (box.get_attribute("value") in response["choices"]):
                    box.locator("xpath=ancestor::label").click()
        case ItemType.BEST_WORST:
            for end, key in response.items():
                tick(page.locator(f'input[name="{name}.{end}"][value="{key}"]'))
        case ItemType.CLOZE:
            for gap in item.gaps:
                control, said = page.locator(f'[name="{name}.{gap.key}"]'), response["gaps"][gap.key]
                control.select_option(said) if gap.options else control.fill(said)
        case ItemType.SCENARIO:
            for turn, reply in response["replies"].items():
                page.locator(f'button[name="{name}.{turn}"][value="{reply}"]').click()
                expect(page.locator(f'input[name="{name}.{turn}"]')).to_have_value(reply)
        case ItemType.ORDER | ItemType.RANKING:
            for key, place in response["places"].items():
                page.locator(f'select[name="{name}.{key}"]').select_option(str(place))
        case ItemType.MATCHING:
            for left, partner in response["pairs"].items():
                page.locator(f'select[name="{name}.{left}"]').select_option(partner)
        case ItemType.NUMERIC | ItemType.CALCULATED:
            page.locator(f'input[name="{name}"]').fill(response["number"])
        case ItemType.SHORT:
            page.locator(f'input[name="{name}"]').fill(response["text"])
