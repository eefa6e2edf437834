"""Our own courses out to other systems, and questions of other systems into our own courses."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

import pytest
import yaml
from click.testing import CliRunner

from lms.catalog.exchange.commands import cli
from lms.catalog.exchange.course_items import SAYABLE, question_of, read_course, without_references
from lms.catalog.exchange.course_writer import write_items
from lms.catalog.exchange.markdown_text import markdown
from lms.catalog.exchange.model import Format, Kind, Place, Text
from lms.catalog.exchange.moodle_writer import write_moodle
from lms.catalog.exchange.reading import read_path
from lms.catalog.exchange.writing import write
from lms.policy.items import Feedback, ItemType
from lms.policy.lint.finding import all_items
from tests.features.catalog.bundles import SMALL, loaded, small
from tests.features.catalog.exchange.material import needs_shared, read, shared

ASSESSMENT = "01-first/imported.yaml"
HEAD = b"kind: assessment\nkey: imported\ntitle: Imported\npurpose: formative\n"


def spoken_items():
    """The questions of the small course, as they are said outside it."""
    course = loaded(small()).course
    return {item.key: without_references(item, course.glossary) for _, _, item in all_items(course)}


def taken_up(data: bytes, beside: Mapping[str, bytes] = MappingProxyType({})):
    """The items that the loader makes of what was written, put into a course as an author would."""
    files = {**small(), ASSESSMENT: HEAD + data, **{f"01-first/{path}": one for path, one in beside.items()}}
    module = yaml.safe_load(files["01-first/module.yaml"])
    module["steps"] = [*module["steps"], "imported.yaml"]
    files["01-first/module.yaml"] = yaml.safe_dump(module, allow_unicode=True).encode()
    result = loaded(files)
    assert [str(problem) for problem in result.errors] == []
    return [item for _, step, item in all_items(result.course) if step.key == "imported"]


def _reach(item):
    """How far off is still right: the wider of the two tolerances, which is all that other formats hold."""
    return max(Fraction(item.abs_tolerance), Fraction(item.rel_tolerance) * abs(Fraction(item.answer or 1)))


def alike(item):
    """An item without what the way through a file names anew, or shuffles anyway."""
    named = [replace(option, key="") for option in item.options]
    if item.type in {ItemType.BEST_WORST, ItemType.RANKING}:
        named.sort(key=lambda option: (-option.weight, option.text))
    sequence = [replace(option, key="") for option in item.sequence]
    pairs = [(pair.left, pair.right) for pair in item.pairs]
    gaps = [([(one.text, one.weight) for one in gap.options], gap.accept) for gap in item.gaps]
    parts = (item.type, item.prompt, item.explanation, item.rule, item.answer, item.unit, item.accept, item.points)
    if item.type is ItemType.BEST_WORST:
        named = [replace(option, feedback="") for option in named]
    drawn = (item.formula, item.parameters, item.decimals, _reach(item))
    return (*parts, *drawn, named, sequence, pairs, gaps, item.objective, item.band)


def test_every_question_of_a_course_comes_out_and_in_again():
    reading = read_course(SMALL)
    items = spoken_items()
    sayable = [item for item in items.values() if item.type in SAYABLE]
    assert {item.type for item in sayable} == SAYABLE
    assert [question.identifier for question in reading.questions] == [item.key for item in sayable]
    assert [finding.item for finding in reading.refusals] == [key for key in items if items[key] not in sayable]
    written = write_items([replace(one, identifier=f"new-{one.identifier}") for one in reading.questions], "know-it")
    assert written.findings == ()
    assert [alike(item) for item in taken_up(written.data, written.files)] == [alike(item) for item in sayable]


# What a format cannot say of a course's question: its type, and what is left of it.
UNSAYABLE = {
    "gift": {"order", "ranking", "calculated", "hotspot", "cloze", "scenario"},
    "moodle-xml": {"hotspot", "scenario"},
    "qti-2.2": {"scenario"},
    "qti-3.0": {"scenario"},
    "csv": {"calculated", "hotspot", "cloze", "scenario"},
}


@pytest.mark.parametrize("form", UNSAYABLE)
def test_questions_of_a_course_come_back_through_another_format(form, tmp_path):
    items = spoken_items()
    written = write(read_course(SMALL).questions, form)
    suffix = {"gift": "gift", "moodle-xml": "xml", "csv": "csv"}.get(form, "zip")
    path = tmp_path / f"bank.{suffix}"
    path.write_bytes(written.data)
    questions = [question for reading in read_path(path) for question in reading.questions]
    again = write_items([replace(one, identifier=f"new-{one.identifier}") for one in questions], "know-it")
    back = {item.key.removeprefix("new-"): item for item in taken_up(again.data, again.files)}
    sayable = {
        key: item for key, item in items.items() if item.type in SAYABLE and item.type.value not in UNSAYABLE[form]
    }
    assert back.keys() == sayable.keys()
    if form == "gift":  # every question is worth one point there
        sayable = {key: replace(item, points=1) for key, item in sayable.items()}
    assert {key: alike(back[key]) for key in sayable} == {key: alike(item) for key, item in sayable.items()}


def test_the_questions_of_a_course_go_to_moodle_and_back():
    questions = read_course(SMALL).questions
    again = read(write_moodle(questions).data, "q.xml").questions
    sayable = [one for one in questions if one.kind is not Kind.HOTSPOT]
    assert [one.kind for one in again] == [one.kind for one in sayable]
    assert [one.tags for one in again] == [one.tags for one in sayable]


def test_a_course_that_cannot_be_published_is_refused_whole(tmp_path):
    for name, data in small().items():
        path = tmp_path / "course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.replace(b"type: numeric", b"type: riddle"))
    (reading,) = read_path(tmp_path / "course")
    assert reading.questions == ()
    assert any("01-first" in finding.place.file and finding.place.line for finding in reading.refusals)


def test_questions_of_another_system_are_taken_up_by_a_course():
    questions = read(
        "// [id:close 1] [tag:objective:do-it] [tag:band:hard]\n"
        "[html]<p>Which <b>one</b>?</p>{=<p>This *one*</p>#<p>Yes.</p> ~That}\n\n"
        "Which two?{~%50%a ~%50%b ~%-100%c####Because.}\n\n"
        "True?{T####So it is.}\n\n"
        "How many?{#3:0.5####Three.}\n\n"
        "Say it{=yes =yeah####Both count.}\n\n"
        "Match{=A -> 1 =B -> 2####So.}\n\n"
        "Judge{=best ~%50%fair ~poor####Judged.}"
    ).questions
    written = write_items(questions, "know-it")
    items = taken_up(written.data, written.files)
    assert [item.type.value for item in items] == [
        *("single", "multiple", "single", "numeric", "short", "matching", "judgment"),
    ]
    first = items[0]
    assert (first.key, first.objective, first.band) == ("close-1", "do-it", "hard")
    assert (first.prompt, first.explanation) == ("Which **one**?", "Yes.")
    assert [option.text for option in first.options] == ["This \\*one\\*", "That"]
    assert [finding.message for finding in written.findings] == []


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Why?{}", "no question of the type “essay”"),
        ("Which?{=a ~a}", "say the same"),
        ("Which?{=%50%a ~b}", "No option earns all"),
        ("Match{=A -> 1 =B -> 1}", "share 1 right sides"),
        ("Say it{=%50%a}", "No answer earns all"),
    ],
)
def test_what_a_course_cannot_ask_is_refused(words, reason):
    written = write_items(read(words).questions, "know-it")
    assert written.data == b""
    assert reason in written.findings[0].message


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p>One</p><p>Two<br>lines</p>", "One\n\nTwo  \nlines"),
        ("<b>bold</b> and <em>more</em>", "**bold** and *more*"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<pre>x  =\n  1</pre>", "```\nx  =\n  1\n```"),
        ("<code>a*b</code>", "`a*b`"),
        ("<h2>Head</h2>text", "## Head\n\ntext"),
        ('<a href="https://example.org">there</a>', "[there](https://example.org)"),
        ('<a href="javascript:x()">there</a>', "there"),
        ("2 * 3 _x_ &lt;b&gt; [y]", "2 \\* 3 \\_x\\_ \\<b\\> \\[y\\]"),
        ("<p># no heading</p>", "\\# no heading"),
    ],
)
def test_html_becomes_markdown(source, shown):
    lost = []
    assert markdown(Text(source, Format.HTML), lost) == shown
    assert lost == []


def test_what_markdown_cannot_say_is_named():
    lost = []
    assert markdown(Text('<img src="x.png" alt="A map"> H<sub>2</sub>O'), lost) == "A map H2O"
    assert lost == ["the picture “A map”, which is not among the files", "the markup <sub>"]


def test_the_command_writes_items_for_an_assessment(tmp_path):
    bank = tmp_path / "bank.gift"
    bank.write_text("::Close::Which?{=a#Yes ~b}", encoding="utf-8")
    target = tmp_path / "items.yaml"
    arguments = ["import", str(bank), "--output", str(target), "--objective", "know-it"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0
    (item,) = taken_up(target.read_bytes())
    assert (item.key, item.objective) == ("close", "know-it")
    halfway = CliRunner().invoke(cli, ["import", str(bank), "--output", str(target)])
    assert halfway.exit_code == 2
    assert "--objective" in halfway.output


@needs_shared
@pytest.mark.parametrize("folder", ["gift", "moodle-xml", "qti"])
def test_real_questions_make_items_that_a_course_takes(folder):
    questions = [one for reading in read_path(shared(folder)) for one in reading.questions]
    written = write_items(questions, "know-it")
    items = taken_up(written.data, written.files)
    assert len(items) == len(questions) - sum(one.outcome.value == "refused" for one in written.findings)
    assert len([one for one in questions if one.kind in {Kind.SINGLE, Kind.TRUE_FALSE}]) > 0


@pytest.mark.parametrize("form", ["gift", "moodle-xml", "qti-3.0", "csv"])
def test_what_learners_get_to_see_of_a_question_comes_back(form, tmp_path):
    """No format has a word for it; a tag brings it back."""
    (made, *_) = (one for one in spoken_items().values() if one.type is ItemType.SINGLE)
    question = question_of(replace(made, feedback=Feedback.SCORE), "", Place("m"), {})
    path = tmp_path / f"bank.{ {'moodle-xml': 'xml', 'qti-3.0': 'zip'}.get(form, form) }"
    path.write_bytes(write([question], form).data)
    (again,) = (question for reading in read_path(path) for question in reading.questions)
    (item,) = yaml.safe_load(write_items([again], "know-it").data)["items"]
    assert item["feedback"] == "score"
    lost = write_items([replace(again, tags=("feedback:never",))], "know-it").findings
    assert any("the feedback “never”, which is none of objective, full" in str(finding) for finding in lost)
