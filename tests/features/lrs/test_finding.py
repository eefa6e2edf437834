"""Finding statements: who else is in them, what else they are about, and what those they refer to are about."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from lms.db import db
from lms.lrs.queries import Filter
from lms.lrs.queries import statements as queries
from tests.features.lrs.test_shapes import GOOD

ACCOUNT = GOOD["actor"]
VOIDED = {"id": "http://adlnet.gov/expapi/verbs/voided"}


def mail(name: str) -> dict:
    return {"mbox": f"mailto:{name}@example.com"}


def agent(name: str) -> str:
    return json.dumps(mail(name))


def group(*names: str, **more) -> dict:
    return {"objectType": "Group", "member": [mail(name) for name in names], **more}


def sub(**changes) -> dict:
    said = {"objectType": "SubStatement", "actor": ACCOUNT, "verb": GOOD["verb"], "object": {"id": "https://e.com/s"}}
    return {**said, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": mail("x")},
        {"actor": {**mail("x"), "objectType": "Agent", "name": "X"}},
        {"actor": group("a", "x")},
        {"actor": group("a", **mail("x"))},
        {"object": {"objectType": "Agent", **mail("x")}, "context": None},
        {"object": group("b", "x"), "context": None},
    ],
)
def test_an_agent_is_actor_or_object_or_a_member_of_them(caller, keep, changes):
    one = keep(**changes)
    keep()
    assert caller.ids(agent=agent("x")) == [one]
    assert caller.ids(agent=agent("x"), related_agents="true") == [one]
    assert caller.ids(agent=agent("y")) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"context": {"instructor": mail("x")}},
        {"context": {"instructor": group("x", "y")}},
        {"context": {"team": group("a", "x")}},
        {"context": {"team": group(**mail("x"))}},
        {"object": sub(actor=mail("x")), "context": None},
        {"object": sub(object={"objectType": "Agent", **mail("x")}), "context": None},
        {"object": sub(context={"instructor": mail("x")}), "context": None},
        {"object": sub(context={"team": group("x")}), "context": None},
    ],
)
def test_others_are_found_when_all_in_it_count(caller, keep, changes):
    one = keep(**changes)
    keep()
    assert caller.ids(agent=agent("x")) == []
    assert caller.ids(agent=agent("x"), related_agents="true") == [one]


@pytest.mark.parametrize(
    "context",
    [
        {"contextAgents": [{"objectType": "contextAgent", "agent": mail("x")}]},
        {"contextGroups": [{"objectType": "contextGroup", "group": group("x")}]},
    ],
)
def test_agents_of_the_context_as_2_0_has_them(caller, keep, context):
    one = keep(version="2.0.0", context=context)
    assert caller.ids(agent=agent("x"), related_agents="true") == [one]
    inner = keep(version="2.0.0", object=sub(context=context), context=None)
    assert caller.ids(agent=agent("x"), related_agents="true") == [inner, one]


def test_who_stored_it_is_related(caller, keep):
    one = keep()
    authority = caller.get(statementId=one).get_json()["authority"]
    assert caller.ids(agent=json.dumps(authority)) == []
    assert caller.ids(agent=json.dumps(authority), related_agents="true") == [one]


def test_an_authority_that_a_client_writes_itself_counts_for_nothing(caller, keep):
    one = keep(authority=mail("x"))
    assert caller.ids(agent=agent("x"), related_agents="true") == []
    assert caller.get(statementId=one).get_json()["authority"]["account"]["name"] == f"lrs:{caller.auth[0]}"


@pytest.mark.parametrize("name", ["parent", "grouping", "category", "other"])
@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize("is_inside", [False, True])
def test_what_else_it_is_about(caller, keep, name, is_list, is_inside):
    activity = {"id": "https://example.com/wanted"}
    context = {"contextActivities": {name: [activity] if is_list else activity}}
    one = keep(object=sub(context=context), context=None) if is_inside else keep(context=context)
    keep()
    assert caller.ids(activity=activity["id"]) == []
    assert caller.ids(activity=activity["id"], related_activities="true") == [one]
    said = caller.get(statementId=one).get_json()
    where = said["object"]["context"] if is_inside else said["context"]
    assert where["contextActivities"][name] == [activity]


def test_the_object_counts_as_related_too(caller, keep):
    one = keep()
    inside = keep(object=sub(object={"id": "https://example.com/inner"}), context=None)
    assert caller.ids(activity=GOOD["object"]["id"], related_activities="true") == [one]
    assert caller.ids(activity="https://example.com/inner", related_activities="true") == [inside]
    assert caller.ids(activity="https://example.com/inner") == []


def test_every_condition_must_hold(caller, keep):
    """All combinations of what may be asked, on statements that differ in one thing each."""
    registration = str(uuid4())
    wanted = {
        "agent": ("actor", mail("x"), mail("y"), agent("x")),
        "verb": ("verb", {"id": "https://example.com/x"}, {"id": "https://example.com/y"}, "https://example.com/x"),
        "activity": (
            "object",
            {"id": "https://example.com/ox"},
            {"id": "https://example.com/oy"},
            "https://example.com/ox",
        ),
        "registration": ("context", {"registration": registration}, {"registration": str(uuid4())}, registration),
    }
    right = {property_: value for property_, value, _, _ in wanted.values()}
    whole = keep(**right)
    differing = {name: keep(**{**right, property_: other}) for name, (property_, _, other, _) in wanted.items()}
    for mask in range(1, 16):
        asked = [name for bit, name in enumerate(wanted) if mask & 1 << bit]
        expected = {whole, *(id_ for name, id_ in differing.items() if name not in asked)}
        query = {name: wanted[name][3] for name in asked}
        for related in ({}, {"related_agents": "true"}, {"related_activities": "true", "related_agents": "true"}):
            assert set(caller.ids(**query, **related)) == expected, (query, related)


# Statements that refer to others


def reference(target: str) -> dict:
    return {"objectType": "StatementRef", "id": target}


@pytest.mark.parametrize("order", ["forth", "back", "middle first"])
def test_a_statement_is_found_by_what_it_refers_to_through_a_chain(caller, keep, order):
    ids = [str(uuid4()) for _ in range(3)]
    statements = [
        {"id": ids[0], "actor": mail("x"), "verb": {"id": "https://example.com/x"}},
        {"id": ids[1], "object": reference(ids[0]), "context": None},
        {"id": ids[2], "object": reference(ids[1]), "context": None},
    ]
    sequence = {"forth": (0, 1, 2), "back": (2, 1, 0), "middle first": (1, 0, 2)}[order]
    for number in sequence:
        keep(**statements[number])
    for query in (
        {"agent": agent("x")},
        {"verb": "https://example.com/x"},
        {"agent": agent("x"), "verb": "https://example.com/x"},
    ):
        assert set(caller.ids(**query)) == set(ids)
    # No single statement of the chain is of this agent and this verb.
    assert caller.ids(agent=agent("x"), verb=GOOD["verb"]["id"]) == []
    assert set(caller.ids(agent=json.dumps(ACCOUNT))) == set(ids[1:])


def test_a_circle_of_references_ends(caller, keep):
    one, other = str(uuid4()), str(uuid4())
    keep(id=one, actor=mail("x"), object=reference(other), context=None)
    keep(id=other, actor=mail("y"), object=reference(one), context=None)
    assert set(caller.ids(agent=agent("x"))) == {one, other}
    assert set(caller.ids(agent=agent("y"))) == {one, other}


def test_time_is_the_time_of_the_statement_itself(caller, keep):
    """`since`, `until` and `limit` look at the referring statement, not at the one it refers to."""
    target = keep(actor=mail("x"))
    middle = caller.get(statementId=target).get_json()["stored"]
    referring = keep(object=reference(target), context=None)
    assert caller.ids(agent=agent("x"), since=middle) == [referring]
    assert caller.ids(agent=agent("x"), until=middle) == [target]
    assert caller.ids(agent=agent("x"), limit="1") == [referring]
    assert caller.ids(agent=agent("x"), limit="1", ascending="true") == [target]


@pytest.mark.parametrize("comes_first", ["target", "voiding"])
def test_what_refers_to_a_voided_statement_is_still_found_by_it(caller, keep, comes_first):
    target = str(uuid4())

    def kept(what):
        if what == "target":
            return keep(id=target, actor=mail("x"))
        return keep(verb=VOIDED, object=reference(target), context=None)

    ids = {what: kept(what) for what in (comes_first, *({"target", "voiding"} - {comes_first}))}
    referring = keep(object=reference(target), context=None)
    assert caller.ids(agent=agent("x")) == [referring, ids["voiding"]]
    assert caller.get(statementId=target).status_code == 404
    assert caller.get(voidedStatementId=target).get_json()["actor"] == mail("x")
    assert caller.get(voidedStatementId=referring).status_code == 404


# Plans

HIDDEN = {"agent": "mbox\0mailto:x@example.com", "verb": "https://example.com/v", "activity": "https://example.com/a"}
PAGES = [
    Filter(),
    Filter(ascending=True),
    Filter(agent=HIDDEN["agent"]),
    Filter(verb=HIDDEN["verb"]),
    Filter(activity=HIDDEN["activity"]),
    Filter(agent=HIDDEN["agent"], verb=HIDDEN["verb"]),
    Filter(**HIDDEN),
    Filter(**HIDDEN, related_agents=True, related_activities=True),
    Filter(activity=HIDDEN["activity"], related_activities=True, ascending=True),
    Filter(authority=HIDDEN["agent"]),
    Filter(**HIDDEN, authority=HIDDEN["agent"]),
]


@pytest.mark.parametrize("wanted", PAGES, ids=str)
def test_a_page_is_a_walk_along_indexes(session, wanted):
    """No table is read as a whole and nothing is sorted, whatever is asked; so the store's size makes no difference."""
    for sentence, values in queries.sentences(wanted, 101):
        plan = explained(sentence, values)
        print(plan)  # noqa: T201 -- shown by -s
        assert "SORT" not in plan.upper()
        assert "TEMP B-TREE" not in plan
        if db.engine.dialect.name == "sqlite":
            assert "SCAN" not in plan
        else:
            assert "Seq Scan" not in plan


def explained(sentence: str, values: tuple) -> str:
    if db.engine.dialect.name == "sqlite":
        rows = db.session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + sentence.replace("%s", "?"), values)
        return "\n".join(row[3] for row in rows)
    # A table of a few rows is read faster as a whole; the question here is what can be done at all.
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    db.session.execute(text("SET LOCAL enable_bitmapscan = off"))
    rows = db.session.connection().exec_driver_sql("EXPLAIN " + sentence, values)
    return "\n".join(row[0] for row in rows)


def test_one_statement_is_found_by_its_id_alone(session):
    plan = explained(
        queries._ONE.format(voided=queries._NOT_VOIDED),
        (uuid4().bytes if db.engine.dialect.name == "sqlite" else uuid4(),),
    )
    assert "uq_stored_statement_id" in plan
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan
