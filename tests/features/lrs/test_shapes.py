"""What is a statement and what is not: each refusal names the property at fault."""

import copy

import pytest

from lms.lrs import shapes
from lms.lrs.compare import digest, say_the_same
from lms.lrs.validate import InvalidStatement

ACTIVITY = {"id": "https://example.com/a"}
GOOD = {
    "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "actor": {"account": {"homePage": "https://example.com", "name": "r1"}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en-US": "completed"}},
    "object": {"id": "https://example.com/a", "definition": {"name": {"en-US": "A", "de": "A"}}},
    "result": {
        "score": {"scaled": 0.8, "raw": 8, "min": 0, "max": 10},
        "duration": "PT4M30.5S",
        "extensions": {"https://example.com/x": None},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "contextActivities": {"parent": {"id": "https://example.com/p"}, "grouping": [ACTIVITY]},
        "language": "en-US",
    },
    "timestamp": "2026-11-23T15:04:05.678Z",
}


def changed(path: str, value: object) -> dict:
    """GOOD with the property at `path` set, or removed with `...`."""
    statement = copy.deepcopy(GOOD)
    *way, last = path.split("/")
    inner = statement
    for name in way:
        inner = inner.setdefault(name, {})
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return statement


def test_a_good_one_passes():
    shapes.statement(GOOD)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("actor", {"mbox": "mailto:a@example.com"}),
        ("actor", {"objectType": "Agent", "mbox_sha1sum": "e" * 40}),
        ("actor", {"objectType": "Group", "member": [{"openid": "https://example.com/o"}]}),
        ("actor", {"objectType": "Group", "mbox": "mailto:a@example.com"}),
        ("object", {"objectType": "Agent", "mbox": "mailto:a@example.com"}),
        ("object", {"objectType": "StatementRef", "id": GOOD["id"]}),
        (
            "object",
            {"objectType": "SubStatement", "actor": GOOD["actor"], "verb": GOOD["verb"], "object": ACTIVITY},
        ),
        ("timestamp", "2026-11-23T15:04:05+01:00"),
        ("timestamp", "2026-11-23t15:04:05z"),
        ("timestamp", ...),
        ("result/duration", "P3Y6M4DT12H30M5S"),
        ("result/duration", "P2W"),
        ("version", "1.0.3"),
        ("context/language", "zh-Hant-TW"),
        ("context/platform", "Fieldwork"),
        ("object/definition/interactionType", "fill-in"),
    ],
)
def test_these_are_fine(path, value):
    shapes.statement(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("actor", ..., "statement.actor"),
        ("verb", ..., "statement.verb"),
        ("object", ..., "statement.object"),
        ("object/id", ..., "statement.object.id"),
        ("id", "123", "statement.id"),
        ("id", None, "statement.id"),
        ("mood", "good", "statement.mood"),
        ("actor", [], "statement.actor"),
        ("actor", {}, "statement.actor"),
        ("actor", {"name": "Rosa"}, "statement.actor"),
        ("actor/mbox", "mailto:a@example.com", "statement.actor"),
        ("actor", {"mbox": "a@example.com"}, "statement.actor.mbox"),
        ("actor", {"mbox_sha1sum": "xyz"}, "statement.actor.mbox_sha1sum"),
        ("actor", {"objectType": "agent", "mbox": "mailto:a@example.com"}, "statement.actor.objectType"),
        ("actor", {"objectType": "Group"}, "statement.actor.member"),
        ("actor", {"objectType": "Group", "member": [{"objectType": "Group"}]}, "statement.actor.member[0].objectType"),
        ("actor/account/homePage", "not an iri", "statement.actor.account.homePage"),
        ("verb/id", "completed", "statement.verb.id"),
        ("verb/display", {"english!": "x"}, "statement.verb.display['english!']"),
        ("verb/display", {"en": 3}, "statement.verb.display['en']"),
        ("object/objectType", "activity", "statement.object.objectType"),
        ("object/definition/type", "course", "statement.object.definition.type"),
        ("object/definition/choices", [{"id": "a"}], "statement.object.definition.interactionType"),
        ("result/score/scaled", 1.1, "statement.result.score.scaled"),
        ("result/score/scaled", "0.8", "statement.result.score.scaled"),
        ("result/score/raw", 11, "statement.result.score.raw"),
        ("result/score/max", 0, "statement.result.score.max"),
        ("result/success", "true", "statement.result.success"),
        ("result/duration", "4 minutes", "statement.result.duration"),
        ("result/duration", "P", "statement.result.duration"),
        ("result/duration", "PT", "statement.result.duration"),
        ("result/duration", "P-1DT2H", "statement.result.duration"),
        ("result/extensions", {"x": 1}, "statement.result.extensions['x']"),
        ("context/registration", "r", "statement.context.registration"),
        ("context/contextActivities/parent", [{}], "statement.context.contextActivities.parent[0].id"),
        ("context/contextActivities/friend", [], "statement.context.contextActivities.friend"),
        ("context/language", "english (US)", "statement.context.language"),
        ("context/statement", {"id": GOOD["id"]}, "statement.context.statement.objectType"),
        ("timestamp", "yesterday", "statement.timestamp"),
        ("timestamp", "2026-13-01T00:00:00Z", "statement.timestamp"),
        ("timestamp", "2026-11-23T15:04:05-00:00", "statement.timestamp"),
        ("version", "2.0.0", "statement.version"),
        ("authority", {"objectType": "Group", "member": [GOOD["actor"]]}, "statement.authority"),
        ("verb/id", "http://adlnet.gov/expapi/verbs/voided", "statement.object"),
        (
            "attachments",
            [
                {
                    "usageType": "https://example.com/u",
                    "display": {"en": "x"},
                    "contentType": "a/b",
                    "length": 1,
                    "sha2": "0" * 64,
                }
            ],
            "statement.attachments[0].fileUrl",
        ),
        (
            "object/definition",
            {"interactionType": "choice", "choices": [{"id": "a"}, {"id": "b"}, {"id": "a"}]},
            "statement.object.definition.choices",
        ),
    ],
)
def test_a_refusal_names_the_property(path, value, at):
    with pytest.raises(InvalidStatement) as caught:
        shapes.statement(changed(path, value))
    assert caught.value.path == at


