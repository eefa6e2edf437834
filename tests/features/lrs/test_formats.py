"""In which form statements are given: as they came, identifiers only, or in one language as everything is known."""

import json
from uuid import uuid4

import pytest

from lms.lrs.formats import Languages
from tests.features.lrs.test_shapes import GOOD

ACTIVITY = "https://example.com/activity"


def told(**names: str) -> dict:
    return {"name": {tag.replace("_", "-"): text for tag, text in names.items()}}


SAID = {
    "actor": {"objectType": "Agent", "name": "Rosa", "mbox": "mailto:r@example.com"},
    "verb": {"id": "https://example.com/v", "display": {"en-US": "did", "de": "tat"}},
    "object": {
        "objectType": "Activity",
        "id": ACTIVITY,
        "definition": {
            **told(en_US="Quiz", de="Test"),
            "interactionType": "choice",
            "choices": [{"id": "a", "description": {"en": "first", "de": "erstens"}}],
        },
    },
    "context": {
        "instructor": {"name": "Milo", "mbox": "mailto:m@example.com"},
        "team": {"objectType": "Group", "name": "North", "member": [{"name": "Nils", "mbox": "mailto:n@example.com"}]},
        "contextActivities": {"parent": [{"id": "https://example.com/p", "definition": told(en="P", de="Q")}]},
        "extensions": {"https://example.com/x": {"display": {"en": 1, "de": 2}}},
    },
    "timestamp": "2026-11-23T15:04:05.678Z",
}


def test_exact_is_what_came_to_the_letter(caller):
    """Numbers as they were spelled, escapes, order and blanks; only what the store adds stands behind."""
    id_ = str(uuid4())
    text = json.dumps({**SAID, "id": id_}, indent=1).replace(
        '"timestamp"', '"result": {"score": {"raw": 1.50E+1}},\n "timestamp"'
    )
    assert (
        caller.ask("POST", "statements", text.encode(), headers={"Content-Type": "application/json"}).status_code == 200
    )
    back = caller.get(statementId=id_).get_data(as_text=True)
    assert back.startswith(text.rstrip()[:-1])
    assert json.loads(back).keys() - json.loads(text).keys() == {"stored", "authority", "version"}
    batch = f" [ {text} ,{json.dumps({**SAID, 'id': str(uuid4())})} ]\n"
    assert (
        caller.ask("POST", "statements", batch.encode(), headers={"Content-Type": "application/json"}).status_code
        == 200
    )


def test_ids_are_identifiers_only(caller, keep):
    one = keep(**SAID)
    found = caller.get(statementId=one, format="ids").get_json()
    assert found["actor"] == {"objectType": "Agent", "mbox": "mailto:r@example.com"}
    assert found["verb"] == {"id": "https://example.com/v"}
    assert found["object"] == {"id": ACTIVITY}
    assert found["context"]["instructor"] == {"mbox": "mailto:m@example.com"}
    assert found["context"]["team"] == {"objectType": "Group", "member": [{"mbox": "mailto:n@example.com"}]}
    assert found["context"]["contextActivities"] == {"parent": [{"id": "https://example.com/p"}]}
    assert found["context"]["extensions"] == SAID["context"]["extensions"]
    assert caller.get(format="ids").get_json()["statements"] == [found]


def test_ids_in_a_sub_statement_and_in_the_context_of_2_0(caller, keep):
    inner = {"objectType": "SubStatement", **{name: SAID[name] for name in ("actor", "verb", "object")}}
    context = {
        "contextAgents": [{"objectType": "contextAgent", "agent": SAID["actor"]}],
        "contextGroups": [{"objectType": "contextGroup", "group": SAID["context"]["team"]}],
    }
    one = keep(version="2.0.0", object=inner, context=context)
    found = caller.get(statementId=one, format="ids", version="2.0.0").get_json()
    assert found["object"]["object"] == {"id": ACTIVITY}
    assert found["object"]["actor"] == {"objectType": "Agent", "mbox": "mailto:r@example.com"}
    assert found["context"]["contextAgents"][0]["agent"] == found["object"]["actor"]
    assert found["context"]["contextGroups"][0]["group"]["member"] == [{"mbox": "mailto:n@example.com"}]


