# ruff: noqa: E501 -- one fault per line reads as a table
"""Each way to break a bundle is reported with the right file and line, in words, and nothing else is reported."""

from fractions import Fraction
from pathlib import Path

import pytest

from lms.catalog.loader import load
from lms.catalog.problems import Severity
from lms.policy.outline import Assessment, Chunk, Feedback, ItemType, Purpose, Rule, Transfer
from tests.features.catalog.bundles import SMALL, line_of, loaded, replaced, small

COURSE, MODULE, SECOND = "course.yaml", "01-first/module.yaml", "02-second/module.yaml"
WHY, HOW, AGAIN = "01-first/10-why.md", "01-first/20-how.md", "02-second/10-again.md"
PRE, POST, TRANSFER = "01-first/pretest.yaml", "01-first/posttest.yaml", "02-second/transfer.yaml"
TRY = "02-second/practice.yaml"
WORKBOOK, SVG, VTT = "02-second/workbook.md", "01-first/assets/line.svg", "01-first/assets/talk.vtt"

# (name, file, old, new, what the reported line holds, words of the message)
ERRORS = [
    ("yaml that ends in a quotation mark", MODULE, "title: The first module", 'title: "The first module', 'title: "The', "never closed"),
    ("yaml with a colon in a text", SECOND, "title: The second module", "title: The second: module", "The second: module", "colon"),
    ("a tab", MODULE, "objectives: [know-it", "\tobjectives: [know-it", "\tobjectives", "tab"),
    ("a list that is not closed", MODULE, "judge-it, do-it]", "judge-it, do-it", "objectives:", "square brackets"),
    ("an anchor", MODULE, "title: The first module", "title: &x The first module", "&x", "anchors"),
    ("a tag", MODULE, "title: The first module", "title: !!python/name:os.system x", "!!python", "tags"),
    ("a key twice", MODULE, "summary: It begins here.", "summary: It begins here.\ntitle: Again", "title: Again", "second time"),
    ("a wrong type", COURSE, "minutes: 60", "minutes: an hour", "minutes:", "must be a whole number"),
    ("a number for a text", PRE, 'answer: "12"', "answer: 12", "answer: 12", "must be text"),
    ("yes for true", MODULE, "test_out: true", "test_out: yes", "test_out", "must be true or false"),
    ("an unknown key", MODULE, "summary:", "sumary:", "sumary:", "`sumary` is unknown"),
    ("a missing key", WHY, "title: Why it matters\n", "", "key: why", "`title` is missing"),
    ("a key that is no slug", WHY, "key: why\n", "key: Why it\n", "Why it", "lower-case letters"),
    ("a value out of its list", WHY, "band: easy", "band: simple", "band: simple", "one of easy, medium, hard"),
    ("an unknown type of item", WHY, "type: multiple", "type: multi", "type: multi", "one of single"),
    ("an unknown kind of file", POST, "kind: assessment", "kind: exam", "kind: exam", "assessment or transfer"),
    ("another format", COURSE, "format: 1", "format: 2", "format: 2", "`format` must be 1"),
    ("a module that is not there", COURSE, "modules: [01-first, 02-second]", "modules: [01-first, 02-second, 03-third]", "03-third", "no folder `03-third`"),
    ("a step that is not there", MODULE, "20-how.md", "20-hwo.md", "20-hwo.md", "no file `20-hwo.md`"),
    ("a module without steps", SECOND, "steps: [10-again.md, practice.yaml, transfer.yaml]", "steps: []", "steps: []", "needs 1 or more"),
    ("a step key twice", POST, "key: posttest", "key: pretest", "key: pretest", "`pretest` is used a second time"),
    ("an item key twice", POST, "key: post-two", "key: post-one", None, "`post-one` is taken"),
    ("an objective key twice", COURSE, "  - {key: do-it,", "  - {key: know-it, title: Again, type: knowledge}\n  - {key: do-it,", "title: Again", "`know-it` is used a second time"),
    ("an option key twice", WHY, '{key: b, text: "That one"', '{key: a, text: "That one"', "That one", "option key `a`"),
    ("an unknown objective of a module", MODULE, "objectives: [know-it,", "objectives: [kow-it,", "kow-it", "no objective `kow-it`"),
    ("an unknown objective of an item", PRE, "    objective: judge-it", "    objective: judge", "objective: judge\n", "no objective `judge`"),
    ("an unknown competency", COURSE, "competency: asking}", "competency: askng}", "askng", "no competency `askng`"),
    ("an unknown rubric", TRANSFER, "field_rubric: call-rubric", "field_rubric: cal-rubric", "cal-rubric", "no rubric `cal-rubric`"),
    ("an unknown rubric of a question", TRY, '"Say them."\n    rubric: call-rubric', '"Say them."\n    rubric: cal-rubric', "cal-rubric", "no rubric `cal-rubric`"),
    ("a question for a person without a rubric", TRY, '"Say them."\n    rubric: call-rubric', '"Say them."', "key: try-say", "`rubric` is missing"),
    ("a recording of no length", TRY, "max_seconds: 45", "max_seconds: 5", "max_seconds", "at least 10"),
    ("a recording of another kind", TRY, "media: video", "media: hologram", "media", "one of audio, video"),
    ("a question for a person in a check", WHY, "check:\n  items:\n", "check:\n  items:\n    - {use: try-write}\n", (TRY, "type: long_text"), "stands in the check of the chunk `why`"),
    ("an unknown prerequisite", SECOND, "requires: [first]", "requires: [frist]", "requires:", "no module `frist`"),
    ("an unknown layer", SECOND, "module: first, why", "module: furst, why", "furst", "no module `furst`"),
    ("an unknown layer step", HOW, "step: first/why", "step: first/who", "first/who", "no step `first/who`"),
    ("an unknown item used again", POST, "use: pre-order", "use: pre-oder", "pre-oder", "no item `pre-oder`"),
    ("an unknown term", WHY, "[[crm]]", "[[crn]]", "[[crn]]", "`[[crn]]` is no term"),
    ("an unknown term in a prompt", HOW, "See [[crm]].", "See [[srm]].", "[[srm]]", "`[[srm]]` is no term"),
    ("a link to no step", WHY, "step:first/how", "step:first/howto", "step:first/howto", "no step `first/howto`"),
    ("a link to no step in a brief", TRANSFER, "step:first/why", "step:fist/why", "step:fist/why", "no step `fist/why`"),
    ("an asset that is not there", WHY, "assets/line.svg", "assets/lines.svg", "assets/lines.svg", "assets/lines.svg does not exist"),
    ("an asset outside", WHY, "assets/line.svg", "assets/../../course.yaml", "../course.yaml", "not in the folder assets/"),
    ("a row with too many cells", WHY, "[[crm]]", "crm\n\n| a | b |\n|---|---|\n| x | y | z |\n", "| x | y | z", "the row has 3 cells, and the table has 2"),
    ("a term in the title of a block", WHY, "::: note Mind", "::: note [[crm]] Mind", "::: note", "a title is plain words"),
    ("half a term", WHY, "[[crm]]", "[[crm", "[[crm", "a glossary reference is not written properly"),
    ("a term inside a link", WHY, "[the next chunk]", "[the [[crm]]]", "[[crm]]](", "a link is not written properly"),
    ("a link that would run", WHY, "(https://example.com/standard)", "(javascript:alert)", "javascript", "a link is not written properly"),
    ("an image from elsewhere", WHY, "](assets/line.svg", "](https://example.com/a.png", "example.com/a.png", "not part of the bundle"),
    ("an image without words", WHY, "![A line that rises]", "![]", "![]", "no description"),
    ("a film without captions", WHY, " assets/talk.vtt", "", "::: video", "no captions"),
    ("a recording without a transcript", WHY, '"A talk"\n**Dana:** Good morning.', '"A talk"', "::: audio", "no transcript"),
    ("a block that does not exist", WHY, "::: note Mind", "::: notice Mind", "::: notice", "no block `notice`"),
    ("a block that is not closed", AGAIN, "- Do it.\n:::", "- Do it.", "::: key", "never closed"),
    ("a block in a block", HOW, '"We have eleven modules."\n:::', '"We have eleven modules."', "::: good", "begins inside"),
    ("modules that wait for each other", MODULE, "test_out: true", "test_out: true\nrequires: [second]", "requires:", "wait for each other: first → second → first"),
    ("a module that waits for itself", MODULE, "test_out: true", "test_out: true\nrequires: [first]", "requires:", "waits for itself"),
    ("test-out without a pre-test", PRE, "purpose: pre", "purpose: formative", (MODULE, "test_out"), "has no pre-test"),
    ("a pre-test too short to test out", PRE, "  - {use: how-judge}\n", "", "items:", "8 items or more and has 7"),
    ("a gate of zero", POST, "pass_percent: 80", "pass_percent: 0", "pass_percent", "no gate"),
    ("a bar above everything", POST, "pass_percent: 80", "pass_percent: 101", "pass_percent", "at most 100"),
    ("no attempt", POST, "attempts: 3", "attempts: 0", "attempts", "no attempt is allowed"),
    ("no observation", TRANSFER, "minutes: 30", "minutes: 30\nobservations: 0", "observations", "without anyone having watched"),
    ("no right option", WHY, '"This one", right: true', '"This one"', "options:", "no option is right"),
    ("two right options in a single choice", WHY, '"That one"', '"That one", right: true', "That one", "second option is right"),
    ("no best judgment", HOW, 'weight: "1"}', 'weight: "1/2"}', "options:", "no option has weight 1"),
    ("a weight that does not exist", HOW, 'weight: "2/3"', 'weight: "3/4"', "3/4", "one of 0, 1/3, 1/2, 2/3, 1"),
    ("a weight beyond all measure", HOW, 'weight: "2/3"', 'weight: "1e999999999"', "1e99", "one of 0, 1/3, 1/2, 2/3, 1"),
    ("a number that is none", PRE, 'answer: "12"', 'answer: "a dozen"', "a dozen", "decimal number"),
    ("a negative tolerance", PRE, 'abs_tolerance: "0.5"', 'abs_tolerance: "-0.5"', "-0.5", "decimal number from 0 up"),
    ("an order of one", PRE, "      - {key: b, text: Second}\n      - {key: c, text: Third}\n", "", "sequence:", "two entries or more and has 1"),
    ("a matching with the same right side", PRE, "right: Right two", "right: Right one", "Left two", "same right side"),
    ("rows that cannot be", TRANSFER, "min_rows: 1", "min_rows: 9", "min_rows", "at least 9"),
    ("a choice without options", TRANSFER, ", options: [{key: meet, text: Meet}, {key: learn, text: Learn}]", "", "key: goal", "`options` is missing"),
    ("a plausible range the wrong way round", TRANSFER, "[20, 120]", "[120, 20]", "[120, 20]", "begins above its end"),
    ("an order of unknown numbers", TRANSFER, "order: [calls, contacts]", "order: [calls, contracts]", "order:", "no number `contracts`"),
    ("a workbook that is not there", TRANSFER, "workbook: workbook.md", "workbook: workbok.md", "workbok.md", "no file `workbok.md`"),
    ("an empty worksheet that would do", TRANSFER, "label: Your opening, required: true", "label: Your opening", None, None),
    ("a rubric with a gap", COURSE, "3: A fact, 4:", "3: A fact, 5:", "levels:", "gap"),
    ("a chunk without a check", AGAIN, "    - {use: why-single}\n    - {use: pre-number}\n", "    []\n", "items:", "needs 1 or more"),
    ("a skill without a good example", HOW, "::: good One question", "::: tip One question", "skill: true", "needs a good example"),
    ("no rationale", COURSE, "rationale:\n  gap: Nobody knows whether the loader works.\n  behaviors: [Reads the report]\n  source: Written for the tests.\n  metric: appointments\n  by_days: 30\n", "", "# yaml", "rationale is missing"),
    ("a rep course with edition_of", COURSE, "key: small", "key: small\nedition_of: other", "edition_of", "only a manager's edition"),
    ("a manager's edition of nothing", COURSE, "key: small", "key: small\nedition: manager", "edition:", "must say of which course"),
    ("a later check too soon", COURSE, "key: small", "key: small\ndelayed_checks: {after_days: 3}", "delayed_checks", "at least 7"),
    ("a later check too late", MODULE, "test_out: true", "test_out: true\ndelayed_check: {after_days: 91}", "delayed_check", "at most 90"),
    ("a later check that is too short", POST, "purpose: post", "purpose: delayed\ndraw: 5", "items:", "5 questions cannot say"),
    ("a reserved key", POST, "key: posttest", "key: delayed-check", "key: delayed-check", "belongs to what the product"),
    ("mastery of nothing", MODULE, "test_out: true", "test_out: true\nrequires_mastery: true", "requires_mastery", "waits for mastery"),
    ("a purpose that does not exist", POST, "purpose: post", "purpose: later", "purpose: later", "one of pre, post, formative, delayed, carry, test_out"),
    ("a feedback that does not exist", POST, "purpose: post", "purpose: post\nfeedback: none", "feedback: none", "one of objective, full, at_once, score"),
    ("a gate that shows answers one by one", POST, "purpose: post", "purpose: post\nfeedback: at_once", "feedback: at_once", "known at the next try"),
    ("two ways to test out", POST, "purpose: post", "purpose: test_out", "purpose: test_out", "two ways to test out"),
    ("an objective of this very course", COURSE, "type: judgment}", "type: judgment, of: small}", "of: small", "this very course"),
    ("front matter that is missing", AGAIN, "---\ntitle", "title", "title: Once more", "front matter is missing"),
    ("front matter that is not closed", AGAIN, "---\n\nOnce", "\nOnce", "---", "never closed"),
    ("a script in a picture", SVG, "  <path", "  <script>alert(1)</script>\n  <path", "<script>", "a script"),
    ("foreign content in a picture", SVG, "  <path", "  <foreignObject/>\n  <path", "foreignObject", "foreignObject"),
    ("a picture that loads another", SVG, "  <path", '  <image href="https://example.com/x.png"/>\n  <path', "<image", "points elsewhere"),
    ("a picture with a handler", SVG, '<path d="M0', '<path onload="x()" d="M0', "onload", "event handler"),
    ("a picture with an entity", SVG, "<svg", '<!DOCTYPE svg [<!ENTITY x "y">]>\n<svg', "DOCTYPE", "document type"),
    ("a picture that is not XML", SVG, "</svg>", "</sv>", "</sv>", "not well-formed"),
    ("captions that are none", VTT, "WEBVTT", "SUBS", "SUBS", "do not begin with WEBVTT"),
]  # fmt: skip


