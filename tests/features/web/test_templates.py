"""The page frame, its parts and the stylesheet: no inline code, readable colors, links that lead somewhere."""

import re
from pathlib import Path

import pytest

from lms.web.navigation import TABLES

LMS = Path(__file__).parents[3] / "lms"
TEMPLATES = sorted(path for path in LMS.rglob("templates/**/*") if path.suffix in {".html", ".svg"})
CSS = (LMS / "web/static/app.css").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_inline_script_or_style(path):
    """The content security policy would silently drop them."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]*\sstyle\s*=", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=\s*[\"']", text)
    assert "<style" not in text
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "hx-on" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_post_form_carries_a_token(path):
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL | re.IGNORECASE):
        assert "csrf" in form or "hidden_tag" in form, form[:120]


def test_every_link_of_the_navigation_exists(app):
    missing = {entry.endpoint for table in TABLES for entry in table} - set(app.view_functions)
    assert not missing


def test_every_address_named_in_a_template_exists(app):
    wrong = []
    for path in TEMPLATES:
        for name in re.findall(r"url_for\(\s*['\"]([\w.]+)['\"]", path.read_text(encoding="utf-8")):
            full = path.parent.name + name if name.startswith(".") else name
            if full not in app.view_functions:
                wrong.append(f"{path.name}: {name}")
    assert not wrong


def test_the_style_page_shows_every_part(client):
    page = client.get("/style")
    assert page.status_code == 200
    parts = (LMS / "web/templates/web/parts.html").read_text(encoding="utf-8")
    style = (LMS / "web/templates/web/style.html").read_text(encoding="utf-8")
    shown = {name for name in re.findall(r"macro ([a-z]\w+)\(", parts) if f"parts.{name}(" in style}
    unseen = set(re.findall(r"macro ([a-z]\w+)\(", parts)) - shown - {"flashes", "icon", "poll"}
    assert not unseen


def test_the_style_page_does_not_exist_in_production(tmp_path):
    from tests.features.web.probe import make_probe

    app, _ = make_probe(f"sqlite:///{tmp_path / 'a.db'}", tmp_path, mode="production")
    assert app.test_client().get("/style").status_code == 404


# -------------------------------------------------------------------------------------------- colors


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


LIGHT = _tokens(CSS[: CSS.index("@media (prefers-color-scheme: dark)")])
DARK = {**LIGHT, **_tokens(CSS[CSS.index("@media (prefers-color-scheme: dark)") : CSS.index("/* ---", 900)])}


def _luminance(color: str) -> float:
    channels = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = ("paper", "sheet")
STATES = ("verified", "waiting", "wrong", "information")
WORDS = [(ink, ground) for ink in ("ink", "muted", "accent", "accent-strong", *STATES) for ground in GROUNDS]
WORDS += [(state, f"{state}-tint") for state in STATES] + [("ink", f"{state}-tint") for state in STATES]
WORDS += [("on-accent", "accent"), ("on-accent", "accent-strong"), ("ink", "accent-tint"), ("muted", "accent-tint")]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), WORDS)
def test_words_hold_aa(scheme, ink, ground):
    assert contrast(scheme[ink], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_edges_of_controls_hold_three_to_one(scheme, ground):
    assert contrast(scheme["edge"], scheme[ground]) >= 3


def test_the_dark_scheme_is_its_own():
    assert DARK["paper"] != LIGHT["paper"]
    assert len(DARK) == len(LIGHT) >= 18
