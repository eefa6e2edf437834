"""Markdown as HTML: our blocks, and nothing that an author could smuggle in."""

from uuid import uuid4

import html5lib
import pytest

from lms.catalog import markdown
from lms.catalog.markdown import key_points, plain, to_html, to_inline_html
from lms.policy.outline import Term

TERMS = (
    Term("exit-criterion", "Exit criterion", "What must be <true>."),
    Term("crm", "CRM", "Where accounts are."),
)


def parsed(html: str):
    """Strict: a fragment that a browser would have to mend fails here."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(html)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "![x](//evil.example/pixel.png)",
    "[x](//evil.example)",
    '![x" onerror="alert(1)](assets/x.png)',
    '![x](assets/x.png "a\\" onload=\\"alert(1)")',
    '![x](<assets/x.png" onerror="alert(1)>)',
    '::: good <script>alert(1)</script>" onclick="x\ny\n:::',
    '::: video assets/x.mp4" onerror="alert(1) assets/x.vtt "<b onclick=x>"\nx\n:::',
    '::: audio javascript:alert(1) "x"\nx\n:::',
    "[[crm|<img src=x onerror=alert(1)>]]",
    '[[x" onmouseover="alert(1)]]',
    "```html\n<script>alert(1)</script>\n```",
    '```js" onclick="x\nx\n```',
    "<style>*{display:none}</style>",
    "<iframe src=https://evil.example></iframe>",
    "<svg onload=alert(1)>",
    '[x](step:a"onclick=alert(1))',
    "| a<script> | b |\n|--|--|\n| <img onerror=x> | c |",
    "<!-- <script> -->",
    "\\<script>alert(1)</script>",
    '[x](https://e.com "title\\" onclick=\\"x")',
    "[a]: javascript:alert(1)\n\n[a]",
    "<javascript:alert(1)>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_is_harmless(text):
    for html in (to_html(text, TERMS, "m"), to_inline_html(text, TERMS, "m")):
        tree = parsed(html)
        for element in tree.iter():
            if not isinstance(element.tag, str) or element.tag == "DOCUMENT_FRAGMENT":
                continue
            assert element.tag not in {"script", "style", "iframe", "svg", "object", "embed", "form", "input"}
            for name, value in element.attrib.items():
                assert not name.startswith("on"), html
                assert name != "style"
                if name in {"href", "src"}:
                    assert value.startswith(("/-asset-/m/", "/-step-/", "https://", "http://", "mailto:", "#")), html
                    assert element.tag == "a" or value.startswith("/-asset-/"), "nothing is loaded from elsewhere"


def test_good_and_poor_stand_side_by_side():
    html = to_html("::: poor A list\nx\n:::\n\n::: good One question\ny\n:::\n\n::: poor Alone\nz\n:::\n", ())
    [pair] = parsed(html).findall(".//div[@class='examples']")
    assert [child.attrib["class"] for child in pair] == ["example example-poor", "example example-good"]
    assert html.count("example-poor") == 2
    assert "Poor</span> A list" in html


def test_two_good_examples_are_no_pair():
    assert "examples" not in to_html("::: good\nx\n:::\n\n::: good\ny\n:::\n", ())


def test_a_glossary_term_opens_its_definition_without_script():
    html = to_html("The [[exit-criterion]] or [[exit-criterion|criteria]] in your [[crm]].", TERMS)
    tree = parsed(html)
    buttons = tree.findall(".//button")
    assert [button.text for button in buttons] == ["exit criterion", "criteria", "CRM"]
    ids = [button.attrib["popovertarget"] for button in buttons]
    assert len(set(ids)) == 3
    for button, target in zip(buttons, ids, strict=True):
        [definition] = [one for one in tree.findall(".//span") if one.attrib.get("id") == target]
        assert definition.attrib["popover"] == "auto"
        assert button.attrib["type"] == "button"
    assert "What must be &lt;true&gt;." in html


def test_the_same_text_twice_on_a_page_has_its_own_ids():
    first, second = to_html("[[crm]]", TERMS, scope="a"), to_html("[[crm]]", TERMS, scope="b")
    assert first != second


def test_an_unknown_term_is_words_and_no_button_stands_in_a_link():
    assert to_html("[[nothing|words]]", TERMS) == "<p>words</p>\n"
    assert "<a" not in to_html("[see [[crm]] here](https://example.com)", TERMS)


def test_a_term_with_its_own_words_stands_whole_in_a_cell():
    html = to_html("| a | b |\n|---|---|\n| **[[crm|Calls]]** | x |", TERMS)
    assert "[[" not in html
    assert html.count("<td>") == 2
    assert ">Calls</button>" in html
    assert "[[crm" not in to_html("| [[crm|no table]] |", TERMS)


def test_headings_begin_below_the_title_and_leave_no_level_out():
    html = to_html("# A\n\n### B\n\n# C\n\n##### D\n", (), heading=2)
    assert [element.tag for element in parsed(html).iter() if str(element.tag).startswith("h")] == [
        "h2",
        "h3",
        "h2",
        "h4",
    ]
    assert "<h6>" in to_html("# A\n\n## B\n\n### C\n", (), heading=5)
    assert "h7" not in to_html("# A\n\n## B\n\n### C\n", (), heading=5)


def test_tables_can_be_scrolled_by_keyboard():
    tree = parsed(to_html("| a | b |\n|---|--:|\n| 1 | 2 |\n", ()))
    [group] = tree.findall(".//div[@role='group']")
    assert group.attrib["tabindex"] == "0"
    assert [cell.attrib["scope"] for cell in tree.findall(".//th")] == ["col", "col"]


def test_an_image_alone_is_a_figure_and_one_in_a_line_is_not():
    html = to_html('![A line](assets/x.svg "Calls *by* week")', (), "first")
    [figure] = parsed(html).findall(".//figure")
    assert figure.find("img").attrib == {"src": "/-asset-/first/assets/x.svg", "alt": "A line", "loading": "lazy"}
    assert figure.find("figcaption").text == "Calls *by* week"
    assert parsed(to_html("See ![A line](assets/x.svg) here.", (), "first")).find(".//figure") is None


def test_recordings_have_controls_captions_and_a_transcript():
    html = to_html('::: video assets/v.mp4 assets/v.vtt "A film"\n**Dana:** Hello.\n:::\n', (), "first")
    [video] = parsed(html).findall(".//video")
    assert video.attrib["aria-label"] == "A film"
    assert "controls" in video.attrib
    [track] = video.findall("track")
    assert (track.attrib["kind"], track.attrib["src"]) == ("captions", "/-asset-/first/assets/v.vtt")
    assert "<summary>Transcript</summary>" in html
    [audio] = parsed(to_html('::: audio assets/a.mp3 "A talk"\nHello.\n:::\n', (), "first")).findall(".//audio")
    assert audio.attrib["src"] == "/-asset-/first/assets/a.mp3"


def test_addresses_are_put_in_for_each_reader():
    version_id = uuid4()
    text = "[how](step:first/how) ![x](assets/x.svg) [sheet](assets/y.pdf)"

    def html(step_prefix: str) -> str:
        return markdown.render(
            text,
            course_version_id=version_id,
            glossary=TERMS,
            module_key="first",
            asset_url=lambda path: f"/assets/1/{path}?a&b",
            step_url=lambda key: f"{step_prefix}{key}",
        )

    assert 'href="/mine/first/how"' in html("/mine/")
    assert 'href="/yours/first/how"' in html("/yours/")
    assert 'src="/assets/1/first/assets/x.svg?a&amp;b"' in html("/mine/")
    assert 'href="/assets/1/first/assets/y.pdf?a&amp;b"' in html("/mine/")
    assert "/-" not in html("/mine/")


def test_a_line_for_a_label_holds_no_blocks_links_or_buttons():
    html = to_inline_html("Say **no** to [[crm]] and [this](https://example.com).\n\n- x\n\n`y`", TERMS)
    assert html == "Say <strong>no</strong> to CRM and this. x <code>y</code>"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Which **one** is `x < y`?", "Which one is x < y?"),
        ("See [the guide](https://example.com) & *go*\n\n- x", "See the guide & go x"),
        ("What is an [[exit-criterion]]?", "What is an exit criterion?"),
        ('![a "call" & more](assets/x.svg) How many?', 'a "call" & more How many?'),
        ("A line  \nand <b>no</b> tag", "A line and <b>no</b> tag"),
        ("2 * 3 * 4 or a_b_c", "2 * 3 * 4 or a_b_c"),
    ],
)
def test_the_words_alone(text, words):
    assert plain(text, TERMS) == words


def test_key_points_are_found_for_the_recap():
    assert key_points("Text\n\n::: key\n- one\n- two\n:::\n\nMore") == "- one\n- two"
    assert key_points("No block") == ""
