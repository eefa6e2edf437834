"""What no page can use is answered with a sentence, on every database: no NUL, no bottomless JSON, no huge number."""

import pytest

from lms.web.input import DEEPEST, LARGEST, bounded, json_problem

NUL = "a\0b"


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize("path", ["/sign-in", "/forgot"])
def test_nul_from_somebody_who_is_not_signed_in(visit, cast, path):
    answer = visit().send(path, {"email": NUL, "password": "x"}, page=path)
    assert answer.status_code == 400
    assert "NUL character" in answer.text


@pytest.mark.parametrize("path", ["/admin/people?search=a%00b", "/admin/people?%00=1", "/people/%00"])
def test_nul_in_an_address(visit, cast, path):
    answer = visit(cast.enid).get(path)
    assert answer.status_code == 400
    assert "NUL character" in answer.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"taps": [{"client_id": "a\\u0000"}]}', "NUL"),
        ('{"\\u0000": 1}', "NUL"),
        ('{"fields": {"f-opening": "\\ud800"}}', "half of a character"),
        ('{"fields": ' + deep(900) + "}", "levels deep"),
        (deep(100_000), "levels deep"),
    ],
)
def test_json_that_cannot_be_kept_gets_json_back(visit, cast, body, words):
    browser = visit(cast.rosa)
    answer = browser.post(
        "/account", data=body, content_type="application/json", headers={"X-CSRFToken": browser.token("/account")}
    )
    assert answer.status_code == 400
    assert words in answer.json["message"]


def test_the_deepest_json_that_is_taken():
    def nested(levels: int) -> list:
        return [nested(levels - 1)] if levels > 1 else []

    assert json_problem(nested(DEEPEST)) is None
    assert json_problem(nested(DEEPEST + 1)) is not None


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("12", 12), ("9" * 10, LARGEST), ("1" * 5000, LARGEST)])
def test_numbers_of_addresses_are_bounded(text, number):
    assert bounded(text) == number


@pytest.mark.parametrize("text", ["", "-1", "²", "１", "1e3", "x"])
def test_what_is_no_number_of_an_address(text):
    with pytest.raises(ValueError, match="whole number"):
        bounded(text)


@pytest.mark.parametrize("path", ["/admin/deliveries?before={}", "/admin/people?page={}", "/record?before={}"])
def test_huge_numbers_in_addresses(visit, cast, path):
    assert visit(cast.enid).get(path.format("9" * 30)).status_code == 200


def test_what_only_the_database_refuses_is_the_senders_to_mend(visit, cast):
    browser = visit(cast.enid)
    answer = browser.send(f"/admin/deliveries/{10**30}/x", page="/account")
    assert answer.status_code in {400, 404}
