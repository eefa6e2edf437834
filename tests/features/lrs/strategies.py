"""Any valid statement, as Hypothesis draws it."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from lms.lrs.shapes import COMPONENTS, INTERACTIONS

words = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
iris = st.builds(
    "{}{}{}".format,
    st.sampled_from(("http://example.com/", "https://example.com/ü/", "urn:x:", "tag:example.com,2026:", "a+b-c.1:")),
    words,
    st.sampled_from(("", "/", "?a=b&c=%20", "#fragment", "/日本")),
)
uuids = st.uuids(version=4).map(str)
tags = st.sampled_from(
    ("en", "en-US", "de", "zh-Hant-TW", "sr-Latn-RS", "de-1996", "x-private", "i-default"[2:], "sl-rozaj-biske")
)
maps = st.dictionaries(tags, texts, max_size=3)
floats = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.one_of(st.integers(-(2**53), 2**53), floats)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
extensions = st.dictionaries(iris, values, max_size=2)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.one_of(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=offsets).map(datetime.isoformat),  # noqa: DTZ001
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
        lambda moment: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    ),
)
durations = st.one_of(
    st.sampled_from(("P4W", "P3Y", "PT0S", "P1DT12H36M0.12567S", "PT16559.14S", "P3Y1M29DT4H35M59.14S")),
    st.builds("PT{}H{}M{}S".format, st.integers(0, 99), st.integers(0, 99), st.decimals(0, 99, places=2)),
)


def with_optional(required: dict, optional: dict):
    return st.fixed_dictionaries(required, optional=optional)


identities = st.one_of(
    words.map(lambda word: {"mbox": f"mailto:{word}@example.com"}),
    words.map(lambda word: {"mbox_sha1sum": (word * 40).encode().hex()[:40]}),
    iris.map(lambda iri: {"openid": iri}),
    st.builds(lambda home, name: {"account": {"homePage": home, "name": name}}, iris, texts),
)


def joined(*parts):
    return st.builds(lambda *found: {name: value for one in found for name, value in one.items()}, *parts)


agents = joined(with_optional({}, {"objectType": st.just("Agent"), "name": texts}), identities)
anonymous_groups = with_optional(
    {"objectType": st.just("Group"), "member": st.lists(agents, min_size=1, max_size=3)}, {"name": texts}
)
identified_groups = joined(
    with_optional({"objectType": st.just("Group")}, {"member": st.lists(agents, max_size=2), "name": texts}), identities
)
groups = st.one_of(anonymous_groups, identified_groups)
someone = st.one_of(agents, groups)

components = st.lists(
    with_optional({"id": words}, {"description": maps}), max_size=3, unique_by=lambda component: component["id"]
)
_described = {"name": maps, "description": maps, "type": iris, "moreInfo": iris, "extensions": extensions}


@st.composite
def definitions(draw):
    found = draw(with_optional({}, _described))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(INTERACTIONS))
        parts = {name: components for name in COMPONENTS.get(kind, ())}
        found |= {"interactionType": kind}
        found |= draw(with_optional({}, {"correctResponsesPattern": st.lists(texts, max_size=2), **parts}))
    return found


activities = with_optional({"id": iris}, {"objectType": st.just("Activity"), "definition": definitions()})
references = uuids.map(lambda id_: {"objectType": "StatementRef", "id": id_})


@st.composite
def scores(draw):
    low, raw, high = sorted(draw(st.lists(numbers, min_size=3, max_size=3, unique_by=float)))
    found = {"min": low, "raw": raw, "max": high, "scaled": draw(st.floats(-1, 1))}
    return {name: found[name] for name in draw(st.sets(st.sampled_from(sorted(found))))}


results = with_optional(
    {},
    {
        "score": scores(),
        "success": st.booleans(),
        "completion": st.booleans(),
        "response": texts,
        "duration": durations,
        "extensions": extensions,
    },
)
lists_of_activities = st.lists(activities, max_size=2)
_around = {
    "registration": uuids,
    "instructor": someone,
    "team": groups,
    "contextActivities": with_optional(
        {}, dict.fromkeys(("parent", "grouping", "category", "other"), lists_of_activities)
    ),
    "language": tags,
    "statement": references,
    "extensions": extensions,
}
_verbs = with_optional({"id": iris}, {"display": maps})
attachments = st.lists(
    with_optional(
        {
            "usageType": iris,
            "display": maps,
            "contentType": st.sampled_from(("text/plain", "application/pdf", "text/html; charset=utf-8")),
            "length": st.integers(0, 10**9),
            "sha2": st.sampled_from((56, 64, 96, 128)).map(lambda length: "0f" * (length // 2)),
            "fileUrl": iris,
        },
        {"description": maps},
    ),
    max_size=2,
)


@st.composite
def said(draw, *, inside: bool = False):
    """What a statement and a sub-statement have in common."""
    things = [activities, agents.map(lambda agent: {**agent, "objectType": "Agent"}), groups, references]
    if not inside:
        things.append(said(inside=True))
    thing = draw(st.one_of(things))
    context = dict(_around)
    if thing.get("objectType", "Activity") == "Activity":
        context |= {"revision": texts, "platform": texts}
    rest = draw(
        with_optional(
            {"actor": someone, "verb": _verbs},
            {
                "result": results,
                "context": with_optional({}, context),
                "timestamp": instants,
                "attachments": attachments,
            },
        )
    )
    return {**rest, "object": thing, **({"objectType": "SubStatement"} if inside else {})}


@st.composite
def statements(draw):
    version = {"version": st.sampled_from(("1.0", "1.0.0", "1.0.3"))}
    return {**draw(said()), **draw(with_optional({"id": uuids}, version))}
