"""Our profile is one, our statements keep to it, and every path of a transfer activity follows one of its patterns."""

import copy
import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from lms.policy.transfer import Move, Status
from lms.statements import build, profile, said_transfer
from lms.statements import events as e
from lms.statements.home import Home
from lms.statements.vocabulary import OURS, PROFILE_VERSION, Ext
from tests.contracts.profile_spec import Matcher, broken, is_of, problems
from tests.contracts.test_transfer_pattern import Where, follow
from tests.features.statements.samples import ACTIVITY, EVENTS, VARIANTS, sample
from tests.features.transfer.record import ENTRIES

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "xapi" / "profiles"
HOME = Home("https://learn.example.com")
DOCUMENT = profile.document()
TEMPLATES = {template["id"]: template for template in DOCUMENT["templates"]}
MATCHER = Matcher(DOCUMENT)
WHOLE, ENDED = f"{OURS}/patterns/transfer", f"{OURS}/patterns/transfer-ended"


# The document


def test_it_is_a_profile():
    assert problems(DOCUMENT) == []


def spoiled(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return document


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("versions") and d.update(versions=[{"id": "x:y"}]), "generatedAtTime: is missing"),
        (lambda d: d["concepts"][0].update(definition={}), "must not be empty"),
        (lambda d: d["concepts"][0].update(definition="words"), "does not fit"),
        (lambda d: d["concepts"][0].update(type="Word"), "does not belong there"),
        (lambda d: d["concepts"][-1].update(inlineSchema={"type": "integer"}), "does not fit"),
        (lambda d: d["concepts"][0].update(inScheme="https://w3id.org/other"), "is no version of this profile"),
        (lambda d: d["concepts"][0].update(extra="x"), "is no property here"),
        (lambda d: d["concepts"].append(d["concepts"][0]), "used twice"),
        (lambda d: d["templates"][0]["rules"].append({"location": "$.id"}), "says nothing"),
        (lambda d: d["templates"][0]["rules"].append({"location": "id", "presence": "included"}), "does not fit"),
        (lambda d: d["templates"][0].update(objectStatementRefTemplate=["x:y"]), "no such template"),
        (lambda d: d["patterns"][0].update(sequence=["x:y", "x:z"]), "no such member"),
        (lambda d: d["patterns"][0].update(optional="x:y"), "exactly one"),
        (lambda d: d["patterns"][0].update(sequence=d["patterns"][0]["sequence"][:1]), "two members"),
        (lambda d: d["patterns"][2].update(oneOrMore=d["patterns"][0]["id"]), "within itself"),
        (lambda d: d["patterns"][-1].update(alternates=[d["patterns"][4]["id"], d["patterns"][5]["id"]]), "optional"),
        (lambda d: d["patterns"][0].update(primary=False), "used by no primary"),
    ],
)
def test_what_would_be_none_is_seen(change, said):
    assert any(said in problem for problem in problems(spoiled(change))), problems(spoiled(change))


# In which the published profiles part from the specification themselves.
REVISES = "versions: all but the first must say what they revise"
LIBERTIES = {
    "acrossx_v1.0.1_acrossx": {REVISES},
    "adl_v1.0_adl": {REVISES},
    "cmi5_v1.0_cmi5": {REVISES, "definition: is missing"},
    "open-badges_open-badges": set(),
    "video_v1.0.3_video": {REVISES},
}


@pytest.mark.parametrize("name", LIBERTIES)
def test_published_profiles_are_read_as_profiles(name):
    """So that it is not only our own document that fits our reading of the specification."""
    path = PUBLISHED / f"{name}.jsonld"
    if not path.is_file():
        pytest.skip(f"the published profiles are not beside the project ({PUBLISHED.name} is missing)")
    found = problems(json.loads(path.read_text(encoding="utf-8")))
    assert {problem.rpartition(".")[2] for problem in found} == LIBERTIES[name]


# Statements and templates

TOLD = [event for event in (*EVENTS, *VARIANTS) if type(event) in build.BUILDERS]
STEPS = [
    event
    for event in TOLD
    if type(event) in said_transfer.TRANSFER and type(event) not in {e.SubmissionWithdrawn, e.ResultsQueried}
]


def claims(body: dict[str, Any]) -> bool:
    category = body["context"].get("contextActivities", {}).get("category", [])
    return PROFILE_VERSION in {activity["id"] for activity in category}


def template_of(body: dict[str, Any]) -> str:
    """The one template that the statement is of."""
    (found,) = (key for key, template in TEMPLATES.items() if is_of(body, template))
    return found


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.kind)
def test_a_statement_claims_the_profile_if_and_only_if_it_is_a_step_of_a_chain(event):
    """Who claims it must follow a pattern (part two, 9); what voids a step, and what happens elsewhere, does not."""
    first, *rest = build.statements(event, HOME)
    assert claims(first) == (event in STEPS)
    assert not any(map(claims, rest))
    extensions = first["context"].get("extensions", {})
    run = [{"profile": PROFILE_VERSION, "subregistration": str(ACTIVITY)}]
    assert extensions.get(Ext.SUBREGISTRATION) == (run if event in STEPS else None)


@pytest.mark.parametrize("event", STEPS, ids=lambda event: event.kind)
def test_a_step_keeps_to_its_template(event):
    body = build.statements(event, HOME)[0]
    # What it refers to was told before.
    before = [sample("worksheet_submitted"), sample("results_reported")]
    told = {}
    for meant, id_ in zip(
        before, (getattr(event, "submitted_id", None), getattr(event, "reported_id", None)), strict=True
    ):
        if id_ is not None:
            told[str(id_)] = build.statements(meant, HOME)[0]
    template = TEMPLATES[template_of(body)]
    assert broken(body, template, told, TEMPLATES) == []
    for extension in body["context"]["extensions"]:
        lacking = copy.deepcopy(body)
        del lacking["context"]["extensions"][extension]
        asked = any(extension in rule["location"] for rule in template["rules"])
        assert bool(broken(lacking, template, told, TEMPLATES)) == asked


def test_every_template_is_somebodys():
    assert {template_of(build.statements(event, HOME)[0]) for event in STEPS} == TEMPLATES.keys()


# Paths and patterns

LONGEST = 12  # statements of a path that count; every loop of the workflow fits in more than once


def names(kind: str) -> tuple[str, ...]:
    """The templates of what an event of this kind tells; "voided" for what takes something back."""
    made = build.statements(sample(kind), HOME)
    return tuple(template_of(body) if claims(body) else "voided" for body in made)


TOLD_BY = {
    move: [(kind, names(kind)) for kind in kinds if build.statements(sample(kind), HOME)]
    for move, kinds in ENTRIES.items()
}
VOIDS = {"submission_withdrawn": "submitted", "results_queried": "reported", "transfer_reopened": "completed"}


def spoken(said: tuple[str, ...], move: Move) -> tuple[str, ...]:
    """What was told and not voided, once `move` was made too."""
    kept = list(said)
    for kind, told in TOLD_BY[move]:
        for name in told:
            if name == "voided":
                latest = max(at for at, one in enumerate(kept) if one.endswith(f"/{VOIDS[kind]}"))
                del kept[latest]
            else:
                kept.append(name)
    return tuple(kept)


def paths() -> Iterator[tuple[Where, tuple[str, ...], tuple[Move, ...]]]:
    """Every different telling of up to LONGEST statements, with a shortest path to it."""
    start: tuple[Where, tuple[str, ...]] = (Where(), ())
    seen = {start}
    waiting: deque[tuple[Where, tuple[str, ...], tuple[Move, ...]]] = deque([(*start, ())])
    while waiting:
        where, said, path = waiting.popleft()
        yield where, said, path
        for move in Move:
            following = follow(where, move)
            if following is None:
                continue
            heard = spoken(said, move)
            if len(heard) <= LONGEST and (following, heard) not in seen:
                seen.add((following, heard))
                waiting.append((following, heard, (*path, move)))


def test_every_path_follows_a_pattern():
    """A finished one follows exactly one of the two; an unfinished one is on the way to the first."""
    counted = dict.fromkeys(Status, 0)
    for where, said, path in paths():
        counted[where.status] += 1
        outcomes = {pattern: MATCHER.matches(said, pattern) for pattern in MATCHER.primary}
        whole = {pattern for pattern, (outcome, left) in outcomes.items() if outcome == "success" and not left}
        expected = {Status.VERIFIED: {WHOLE}, Status.WAIVED: {ENDED}, Status.CANCELLED: {ENDED}}.get(
            where.status, set()
        )
        told = " → ".join(path), [one.rpartition("/")[2] for one in said], outcomes
        assert whole == expected, told
        if not expected:
            assert outcomes[WHOLE] == ("partial", ()), told
    assert all(counted.values())
    assert sum(counted.values()) > 1000


@pytest.mark.parametrize(
    "words",
    [
        "approved",
        "submitted assigned",
        "submitted returned approved",
        "submitted approved evaluated",
        "submitted approved assigned verified",
        "submitted approved assigned evaluated completed",
        "submitted approved assigned evaluated verified completed opened",
        "submitted updated returned",
        "submitted waived submitted",
        "submitted submitted approved",
    ],
)
def test_what_is_out_of_order_follows_none(words):
    said = tuple(f"{OURS}/templates/{word}" for word in words.split())
    assert set(said) <= TEMPLATES.keys()
    outcome, left = MATCHER.matches(said, WHOLE)
    assert outcome == "failure" or left
    assert MATCHER.matches(said, ENDED) != ("success", ())


def test_a_whole_story_follows_the_pattern_statement_by_statement():
    """Real statements in the order of their timestamps, with what they refer to, as a validator would meet them."""
    story = [
        *("worksheet_submitted", "worksheet_returned", "worksheet_submitted", "submission_withdrawn"),
        *("worksheet_submitted", "worksheet_adjusted", "worksheet_approved", "leads_handed_over"),
        *("rep_observed", "results_reported", "results_queried", "results_reported"),
        *("results_confirmed", "transfer_completed", "transfer_reopened", "rep_observed"),
        *("results_confirmed", "transfer_completed"),
    ]
    together = {"worksheet_approved", "transfer_completed"}  # of one act with the one before
    ids: dict[str, UUID] = {}
    told: dict[str, dict[str, Any]] = {}
    at = sample("worksheet_submitted").at
    for number, kind in enumerate(story):
        at = at if kind in together else at.replace(minute=number)
        event = replace(sample(kind), record_id=uuid5(ACTIVITY, str(number)), at=at)
        for name, meant in (
            ("submitted_id", "worksheet_submitted"),
            ("reported_id", "results_reported"),
            ("completed_id", "transfer_completed"),
        ):
            if hasattr(event, name):
                event = replace(event, **{name: ids[meant]})
        for body in build.statements(event, HOME):
            told[body["id"]] = body
            if not body["verb"]["id"].endswith("/voided"):
                ids[kind] = UUID(body["id"])
    voided = {body["object"]["id"] for body in told.values() if body["verb"]["id"].endswith("/voided")}
    assert len(voided) == 3
    chain = sorted(
        (body for id_, body in told.items() if claims(body) and id_ not in voided), key=lambda body: body["timestamp"]
    )
    assert len({body["timestamp"] for body in chain}) == len(chain), "each at its own time"
    for body in chain:
        assert broken(body, TEMPLATES[template_of(body)], told, TEMPLATES) == []
    assert MATCHER.matches(tuple(map(template_of, chain)), WHOLE) == ("success", ())