def test_platform_is_for_activities_only():
    statement = changed("context/platform", "Fieldwork")
    statement["object"] = {"objectType": "Agent", "mbox": "mailto:a@example.com"}
    with pytest.raises(InvalidStatement, match=r"context\.platform"):
        shapes.statement(statement)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("timestamp", "2026-11-23T16:04:05.678+01:00"),
        ("timestamp", "2026-11-23t15:04:05.678z"),
        ("timestamp", ...),
        ("stored", "2026-11-23T16:04:05Z"),
        ("authority", {"mbox": "mailto:other@example.com"}),
        ("version", "1.0.1"),
        ("id", GOOD["id"].upper()),
        ("actor/objectType", "Agent"),
        ("object/objectType", "Activity"),
        ("object/definition/name", {"fr": "B"}),
        ("verb/display", {"fr": "fini"}),
        ("result/score/raw", 8.0),
        ("result/duration", "PT04M30.500S"),
        ("result/duration", "P0000YT4M30,509S"),
        ("context/contextActivities/parent", [{"id": "https://example.com/p"}]),
    ],
)
def test_written_otherwise_it_is_the_same(path, value):
    assert say_the_same(GOOD, changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("timestamp", "2026-11-23T15:04:05.679Z"),
        ("actor/account/name", "r2"),
        ("object/id", "https://example.com/A"),
        ("result/score/raw", 8.5),
        ("result/duration", "PT4M31S"),
        ("result/extensions", {"https://example.com/x": 0}),
        ("context/registration", ...),
        ("context/contextActivities/parent", [{"id": "https://example.com/q"}]),
        ("result/response", ""),
    ],
)
def test_another_meaning_is_another_statement(path, value):
    assert not say_the_same(GOOD, changed(path, value))


def test_the_order_of_a_groups_members_means_nothing():
    members = [{"mbox": "mailto:a@example.com"}, {"mbox": "mailto:b@example.com"}]
    one = changed("actor", {"objectType": "Group", "member": members})
    other = changed("actor", {"objectType": "Group", "member": members[::-1]})
    assert digest(one) == digest(other)


def test_an_address_as_long_as_a_uuid_keeps_its_case():
    one = "https://example.com/" + "a" * 16
    assert len(one) == len(GOOD["id"])
    assert not say_the_same(changed("object/id", one), changed("object/id", one[:-1] + "A"))


@pytest.mark.parametrize("duration", ["PT{}S", "PT{}.5S", "P{}Y", "P0.{}W"])
def test_a_duration_may_have_any_number_of_digits(duration):
    one, other = (changed("result/duration", duration.format(digits)) for digits in ("1" * 5000, "1" * 4999 + "2"))
    shapes.statement(one)
    assert say_the_same(one, one)
    assert not say_the_same(one, other)