@pytest.mark.parametrize(
    ("asked", "name", "did", "first"), [("de", "Test", "tat", "erstens"), ("en-US", "Quiz", "did", "first")]
)
def test_canonical_is_one_language_of_all_that_is_known(caller, keep, asked, name, did, first):
    one = keep(**SAID)
    answer = caller.get(statementId=one, format="canonical", headers={"Accept-Language": asked}).get_json()
    assert list(answer["object"]["definition"]["name"].values()) == [name]
    assert list(answer["verb"]["display"].values()) == [did]
    assert list(answer["object"]["definition"]["choices"][0]["description"].values()) == [first]
    assert len(answer["context"]["contextActivities"]["parent"][0]["definition"]["name"]) == 1
    assert answer["actor"] == SAID["actor"]
    assert answer["context"]["extensions"] == SAID["context"]["extensions"]


def test_canonical_knows_what_other_statements_said(caller, keep):
    one = keep(object={"id": ACTIVITY})
    keep(object={"id": ACTIVITY, "definition": told(fr="Épreuve")})
    inner = {"objectType": "SubStatement", "actor": SAID["actor"], "verb": SAID["verb"], "object": {"id": ACTIVITY}}
    other = keep(object=inner, context=None)
    french = {"Accept-Language": "fr"}
    found = caller.get(statementId=one, format="canonical", headers=french).get_json()
    assert found["object"] == {"id": ACTIVITY, "definition": told(fr="Épreuve")}
    found = caller.get(statementId=other, format="canonical", headers=french).get_json()
    assert found["object"]["object"]["definition"] == told(fr="Épreuve")
    assert caller.get(statementId=one).get_json()["object"] == {"id": ACTIVITY}


@pytest.mark.parametrize("format_", ["exact", "ids"])
def test_languages_are_for_canonical_only(caller, keep, format_):
    one = keep(**SAID)
    plain = caller.get(statementId=one, format=format_)
    assert caller.get(statementId=one, format=format_, headers={"Accept-Language": "de"}).data == plain.data


TEXTS = {"en-US": "1", "de": "2", "zh-Hant-TW": "3", "en-GB": "4", "fr-CA": "5"}


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (None, "1"),
        ("", "1"),
        ("*", "1"),
        ("de", "2"),
        ("DE", "2"),
        ("en-gb", "4"),
        ("en", "1"),
        ("en-AU", "1"),
        ("fr", "5"),
        ("fr-FR", "5"),
        ("zh-Hant", "3"),
        ("zh", "3"),
        ("it, de;q=0.5, en-GB;q=0.9", "4"),
        ("de;q=0, en-GB;q=0.1", "4"),
        ("de;q=0.3;x=y, en-GB;q=0.2", "2"),
        ("it", "1"),
        (";;;,,q=,de;q=x", "1"),
        ("en;q=0, *", "2"),
        ("en-US;q=0, *;q=0.5", "2"),
        ("en, en-US;q=0", "4"),
        ("en;q=0, en-GB", "4"),
        ("*;q=0", "1"),
        ("en;q=0, de;q=0, zh;q=0, fr;q=0", "1"),
    ],
)
def test_which_language_is_chosen(header, chosen):
    assert list(Languages(header).choose(TEXTS).values()) == [chosen]


def test_nobody_reads_hundreds_of_languages():
    """Each would be looked for in each map of a page, by as many of its parts as it has."""
    header = ",".join([f"x{number}" for number in range(1000)] + ["de;q=0.5", "de-" + "a-" * 1000, "fr", "fr"])
    assert len(Languages(header).wanted) == 32
    assert Languages("de-" + "a-" * 1000 + ",fr,FR").wanted == ("fr",)


def test_an_empty_map_stays_empty():
    assert Languages("de").choose({}) == {}


# What is known


def test_an_activity_is_all_that_was_said_of_it(caller, keep):
    keep(
        object={
            "id": ACTIVITY,
            "definition": {**told(en="A"), "type": "https://example.com/t1", "extensions": {"https://e.com/1": 1}},
        }
    )
    keep(context={"contextActivities": {"parent": {"id": ACTIVITY, "definition": told(de="B")}}})
    keep(
        object={
            "id": ACTIVITY,
            "definition": {"type": "https://example.com/t2", "extensions": {"https://e.com/2": None}},
        }
    )
    assert caller.get("activities", activityId=ACTIVITY).get_json() == {
        "objectType": "Activity",
        "id": ACTIVITY,
        "definition": {
            **told(en="A", de="B"),
            "type": "https://example.com/t2",
            "extensions": {"https://e.com/1": 1, "https://e.com/2": None},
        },
    }


