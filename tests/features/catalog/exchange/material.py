"""Where the real material of other systems is, and short ways to read and write in a test."""

from pathlib import Path

import pytest

from lms.catalog.exchange.model import Question
from lms.catalog.exchange.reading import read_data
from lms.catalog.exchange.report import Reading

PROJECT = Path(__file__).parents[4]
# Beside the project, also where the project is a work tree one folder further down.
SHARED = next((up / "shared" / "data" for up in PROJECT.parents if (up / "shared" / "data").is_dir()), None)
needs_shared = pytest.mark.skipif(SHARED is None, reason="the shared material (../shared/data) is not here")
SAMPLES = Path(__file__).parent / "samples"


def shared(*parts: str) -> Path:
    return Path(SHARED or PROJECT / "no-shared-material").joinpath(*parts)


def shared_files(folder: str, pattern: str) -> list[Path]:
    """Files to run a test for; empty without the material, so that the test is skipped."""
    return sorted(shared(folder).rglob(pattern)) if SHARED else []


def read(words: str | bytes, name: str = "questions.gift") -> Reading:
    return read_data(words.encode() if isinstance(words, str) else words, name, {})


def one(words: str | bytes, name: str = "questions.gift") -> Question:
    """The only question, taken without a word against it."""
    reading = read(words, name)
    assert [str(finding) for finding in reading.findings] == []
    assert len(reading.questions) == 1
    return reading.questions[0]


def refused(words: str | bytes, name: str = "questions.gift") -> str:
    """The only refusal: place and sentence."""
    reading = read(words, name)
    assert reading.questions == ()
    assert len(reading.refusals) == 1
    return str(reading.refusals[0])


def item(body: str, declarations: str = "", rules: str = "", attributes: str = 'adaptive="false"') -> bytes:
    """A QTI 2.2 item around a body."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="it" title="It" {attributes}>
{declarations}
<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
<itemBody>{body}</itemBody>
{rules}
</assessmentItem>""".encode()


MATCH = '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct"/>'
MAP = '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/map_response"/>'
