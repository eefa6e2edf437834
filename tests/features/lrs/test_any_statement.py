"""Whatever is a statement is kept as it is; whatever differs from one in a single place is refused by that place."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.lrs import compare, shapes
from lms.lrs.validate import InvalidStatement
from lms.lrs.versions import Version
from tests.examples import examples
from tests.features.lrs.strategies import statements

SET_BY_STORE = {"authority", "stored", "version", "timestamp"}
UNKNOWN = "no such property!"  # no property, no language tag and no IRI


@pytest.mark.slow
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(one=statements(), version=st.sampled_from(list(Version)))
def test_it_comes_back_as_it_was(caller, one, version):
    one = {**one, "id": str(uuid4())}  # the examples share one store
    answer = caller.ask("POST", "statements", one, version=version)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    back = caller.get(statementId=one["id"], version=version).get_json()
    for name in one.keys() - SET_BY_STORE:
        assert but_for_its_time(back[name]) == but_for_its_time(one[name])
    assert compare.say_the_same(back, one)  # the same moments too
    assert ("version" not in one) or back["version"] == one["version"]
    again = caller.ask("PUT", "statements", one, statementId=one["id"], version=version)
    assert again.status_code == 204, again.get_data(as_text=True)
    for format_ in ("ids", "canonical"):
        assert caller.get(statementId=one["id"], format=format_).get_json()["id"] == one["id"]


def but_for_its_time(part: Any) -> Any:
    """A SubStatement has one, which 2.0 gives back in UTC."""
    is_statement = isinstance(part, dict) and part.get("objectType") == "SubStatement"
    return {name: value for name, value in part.items() if name != "timestamp"} if is_statement else part


def places(value: Any, path: str = "statement", *, free: bool = False) -> list[tuple[str, Any, Any, bool]]:
    """(path, container, key, whether what stands there is free) of everything in it."""
    found = []
    if isinstance(value, dict):
        in_map = path.rpartition(".")[2] in {"display", "description", "name", "extensions"}
        for key, part in value.items():
            inner = f"{path}[{key!r}]" if in_map else f"{path}.{key}"
            is_free = free or path.endswith(".extensions")
            found.append((inner, value, key, is_free))
            found += places(part, inner, free=is_free)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            found.append((f"{path}[{index}]", value, index, free))
            found += places(part, f"{path}[{index}]", free=free)
    return found


def refused(one: dict, version: Version) -> InvalidStatement:
    with pytest.raises(InvalidStatement) as caught:
        shapes.statement(one, version=version)
    assert caught.value.problem
    return caught.value


corrupted = settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])


def corrupted_everywhere(one: dict, change: Callable[[Any, Any], None], fits: Callable[..., bool]) -> Iterator:
    """(path, the statement) once for each place that fits: `change(container, key)` has been at that one alone."""
    for number, (path, container, key, free) in enumerate(places(one)):
        if not free and fits(path, container, key):
            broken = copy.deepcopy(one)
            _, its_container, its_key, _ = places(broken)[number]
            change(its_container, its_key)
            yield path, broken


def is_name(path: str) -> bool:
    """Whether a place is a property, and no entry of a list or of a map."""
    return "[" not in path.rpartition(".")[2]


@pytest.mark.slow
@corrupted
@given(one=statements(), version=st.sampled_from(list(Version)))
def test_null_or_another_type_anywhere_is_refused_there(one, version):
    shapes.statement(copy.deepcopy(one), version=version)
    for number in range(3):

        def change(container: Any, key: Any, number: int = number) -> None:
            is_list = isinstance(container[key], list)
            container[key] = ([None, 3, "x"] if is_list else [None, [3], [[]]])[number]

        for path, broken in corrupted_everywhere(one, change, lambda *_: True):
            found = refused(broken, version)
            parent = path.rpartition(".")[0]
            # An identifier or kind of the wrong type may be missed as such: then its owner is named.
            assert found.path.startswith(path) or found.path in {parent, f"{parent}.objectType", f"{parent}.member"}


@pytest.mark.slow
@corrupted
@given(one=statements(), version=st.sampled_from(list(Version)))
def test_a_property_that_is_none_is_refused_by_its_name(one, version):
    """In every object, and in every map whose keys are languages or IRIs."""

    def change(container: Any, key: Any) -> None:
        container[key][UNKNOWN] = "x"

    for path, broken in corrupted_everywhere(one, change, lambda _, container, key: isinstance(container[key], dict)):
        found = refused(broken, version)
        assert found.path.startswith(path)
        assert UNKNOWN in found.path
    assert UNKNOWN in refused({**one, UNKNOWN: "x"}, version).path


@pytest.mark.slow
@corrupted
@given(one=statements(), version=st.sampled_from(list(Version)))
def test_the_case_of_names_counts(one, version):
    def change(container: Any, key: str) -> None:
        container[key[0].upper() + key[1:]] = container.pop(key)

    def fits(path: str, _container: Any, key: Any) -> bool:
        return isinstance(key, str) and key.isascii() and is_name(path)

    for path, broken in corrupted_everywhere(one, change, fits):
        assert refused(broken, version).path.startswith(path.rpartition(".")[0])


NEEDED = {"actor", "verb", "object", "homePage", "usageType", "contentType", "length", "sha2", "fileUrl"}


@pytest.mark.slow
@corrupted
@given(one=statements(), version=st.sampled_from(list(Version)))
def test_what_is_needed_and_missing_is_named(one, version):
    def change(container: Any, key: str) -> None:
        del container[key]

    for path, broken in corrupted_everywhere(one, change, lambda path, _, key: key in NEEDED and is_name(path)):
        found = refused(broken, version)
        assert (found.path, found.problem.split(":")[0]) == (path, "is missing")


WRONG = {
    "id": "no iri and no uuid",
    "mbox": "rosa@example.com",
    "mbox_sha1sum": "e" * 39,
    "openid": "rosa",
    "homePage": "example.com",
    "registration": "00000000-0000-0000-0000-00000000000",
    "language": "english (US)",
    "timestamp": "2026-02-30T00:00:00Z",
    "duration": "PT1.S",
    "usageType": "a b",
    "moreInfo": "<x>",
    "type": "course",
    "interactionType": "Choice",
    "version": "1.1.0",
    "scaled": 1.0000001,
    "length": -1,
    "sha2": "0" * 63,
    "contentType": "text",
    "fileUrl": "file",
}


@pytest.mark.slow
@corrupted
@given(one=statements())
def test_a_wrong_value_is_refused_where_it_stands(one):
    def change(container: Any, key: str) -> None:
        container[key] = WRONG[key]

    def fits(path: str, _container: Any, key: Any) -> bool:
        return key in WRONG and is_name(path) and not _is_component(path)

    for path, broken in corrupted_everywhere(one, change, fits):
        assert refused(broken, Version.FIRST).path == path


def _is_component(path: str) -> bool:
    """The id of an answer of a question may be any text."""
    return any(f".{name}[" in path for name in shapes.LISTS)


@pytest.mark.slow
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(one=statements())
def test_written_otherwise_it_says_the_same(one):
    """Keys in another order, letters as escapes."""
    turned = json.loads(json.dumps(_turned(one)))
    assert compare.digest(turned) == compare.digest(one)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(list(value))}
    return [_turned(part) for part in value] if isinstance(value, list) else value
