"""One spelling per word: IRIs in one file, a builder for every event, and only words that somebody has defined."""

import json
import re
from pathlib import Path

import pytest

from lms.lrs import shapes
from lms.statements import administration, build, profile, vocabulary
from lms.statements import events as e
from lms.statements.home import Home
from lms.statements.vocabulary import DISPLAY, OURS, Ext, Type, Verb
from tests.features.statements.samples import EVENTS, VARIANTS

LMS = Path(__file__).parents[2] / "lms"
PROFILES = Path(__file__).parents[3] / "shared" / "data" / "xapi" / "profiles"

# An IRI that means a word, wherever it is spelled.
WORD = re.compile(r"https?://(?:adlnet\.gov/expapi|w3id\.org|id\.tincanapi\.com|activitystrea\.ms)[^\s\"'<>`]*")

# Words of published sources that the shared profiles do not hold; the source of each is named.
ELSEWHERE = {
    Type.INTERACTION: "xAPI 1.0.3, part 2, 2.4.4.1: interaction activities",
    Verb.VERIFIED: "ADL's TLA master object model (MOM_Profile.json)",
    Ext.DUE_DATE: "ADL's TLA master object model (MOM_Profile.json)",
    Ext.EVIDENCE: "ADL's TLA master object model (MOM_Profile.json)",
    Ext.SUBREGISTRATION: "xAPI Profiles 1.0, part two, 9: Patterns",
}
# Activity Streams: the older registry's spelling is used; the converted profile leaves "schema/1.0/" out.
OLD_STREAMS, NEW_STREAMS = "http://activitystrea.ms/schema/1.0/", "http://activitystrea.ms/"


def event_classes(base: type[e.Event] = e.Event) -> set[type[e.Event]]:
    """Every event that can happen: those of `events.py` and `administration.py` with a kind."""
    found = set()
    for cls in base.__subclasses__():
        if cls.__module__ in {e.__name__, administration.__name__}:
            found |= event_classes(cls) | ({cls} if "kind" in vars(cls) else set())
    return found


def test_iris_are_spelled_in_the_vocabulary_only():
    wrong = []
    for path in sorted(LMS.rglob("*")):
        if path.suffix not in {".py", ".html", ".js", ".yaml"} or "vendor" in path.parts:
            continue
        if path in {LMS / "statements" / "vocabulary.py", LMS / "lrs" / "shapes.py"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if WORD.search(line):
                wrong.append(f"{path.relative_to(LMS.parent)}:{number}: {line.strip()}")
    assert not wrong, "\n".join(wrong)


def test_the_stores_few_words_are_xapis_own():
    """The LRS stands below the statements and may not import them; what voids and what signs, xAPI itself says."""
    text = (LMS / "lrs" / "shapes.py").read_text(encoding="utf-8")
    assert WORD.findall(text) == [Verb.VOIDED.value, shapes.SIGNATURE]
    assert shapes.VOIDED == Verb.VOIDED


def test_every_event_has_a_builder_or_is_for_the_ledger_only():
    for cls in event_classes():
        assert (cls in build.BUILDERS) != issubclass(cls, build.LEDGER_ONLY), cls.__name__


def test_every_event_has_a_sample_and_a_kind_of_its_own():
    classes = event_classes()
    assert {type(event) for event in EVENTS} == classes
    assert len({cls.kind for cls in classes}) == len(classes)
    assert all(len(cls.kind) <= 40 for cls in classes)


def test_every_verb_has_words():
    assert DISPLAY.keys() == set(Verb)


def emitted() -> set[str]:
    home = Home("https://learn.example.com")
    text = json.dumps([build.statements(event, home) for event in (*EVENTS, *VARIANTS)])
    return {iri.rstrip('",') for iri in WORD.findall(text.replace('\\"', '"'))}


def test_every_emitted_word_is_in_the_vocabulary():
    spelled = {word.value for words in (Verb, Type, Ext) for word in words} | {vocabulary.PROFILE_VERSION}
    assert emitted() <= spelled


def test_every_word_is_used():
    """A word nobody says is a word nobody checks."""
    unused = {word for words in (Verb, Type, Ext) for word in words} - emitted()
    assert not unused


@pytest.fixture(scope="module")
def defined() -> set[str]:
    if not PROFILES.is_dir():
        pytest.skip(f"the published profiles are not beside the project ({PROFILES.name} is missing)")
    concepts: set[str] = set()
    for path in sorted(PROFILES.glob("*.jsonld")):
        concepts |= {concept["id"] for concept in json.loads(path.read_text(encoding="utf-8"))["concepts"]}
    return concepts


@pytest.mark.parametrize("word", [*Verb, *Type, *Ext])
def test_every_word_is_defined_by_a_published_profile_or_is_ours(word, defined):
    is_ours = word.startswith(f"{OURS}/")
    assert is_ours or word in ELSEWHERE or word.replace(OLD_STREAMS, NEW_STREAMS) in defined


def test_every_word_of_ours_is_in_our_own_profile():
    """And nothing else is: a word that is no longer said leaves the profile with a new version."""
    ours = {word.value for words in (Type, Ext) for word in words if word.startswith(f"{OURS}/")}
    document = profile.document()
    assert {concept["id"] for concept in document["concepts"]} == ours
    assert all(concept["definition"]["en"] for concept in document["concepts"])


def test_words_from_elsewhere_are_not_in_the_profiles(defined):
    """Once a profile holds one, it needs no exception."""
    assert not defined & ELSEWHERE.keys()


def test_the_documentation_names_every_event():
    text = (LMS.parent / "docs" / "statements.md").read_text(encoding="utf-8")
    missing = {cls.kind for cls in event_classes() if f"`{cls.kind}`" not in text}
    assert not missing
