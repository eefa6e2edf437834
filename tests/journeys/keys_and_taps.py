"""Answers a form in the two ways of a phone, with keys alone or with a finger: nothing is filled in from outside."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from lms.policy.items import Item, ItemType

Response = Mapping[str, Any]
RECORD = "Record your voice"
MOST_STOPS = 200  # stops of the tab key before a form is said to be endless
FOCUSED = """() => {
  const at = document.activeElement;
  return {tag: at.tagName, type: at.type || "", name: at.name || "", value: at.value || "", text: at.innerText || "",
    checked: at.checked === true, index: at.selectedIndex ?? -1,
    options: at.options ? [...at.options].map(one => one.value) : []};
}"""


def wanted(item: Item, response: Response) -> dict[str, list[str]]:
    """What each control of a question shall hold, by its name."""
    name = f"q-{item.key}"
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {name: [response["choice"]]}
        case ItemType.MULTIPLE | ItemType.HOTSPOT:
            return {name: list(response["choices"])}
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return {name: [response["number"]]}
        case ItemType.SHORT | ItemType.LONG_TEXT:
            return {name: [response["text"]]}
        case ItemType.RECORDING:
            return {}  # nothing is typed or chosen: see `_records`
        case ItemType.BEST_WORST:
            return {f"{name}.{end}": [key] for end, key in response.items()}
        case _:
            parts = next(iter(response.values()))
            return {f"{name}.{key}": [str(value)] for key, value in parts.items()}


def by_keys(page: Page, items: Sequence[Item], responses: Mapping[str, Response]) -> None:
    """Tab, arrows, space and letters, from the top of the page to "Hand in"; a reply in a conversation loads anew."""
    left = {name: values for item in items for name, values in wanted(item, responses[item.key]).items()}
    to_say = sum(item.type is ItemType.RECORDING for item in items)
    stops = 0
    while True:
        stops += 1
        assert stops < MOST_STOPS, f"the keyboard does not come to the end; left: {left}"
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at["tag"] == "BUTTON" and at["text"] == "Hand in":
            assert not left, f"not reached by keyboard: {left}"
            assert not to_say, "a recording was not reached by keyboard"
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
        if to_say and at["text"] == RECORD:
            page.keyboard.press("Enter")
            _has_begun(page)
            page.keyboard.press("Enter")  # the focus is on "Stop"
            _is_kept(page)
            to_say -= 1
            continue
        values = left.get(at["name"])
        if values is None:
            continue
        match at["tag"], at["type"]:
            case "BUTTON", _:
                if at["value"] in values:
                    del left[at["name"]]
                    with page.expect_navigation():
                        page.keyboard.press("Enter")
            case "SELECT", _:
                for _step in range(at["options"].index(values[0]) - at["index"]):
                    page.keyboard.press("ArrowDown")
                assert page.evaluate(FOCUSED)["value"] == values[0]
                del left[at["name"]]
            case _, "radio":
                if at["value"] == values[0] and not at["checked"]:
                    page.keyboard.press("Space")
                for _step in range(9):
                    if (now := page.evaluate(FOCUSED))["value"] == values[0] and now["checked"]:
                        break
                    page.keyboard.press("ArrowDown")
                else:
                    raise AssertionError(f"{at['name']} cannot be chosen with arrows")
                del left[at["name"]]
            case _, "checkbox":
                if at["value"] in values:
                    page.keyboard.press("Space")
                    values.remove(at["value"])
                if not values:
                    del left[at["name"]]
            case _:
                page.keyboard.type(values[0])
                del left[at["name"]]


def by_taps(page: Page, items: Sequence[Item], responses: Mapping[str, Response], voice: Path | None = None) -> None:
    """A finger on labels, areas, pickers and replies, then on "Hand in". `voice`: a file, where no script records."""
    for item in items:
        if item.type is ItemType.RECORDING:
            _records(page, item, voice)
        for name, values in wanted(item, responses[item.key]).items():
            match item.type:
                case ItemType.HOTSPOT:
                    for value in values:
                        page.locator(f'.hotspot label[for="{name}-{value}"]').tap()
                        expect(page.locator(f"#{name}-{value}")).to_be_checked()
                case ItemType.SINGLE | ItemType.JUDGMENT | ItemType.MULTIPLE | ItemType.BEST_WORST:
                    for value in values:
                        _tap_label(page.locator(f'input[name="{name}"][value="{value}"]'))
                case ItemType.SCENARIO:
                    page.locator(f'button[name="{name}"][value="{values[0]}"]').tap()
                    expect(page.locator(f'input[name="{name}"]')).to_have_value(values[0])
                case _:
                    _fill(page.locator(f'[name="{name}"]'), values[0])
    with page.expect_navigation():
        page.get_by_role("button", name="Hand in", exact=True).tap()


def _records(page: Page, item: Item, voice: Path | None) -> None:
    if voice is not None:
        page.locator(f"#f-{item.key}").set_input_files(voice)
        return
    page.get_by_role("button", name=RECORD).tap()
    _has_begun(page)
    page.get_by_role("button", name="Stop").tap()
    _is_kept(page)


def _has_begun(page: Page) -> None:
    expect(page.locator(".recorder-time")).to_contain_text("0:01 of 0:30")


def _is_kept(page: Page) -> None:
    expect(page.get_by_text("The recording is saved.")).to_be_visible()


def _tap_label(box: Locator) -> None:
    box.locator("xpath=ancestor::label").tap()
    expect(box).to_be_checked()


def _fill(control: Locator, value: str) -> None:
    if control.evaluate("at => at.tagName") == "SELECT":
        # The picker is the phone's own; nothing in the page can be tapped. Nor is the select: what would open is no
        # part of the page, and might be what the next tap closes.
        control.select_option(value)
    else:
        control.tap()
        expect(control).to_be_focused()
        control.page.keyboard.type(value)