def test_what_is_said_last_stands_also_when_it_was_said_before(caller, keep):
    for text in ("one", "two", "one"):
        keep(object={"id": ACTIVITY, "definition": told(en=text)})
    assert caller.get("activities", activityId=ACTIVITY).get_json()["definition"] == told(en="one")


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_an_activity_that_nobody_spoke_of(caller, version):
    answer = caller.get("activities", activityId=ACTIVITY, version=version)
    assert answer.get_json() == {"objectType": "Activity", "id": ACTIVITY}


@pytest.mark.parametrize(
    "identity",
    [
        {"mbox": "mailto:r@example.com"},
        {"mbox_sha1sum": "e" * 40},
        {"openid": "https://example.com/r"},
        {"account": {"homePage": "https://example.com", "name": "r"}},
    ],
)
def test_a_person_is_all_names_of_an_agent(caller, keep, identity):
    asked = json.dumps(identity)
    unknown = {name: [value] for name, value in identity.items()}
    assert caller.get("agents", agent=asked).get_json() == {"objectType": "Person", **unknown}
    keep(actor={**identity, "name": "Rosa"})
    keep(context={"instructor": {**identity, "name": "R. Diaz"}})
    keep(actor={"objectType": "Group", "member": [{**identity, "name": "Rosa D."}]})
    keep(actor={**identity, "name": "Rosa"})
    found = caller.get("agents", agent=asked).get_json()
    assert found == {"objectType": "Person", **unknown, "name": ["R. Diaz", "Rosa", "Rosa D."]}


@pytest.mark.parametrize(
    ("resource", "query"),
    [
        ("activities", {}),
        ("activities", {"activityId": "no iri"}),
        ("activities", {"activityId": ACTIVITY, "agent": "{}"}),
        ("agents", {}),
        ("agents", {"agent": "rosa"}),
        ("agents", {"agent": json.dumps({"name": "Rosa"})}),
        ("agents", {"Agent": json.dumps({"mbox": "mailto:r@example.com"})}),
    ],
)
def test_who_and_what_must_be_named(caller, resource, query):
    assert caller.get(resource, **query).status_code == 400


def test_a_statement_without_a_time_of_its_own_has_that_of_its_keeping(caller, keep):
    said = caller.get(statementId=keep(timestamp=None)).get_json()
    assert said["timestamp"] == said["stored"]


@pytest.mark.parametrize(
    ("written", "first", "second"),
    [
        ("2026-11-23T15:04:05.678Z", "2026-11-23T15:04:05.678Z", "2026-11-23T15:04:05.678Z"),
        ("2026-11-23T15:04:05.678+00:00", "2026-11-23T15:04:05.678+00:00", "2026-11-23T15:04:05.678+00:00"),
        ("2026-11-23T15:04:05+05:30", "2026-11-23T15:04:05+05:30", "2026-11-23T09:34:05.000Z"),
        ("2026-11-23T00:04:05.123456+01:00", "2026-11-23T00:04:05.123456+01:00", "2026-11-22T23:04:05.123456Z"),
        ("2026-11-23T15:04Z", "2026-11-23T15:04Z", "2026-11-23T15:04:00.000Z"),
        ("2026-11-23 15:04:05,5z", "2026-11-23 15:04:05,5z", "2026-11-23T15:04:05.500Z"),
    ],
)
def test_2_0_gives_times_in_utc(caller, keep, written, first, second):
    sub = {name: value for name, value in GOOD.items() if name in {"actor", "verb", "object"}}
    sub |= {"objectType": "SubStatement", "timestamp": written}
    for version, given in (("1.0.3", first), ("2.0.0", second)):
        assert caller.get(statementId=keep(object=sub, version=version)).get_json()["object"]["timestamp"] == given
    assert caller.get(statementId=keep(timestamp=written)).get_json()["timestamp"] == first
    assert caller.get(statementId=keep(timestamp=written, version="2.0.0")).get_json()["timestamp"] == second


def test_a_statement_keeps_the_version_it_was_made_for(caller, keep):
    for spoken, said, kept in (
        ("1.0.3", None, "1.0.0"),
        ("1.0.3", "1.0.1", "1.0.1"),
        ("2.0.0", None, "2.0.0"),
        ("2.0.0", "1.0.3", "1.0.3"),
        ("2.0.0", "2.0.1", "2.0.1"),
    ):
        one = keep(version=spoken, **({"context": GOOD["context"]} if said is None else {}))
        if said is not None:
            answer = caller.ask("POST", "statements", {**GOOD, "id": str(uuid4()), "version": said}, version=spoken)
            one = answer.get_json()[0]
        assert caller.get(statementId=one).get_json()["version"] == kept