def test_the_small_bundle_is_clean_and_holds_what_it_says():
    found = load(SMALL)
    assert found.problems == ()
    course = found.course
    assert course is not None
    assert list(course.steps) == [
        "first/pretest",
        "first/why",
        "first/how",
        "first/posttest",
        "second/again",
        "second/practice",
        "second/script",
    ]
    assert [module.requires for module in course.modules] == [(), ("first",)]
    why, how = course.steps["first/why"][1], course.steps["first/how"][1]
    assert isinstance(why, Chunk)
    assert isinstance(how, Chunk)
    assert how.is_skill
    assert how.items[0] is why.items[0], "an item that is used again is the same item"
    assert [option.weight for option in how.items[1].options] == [0, 1, Fraction(2, 3)]
    assert why.items[1].rule is Rule.HALF
    post = course.steps["first/posttest"][1]
    assert isinstance(post, Assessment)
    assert (post.purpose, post.threshold_bp, post.attempts, len(post.items)) == (Purpose.POST, 8000, 3, 10)
    both = course.steps["first/pretest"][1].items + course.steps["second/practice"][1].items
    assert {item.type for item in both} == set(ItemType)
    script = course.steps["second/script"][1]
    assert isinstance(script, Transfer)
    assert script.field_rubric.criteria[0].levels == ("None", "A product", "A fact", "A consequence")
    assert script.numbers[0].plausible == (20, 120)
    assert script.workbook.startswith("# What to look for")
    assert sorted(course.assets) == [
        *(f"first/assets/{name}" for name in ("line.svg", "talk.mp3", "talk.mp4", "talk.vtt")),
        "second/assets/line.svg",
    ]
    assert found.assets["first/assets/line.svg"].media_type == "image/svg+xml"


