"""Error pages say what, why and what now, and carry a way on; programs get a code and a message."""

import pytest

JSON = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("how", "status", "title"),
    [
        ("rule", 409, "That is not possible now"),
        ("stale", 409, "Something changed in the meantime"),
        ("integrity", 409, "Something changed in the meantime"),
        ("data", 400, "That request could not be read"),
        ("deep", 400, "That request could not be read"),
        ("number", 500, "Something broke on our side"),
        ("forbidden", 403, "This is not yours to do"),
        ("large", 413, "That file is too large"),
        ("often", 429, "Too many tries"),
        ("later", 503, "Not ready yet"),
        ("broken", 500, "Something broke on our side"),
    ],
)
def test_every_failure_is_a_page(client, how, status, title):
    answer = client.get(f"/probe/fail/{how}")
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.text
    assert 'class="button button-primary" href="/' in answer.text


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nowhere", "GET", 404), ("/probe/thanks", "PUT", 405), ("/probe/note", "GET", 405)]
)
def test_addresses_that_lead_nowhere(client, path, method, status):
    # A PUT carries the token, as our own script would.
    client.get("/probe/thanks")
    token = client.token("/probe/thanks")
    answer = client.open(path, method=method, headers={"X-CSRFToken": token, "Referer": "http://localhost/courses"})
    assert answer.status_code == status
    if status == 404:
        assert 'href="/">Go to the start page</a>' in answer.text


def test_a_refusal_says_its_sentence_and_nothing_of_python(client):
    text = client.get("/probe/fail/rule").text
    assert "Someone else saved a change" in text
    assert "RuleViolation" not in text


def test_an_unworded_code_is_still_an_honest_sentence(client):
    answer = client.get("/probe/fail/unknown")
    assert answer.status_code == 409
    assert "This is not possible now" in answer.text
    assert "a_code_nobody_worded" not in answer.text


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [("rule", 409, "changed_meanwhile"), ("stale", 409, "changed_meanwhile"), ("forbidden", 403, "forbidden")],
)
def test_programs_get_codes(client, how, status, code):
    answer = client.get(f"/probe/fail/{how}", headers=JSON)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["message"]


def test_a_polled_fragment_gets_no_page(client):
    assert client.get("/probe/fail/stale", headers={"HX-Request": "true"}).is_json


def test_headers_of_the_failure_survive(client):
    assert client.get("/probe/fail/often").headers["Retry-After"] == "30"
    assert "POST" in client.get("/probe/note").headers["Allow"]


def test_the_way_back_is_only_to_our_own_pages(client):
    ours = client.get("/probe/fail/rule", headers={"Referer": "http://localhost/courses?page=2"}).text
    assert 'href="/courses?page=2"' in ours
    for other in ("http://evil.example/courses", "http://localhost//evil.example", "javascript:alert(1)"):
        text = client.get("/probe/fail/rule", headers={"Referer": other}).text
        assert "evil" not in text
        assert "javascript:" not in text


def test_a_broken_page_never_shows_the_mistake(client):
    text = client.get("/probe/fail/broken").text
    assert "ZeroDivisionError" not in text
    assert "mistake of ours" not in text
