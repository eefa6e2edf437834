"""What lies beside an item in its package: texts that items share, pictures in other folders, tags."""

import zipfile

import pytest

from lms.catalog.exchange.model import Question
from lms.catalog.exchange.reading import read_path
from lms.catalog.exchange.writing import write
from tests.features.catalog.exchange.material import MATCH, item
from tests.features.catalog.exchange.test_qti import choices, declared, interaction
from tests.features.catalog.exchange.test_qti_calculated import DRAW, SUM, template

STORY = (
    '<assessmentStimulus xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="S" title="S"><stimulusBody>'
    '<p>Ann calls.</p><img src="pictures/a.png" alt="Ann"/></stimulusBody></assessmentStimulus>'
)
MANIFEST = """<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="M"><resources>
<resource identifier="I" type="imsqti_item_xmlv2p2" href="items/i.xml"/></resources></manifest>"""


@pytest.fixture
def package(tmp_path):
    """The only question of a package with this item."""

    def made(data: bytes, **files: str) -> Question:
        path = tmp_path / "p.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("imsmanifest.xml", MANIFEST)
            archive.writestr("items/i.xml", data)
            for name, words in files.items():
                archive.writestr(name, words)
        (reading,) = read_path(path)
        assert reading.findings == ()
        (question,) = reading.questions
        return question

    return made


def about_a_story() -> bytes:
    body = interaction("choiceInteraction", "<prompt>Who?</prompt>" + choices("A", "B"), maxChoices=1)
    data = item(body, declared(correct="A"), MATCH)
    reference = b'<assessmentStimulusRef identifier="S" href="../texts/story.xml"/><itemBody>'
    return data.replace(b"<itemBody>", reference)


def test_a_shared_text_stands_above_the_question_with_its_pictures(package):
    files = {"texts/story.xml": STORY, "texts/pictures/a.png": "PNG"}
    question = package(about_a_story(), **files)
    assert question.prompt.text == '<p>Ann calls.</p><img src="texts/pictures/a.png" alt="Ann">\nWho?'
    assert [(asset.path, asset.data) for asset in question.assets] == [("texts/pictures/a.png", b"PNG")]


@pytest.mark.parametrize("form", ["qti-2.2", "qti-3.0", "moodle-xml"])
def test_a_picture_from_another_folder_is_written_along(package, form, tmp_path):
    question = package(about_a_story(), **{"texts/story.xml": STORY, "texts/pictures/a.png": "PNG"})
    path = tmp_path / ("b.xml" if form == "moodle-xml" else "b.zip")
    path.write_bytes(write([question], form).data)
    (again,) = (one for reading in read_path(path) for one in reading.questions)
    assert [asset.data for asset in again.assets] == [b"PNG"]
    assert again.assets[0].path in again.prompt.text


def test_how_numbers_are_drawn_is_kept_in_a_package(package):
    assert package(template(DRAW + SUM)).tags == ("range:A 3 9 2",)