@pytest.mark.parametrize(("name", "file", "old", "new", "at", "words"), ERRORS, ids=[row[0] for row in ERRORS])
def test_one_fault_is_reported_where_it_is(name, file, old, new, at, words):
    files = replaced(small(), file, old, new)
    found = loaded(files)
    if words is None:  # the other required field of the worksheet still asks for something
        assert found.course is not None
        return
    assert found.course is None
    assert not found.assets
    if isinstance(at, tuple):  # it shows in another file than the one that was changed
        file, at = at
    if at is None:  # the second of two lines that read the same
        line = files[file].decode().split("\n").index("  - " + new, line_of(files, file, new)) + 1
    elif at.endswith("\n"):
        line = files[file].decode().split("\n").index("    " + at.strip()) + 1
    else:
        line = line_of(files, file, at)
    matching = [one for one in found.errors if words in one.message]
    assert matching, [str(one) for one in found.problems]
    assert [(one.file, one.line) for one in matching] == [(file, line)]
    assert {(one.file, one.line) for one in found.errors} == {(file, line)}, "one fault, one complaint"


def test_purposes_plans_and_what_is_shown_are_read():
    files = replaced(small(), COURSE, "key: small", "key: small\ndelayed_checks: {after_days: 21, pass_percent: 90}")
    files = replaced(files, COURSE, "type: judgment}", "type: judgment, of: basics}")
    plan = "delayed_check: {open_days: 5}\nrequires_mastery: true\nwarm_up: false\nrequires:"
    files = replaced(files, SECOND, "requires:", plan)
    files = replaced(files, "02-second/practice.yaml", "purpose: formative", "purpose: formative\nfeedback: at_once")
    files = replaced(files, POST, "purpose: post", "purpose: delayed\nfeedback: score")
    course = loaded(files).course
    first, second = course.modules
    assert (course.delayed.after_days, course.delayed.threshold_bp, first.delayed) == (21, 9000, None)
    assert (second.delayed.after_days, second.delayed.open_days) == (21, 5)
    assert (second.needs_mastery, second.has_warm_up, first.has_warm_up) == (True, False, True)
    assert [one.of for one in course.objectives] == ["", "basics", ""]
    [check] = first.with_purpose(Purpose.DELAYED)
    assert (check.feedback, check.asked) == (Feedback.SCORE, 10)
    assert course.steps["second/practice"][1].feedback is Feedback.AT_ONCE


def test_files_that_are_missing_altogether():
    for file in (COURSE, MODULE):
        files = small()
        del files[file]
        found = loaded(files)
        assert found.course is None
        assert file in {one.file for one in found.errors}


def test_a_file_that_is_not_utf_8_names_the_line():
    files = small()
    files[WHY] = files[WHY].replace(b"Read [the next", "Lies es für [the next".encode("latin-1"))
    [problem] = loaded(files).errors
    assert (problem.file, problem.line) == (WHY, line_of(files, WHY, "[the next"))
    assert "UTF-8" in problem.message


def test_windows_line_ends_and_a_byte_order_mark_are_fine():
    files = {
        name: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") if name.endswith((".yaml", ".md")) else data
        for name, data in small().items()
    }
    assert loaded(files).course == loaded(small()).course


def test_an_empty_file_and_a_file_of_the_wrong_shape():
    files = {**small(), POST: b"", SECOND: b"- a list\n"}
    found = {one.file: one.message for one in loaded(files).errors}
    assert "does not describe a step" in found[POST]
    assert "must be a group of keys" in found[SECOND]


def test_several_problems_come_in_one_report():
    files = small()
    for file, old, new in (
        (COURSE, "minutes: 60", "minutes: sixty"),
        (MODULE, "know-it, ", "knows-it, "),
        (WHY, "[[crm]]", "[[crn]]"),
        (WHY, "![A line that rises]", "![]"),
        (HOW, 'weight: "1"}', 'weight: "1/2"}'),
        (PRE, 'answer: "12"', 'answer: "twelve"'),
        (POST, "attempts: 3", "attempts: 0"),
        (TRANSFER, "field_rubric: call-rubric", "field_rubric: other"),
        (SVG, "<path d", "<script/><path d"),
    ):
        files = replaced(files, file, old, new)
    files["02-second/20-left.md"] = b"---\n---\n"
    found = loaded(files)
    assert [one.file for one in found.errors] == sorted([COURSE, MODULE, WHY, WHY, HOW, PRE, POST, TRANSFER, SVG])
    assert [one.file for one in found.warnings] == ["02-second/20-left.md"]
    assert found.problems == tuple(sorted(found.problems))


ELSEWHERE = {
    "nothing else": [],
    "a module.yaml that cannot be read": [(MODULE, "summary: It", "\tsummary: It")],
    "a chunk with a bad key": [(HOW, "key: how", "key: How To")],
    "a question with a bad key": [(PRE, "key: pre-order", "key: Pre Order")],
    "a file of a step that cannot be read": [(POST, "purpose: post", "\tpurpose: post")],
    "a step under another name": [(MODULE, "20-how.md", "20-hwo.md")],
}


@pytest.mark.parametrize("edits", ELSEWHERE.values(), ids=ELSEWHERE)
def test_names_that_nothing_could_define_are_reported_whatever_else_is_broken(edits):
    """And what stands in the broken part is not called missing, nor its files unused."""
    files = replaced(small(), SECOND, "requires: [first]", "requires: [nothing-here]")
    files = replaced(files, AGAIN, "use: why-single", "use: zzz")
    files = replaced(files, TRANSFER, "step:first/why", "step:second/nobody")
    for file, old, new in edits:
        files = replaced(files, file, old, new)
    found = loaded(files)
    missing = {one.message for one in found.errors if one.file in {SECOND, AGAIN, TRANSFER}}
    assert missing == {
        "there is no module `nothing-here`",
        "there is no item `zzz` in this course",
        "there is no step `second/nobody`",
    }
    assert len(found.problems) == 3 + len(edits), [str(one) for one in found.problems]


def test_the_steps_of_a_module_that_cannot_be_read_are_checked_in_the_same_go():
    faults = (
        (WHY, "[[crm]]", "[[crn]]"),
        (HOW, 'weight: "1"}', 'weight: "1/2"}'),
        (POST, "attempts: 3", "attempts: 0"),
        (PRE, 'answer: "12"', 'answer: "twelve"'),
    )
    files = small()
    for file, old, new in faults:
        files = replaced(files, file, old, new)
    told = {(one.file, one.line, one.message) for one in loaded(files).problems}
    assert {file for file, *_ in told} == {file for file, *_ in faults}
    broken = replaced(files, MODULE, "summary: It", "\tsummary: It")
    both = {(one.file, one.line, one.message) for one in loaded(broken).problems}
    assert both - told == {one for one in both if one[0] == MODULE}
    assert told < both


def test_a_file_that_is_not_there_may_hold_any_name_of_its_kind():
    files = small()
    del files[PRE]
    assert {(one.file, one.message) for one in loaded(files).problems} == {
        (MODULE, "there is no file `pretest.yaml` in 01-first")
    }
    assert [one.message for one in loaded(replaced(files, AGAIN, "use: why-single", "use: zzz")).problems] == [
        "there is no file `pretest.yaml` in 01-first"
    ]


WARNINGS = [
    ("a long chunk", WHY, "minutes: 4", "minutes: 14", "minutes: 14", "1 to 10 are advised"),
    ("a check of one", AGAIN, "    - {use: pre-number}\n", "", "items:", "1 items; 2 to 5"),
    ("a wordy chunk", AGAIN, "and then you do it.", "and " + "then " * 950 + "you do it.", "title:", "900 are the most"),
    ("a chunk without key points", AGAIN, "::: key", "::: tip", "title:", "no blocks"),
    ("a short post-test", POST, "  - {use: pre-number}\n", "", "items:", "9 items; 10 to 15"),
    ("an objective with one item", POST, "key: post-two\n    type: single\n    objective: do-it", "key: post-two\n    type: single\n    objective: know-it", "items:", "`do-it` has 1 item"),
    ("a skill that only a quiz sees", COURSE, "type: skill, competency: asking", "type: skill", None, None),
    ("a purpose that is openly missing", COURSE, "rationale:\n  gap: Nobody knows whether the loader works.\n  behaviors: [Reads the report]\n  source: Written for the tests.\n  metric: appointments\n  by_days: 30\n", "rationale: not-stated\n", "not-stated", "does not say why"),
    ("raw HTML", AGAIN, "Once more, and", "Once <b>more</b>, and", "<b>", "HTML is shown as it stands"),
    ("layers that point ahead", MODULE, "test_out: true", "test_out: true\nbuilds_on: [{module: second, why: x}]", "builds_on", "comes later"),
    ("a promise of too much time", COURSE, "minutes: 60", "minutes: 600", "minutes:", "add up to 71"),
    ("headings that jump", WHY, "## How it goes on", "# One\n\n### Three", "### Three", "jump from level 1 to level 3"),
    ("an objective nobody uses", COURSE, "  - {key: do-it,", "  - {key: idle, title: Idle, type: knowledge}\n  - {key: do-it,", "key: idle", "names the objective `idle`"),
    ("no workbook", TRANSFER, "workbook: workbook.md\n", "", "kind: transfer", "no workbook"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "old", "new", "at", "words"), WARNINGS, ids=[row[0] for row in WARNINGS])
