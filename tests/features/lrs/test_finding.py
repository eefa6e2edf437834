"""Finding statements: who else is in them, what else they are about, and what those they refer to are about."""

import json
import re
from dataclasses import replace
from itertools import chain, combinations, product
from random import Random
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from lms.db import db
from lms.lrs import keys
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


def test_who_inherits_a_key_twice_counts_once_for_a_page(caller, keep):
    first = keep(actor=mail("x"))
    second = keep(actor=mail("x"), object=reference(first), context=None)
    middle = caller.get(statementId=second).get_json()["stored"]
    referring = [keep(object=reference(second), context=None) for _ in range(2)]
    page = caller.get(agent=agent("x"), since=middle, limit="1").get_json()
    assert [one["id"] for one in page["statements"]] == referring[1:]
    assert page["more"]


# Pages


@pytest.fixture
def varied(caller, keep):
    """Forty statements of few people, verbs, things and registrations, some about each other."""
    draw = Random(20)
    ids = []
    for _ in range(40):
        context = {"registration": str(UUID(int=REGISTRATION.int + draw.randrange(2)))}
        if draw.random() < 0.3:
            context["instructor"] = mail(draw.choice("xyz"))
        if draw.random() < 0.3:
            context["contextActivities"] = {"parent": [{"id": f"https://example.com/{draw.choice('ab')}"}]}
        thing = {"id": f"https://example.com/{draw.choice('ab')}"}
        if ids and draw.random() < 0.3:
            thing = reference(draw.choice(ids))
        verb = {"id": f"https://example.com/{draw.choice('vw')}"}
        ids.append(keep(actor=mail(draw.choice("xy")), verb=verb, object=thing, context=context))
    return ids


@pytest.mark.parametrize("steps", [7, queries.walks.STEPS])
def test_pages_hold_what_was_asked_for_each_once_and_in_order(varied, monkeypatch, steps):
    """Beside looking at each statement in turn; also where every page ends before it is full."""
    monkeypatch.setattr(queries.walks, "STEPS", steps)
    bodies = {one.position: json.loads(one.body) for one in queries.page(Filter(limit=500)).found}
    by_id = {body["id"]: body for body in bodies.values()}

    def sources(body):
        while body:
            yield keys.of_stored(body)
            body = by_id.get(body["object"]["id"]) if body["object"].get("objectType") == "StatementRef" else None

    has = {position: list(sources(body)) for position, body in sorted(bodies.items())}
    assert len(has) == len(varied)
    by = keys.agent_name(by_id[varied[0]]["authority"])
    for wanted in questions():
        if wanted.authority:
            wanted = replace(wanted, authority=by)
        expected = [
            position for position, kept in has.items() if any(all(set(k) & one for k in wanted.keys) for one in kept)
        ]
        assert paged(replace(wanted, limit=7)) == (expected if wanted.ascending else expected[::-1]), wanted


def paged(wanted):
    found = []
    while wanted:
        page = queries.page(wanted)
        found += [one.position for one in page.found]
        wanted = page.next
    return found


def test_a_page_may_be_empty_and_have_more(caller, keep, monkeypatch):
    """Two lists that never meet are looked through in portions."""
    monkeypatch.setattr(queries.walks, "STEPS", 5)
    other = str(uuid4())
    for _ in range(4):
        keep(actor=mail("x"), context=None)
        keep(actor=mail("y"), context={"registration": other})
    page = caller.get(agent=agent("x"), registration=other).get_json()
    assert page["statements"] == []
    assert page["more"]
    while page["more"]:
        page = caller.get(**dict(parse_qsl(urlsplit(page["more"]).query))).get_json()
        assert page["statements"] == []


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_the_ends_of_time_are_bounds_like_others(caller, keep, ascending):
    registration = str(uuid4())
    one = keep(actor=mail("x"), context={"registration": registration})
    asked = {"agent": agent("x"), "registration": registration, "ascending": ascending}
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
    assert caller.ids(**asked, since=first, until=last) == [one]
    assert caller.ids(**asked, until=first) == []
    assert caller.ids(**asked, since=last) == []


# Plans

HIDDEN = {"agent": "mbox\0mailto:x@example.com", "verb": "https://example.com/v", "activity": "https://example.com/a"}
REGISTRATION = UUID("5f0c7c1e-3c1f-4bb0-9e58-2f6f2f7a1c11")


def questions():
    """Every combination of what may be asked."""
    names = (*HIDDEN, "registration", "authority")
    for asked in chain.from_iterable(combinations(names, count) for count in range(len(names) + 1)):
        for agents, activities, ascending in product((False, True), repeat=3):
            yield Filter(
                **{name: HIDDEN.get(name, HIDDEN["agent"]) for name in asked if name != "registration"},
                registration=REGISTRATION if "registration" in asked else None,
                related_agents=agents,
                related_activities=activities,
                ascending=ascending,
            )


def test_every_page_is_a_walk_along_indexes(session):
    """No table is read as a whole and nothing is sorted, whatever is asked; so the store's size makes no difference."""
    found = dict(queries.walk(wanted, 101) for wanted in questions())
    for sentence, values in found.items():
        plan = explained(sentence, values)
        print(plan, end="\n\n")  # noqa: T201 -- shown by -s
        assert "SORT" not in plan.upper()
        assert "TEMP B-TREE" not in plan
        assert "Seq Scan" not in plan
        scanned = re.findall(r"SCAN (\w+)", plan)  # what the walks made themselves
        assert all(name in {"CONSTANT", "leap"} or name.startswith("walk") for name in scanned), plan
        assert "Hash" not in plan


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
        queries._ONE.format(voided=queries.NOT_VOIDED),
        (uuid4().bytes if db.engine.dialect.name == "sqlite" else uuid4(),),
    )
    assert "uq_stored_statement_id" in plan
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan
