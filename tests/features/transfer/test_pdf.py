"""The printed worksheet: what the screen says, readable by machines for people, and nothing typed becomes markup."""

import io
import re
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from lms import clock
from lms.transfer.pdf import Print, worksheet_pdf
from lms.transfer.stages import answers
from lms.transfer.words import full_day
from tests.features.transfer.pages import FORM, Pages
from tests.features.transfer.stage import CONTENT, Story, activity_step

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SHEET = activity_step().sheet
ABOUT = Print("Northwind", "Calling", "Rosa Diaz", "Version 2, approved", "March 2, 2026")


def made(content, at=AT) -> PdfReader:
    return PdfReader(io.BytesIO(worksheet_pdf(SHEET, content, ABOUT, at=at)))


def words(reader: PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in reader.pages))


def test_the_paper_says_what_the_screen_says():
    text = words(made(CONTENT))
    for section in answers(SHEET, CONTENT):
        assert section.title in text
        for one in section.answers:
            assert one.label in text
            assert one.text in text
            for cell in (*one.columns, *(cell for row in one.rows for cell in row)):
                assert cell in text
    assert "Warm" in text
    assert "warm" not in text  # a choice by its words, not by its key


def test_every_page_says_whose_which_version_and_when():
    long = {**CONTENT, "concerns": [{"concern": f"Concern {n}", "answer": "A long answer. " * 90} for n in range(3)]}
    reader = made(long)
    assert len(reader.pages) > 1
    for number, page in enumerate(reader.pages, start=1):
        text = re.sub(r"\s+", " ", page.extract_text())
        assert "Northwind · Rosa Diaz · Version 2, approved · March 2, 2026" in text
        assert text.strip().startswith("Northwind Calling")  # the head of the company's paper
        assert f"Page {number} of {len(reader.pages)}" in text


def test_it_is_tagged_titled_and_names_its_language():
    root = made(CONTENT).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).lower().startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    data = made(CONTENT).metadata
    assert data.title == "Call script"
    assert data.author == "Rosa Diaz"
    assert "pdfuaid" in root["/Metadata"].get_data().decode()
    kinds = structure(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD"} <= kinds


def structure(element) -> set[str]:
    found = {str(element["/S"])} if "/S" in element else set()
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        kid = kid.get_object()
        if isinstance(kid, dict):
            found |= structure(kid)
    return found


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd") #panic("no") *bold* _it_ $x^2$ = Heading',
        "#let x = 1; #x \\ `raw` // comment /* more */ @cite <label>",
        '"; system("ls") {{ 7*7 }} ${env} <script>alert(1)</script>',
        "- one\n- two\n+ three",
    ],
)
def test_what_is_typed_is_never_markup(text):
    flat = re.sub(r"\s+", "", words(made({**CONTENT, "opening": text})))
    assert re.sub(r"\s+", "", text) in flat


@pytest.mark.parametrize(
    "text", ["我想约个时间", "مرحبا", "🦀 and 🐍", "Zoë Łukasiewicz – “naïve” €5", "\u0378 unassigned"]
)
def test_a_character_without_a_letter_form_does_not_cost_the_paper(text):
    reader = made({**CONTENT, "opening": f"Before {text} after"})
    said = words(reader)
    assert "Before" in said
    assert "after" in said
    assert "/StructTreeRoot" in reader.trailer["/Root"]


def test_the_same_worksheet_is_the_same_paper():
    assert worksheet_pdf(SHEET, CONTENT, ABOUT, at=AT) == worksheet_pdf(SHEET, CONTENT, ABOUT, at=AT)


def test_an_empty_worksheet_prints_its_questions():
    text = words(made({}))
    assert text.count("Not filled in") == 3
    assert "Your opening" in text


class TestOverHttp:
    @pytest.fixture
    def story(self, cast) -> Story:
        return Story(cast)

    @pytest.fixture
    def pages(self, story, visit) -> Pages:
        return Pages(story, visit)

    def paper(self, pages, person, tail="") -> str:
        answer = pages.get(person, pages.work(f"/worksheet.pdf{tail}"))
        assert answer.status_code == 200
        assert answer.mimetype == "application/pdf"
        assert "call-script-rosa-diaz.pdf" in answer.headers["Content-Disposition"]
        return words(PdfReader(io.BytesIO(answer.data)))

    def test_the_rep_prints_the_draft_and_it_says_so(self, pages, rosa):
        pages.post(rosa, pages.work("/worksheet"), {**FORM, "lock_version": "0"})
        text = self.paper(pages, rosa)
        assert f"Draft of {full_day(clock.local_day(clock.now(), 'UTC'))}" in text
        assert FORM["f-opening"] in text

    def test_the_manager_prints_what_was_submitted_then_what_was_approved(self, pages, story, rosa, milo):
        story.to_review()
        assert "Round 1 (version 1), submitted" in self.paper(pages, milo)
        story.adjusted()
        for person in (rosa, milo):
            text = self.paper(pages, person)
            assert "approved with edits" in text
            assert "Hello Mr. Adler, Rosa Diaz here." in text
        before = self.paper(pages, milo, f"?revision={story.activity.submitted_revision}")
        assert "Hello, this is Rosa Diaz." in before
        assert "approved" not in before

    def test_before_the_first_save_there_is_no_paper(self, pages, rosa):
        assert pages.get(rosa, pages.work("/worksheet.pdf")).status_code == 404

    def test_what_was_never_written_is_not_found(self, pages, story, rosa):
        story.to_review()
        assert pages.get(rosa, pages.work("/worksheet.pdf?revision=99")).status_code == 404