def test_advice_does_not_stop_publishing(name, file, old, new, at, words):
    files = replaced(small(), file, old, new)
    found = loaded(files)
    assert found.course is not None, [str(one) for one in found.errors]
    if words is None:  # the module with the transfer activity names the objective too
        assert not found.problems
        return
    matching = [one for one in found.problems if words in one.message]
    assert [(one.file, one.line) for one in matching] == [(file, line_of(files, file, at))]
    assert all(one.severity is Severity.WARNING for one in matching)


def test_a_skill_measured_by_a_quiz_alone_is_named():
    files = replaced(small(), COURSE, "type: skill, competency: asking", "type: skill")
    files = replaced(files, SECOND, "objectives: [do-it]", "objectives: [know-it]")
    [warning] = loaded(files).warnings
    assert (warning.file, warning.line) == (COURSE, line_of(files, COURSE, "key: do-it"))
    assert "a quiz alone cannot show the skill `do-it`" in warning.message


def test_every_hint_helps():
    files = replaced(small(), MODULE, "summary:", "sumary:")
    hints = {one.message: one.hint for one in loaded(files).errors}
    assert hints["the key `sumary` is unknown"] == "Did you mean `summary`?"
    files = replaced(small(), SECOND, "requires: [first]", "requires: [frist]")
    assert [one.hint for one in loaded(files).errors] == ["Did you mean `first`?"]
    files = replaced(small(), MODULE, "20-how.md", "20-hwo.md")
    assert "Did you mean `20-how.md`?" in {one.hint for one in loaded(files).errors}


def test_an_item_with_a_picture_stays_in_its_module():
    files = replaced(small(), WHY, '"Which one is right?"', '"Which one is right? ![A line](assets/line.svg)"')
    messages = {one.message for one in loaded(files).errors}
    assert messages == {"an item with an image can be used again only in its own module"}


def test_bytes_that_contradict_the_name():
    files = {**small(), "01-first/assets/talk.mp3": b"\x89PNG\r\n\x1a\n" + b"\0" * 64}
    [problem] = loaded(files).errors
    assert (problem.file, problem.message) == (
        "01-first/assets/talk.mp3",
        "the name says audio/mpeg, the bytes say image/png",
    )


def test_assets_too_large_or_of_a_type_that_runs():
    files = replaced(small(), WHY, "assets/line.svg", "assets/line.html")
    files["01-first/assets/line.html"] = b"<script>"
    assert "type .html may not be assets" in str([str(one) for one in loaded(files).errors])
    big = {**small(), VTT: b"WEBVTT\n\n00:00.000 --> 00:02.000\n" + b"x" * (1024 * 1024)}
    [problem] = loaded(big).errors
    assert "1 MB is the most" in problem.message


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path):
    for name, data in small().items():
        (tmp_path / "b" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "b" / name).write_bytes(data)
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "b/01-first/assets/line.svg").unlink()
    (tmp_path / "b/01-first/assets/line.svg").symlink_to(secret)
    found = load(tmp_path / "b")
    assert found.course is None
    assert {(one.file, one.message) for one in found.errors} >= {(SVG, "this link leads out of the bundle")}
    (tmp_path / "b/01-first/loop").symlink_to(tmp_path / "b")
    assert "this link does not lead to a file" in {one.message for one in load(tmp_path / "b").errors}


def test_a_path_that_is_not_there(tmp_path: Path):
    [problem] = load(tmp_path / "nothing").errors
    assert "no such folder" in problem.message
