"""Attachments: what is sent with statements, kept once, given back; and signatures that sign what is said."""

import base64
import datetime as dt
import hashlib
import json
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import RSAKey

from lms import clock
from lms.lrs import credentials, multipart
from lms.lrs.models import AttachmentContent
from lms.lrs.views import statements as views
from tests.features.lrs.test_shapes import GOOD

BOUNDARY = "abc-123"
MIXED = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"


def attachment(content: bytes, **more) -> dict:
    return {
        "usageType": "https://example.com/usage",
        "display": {"en": "a file"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
        **more,
    }


def statement(*attachments: dict, **more) -> dict:
    return {**GOOD, "id": str(uuid4()), **({"attachments": list(attachments)} if attachments else {}), **more}


def part(content: bytes, **headers: str) -> bytes:
    given = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": hashlib.sha256(content).hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"--{BOUNDARY}\r\n{head}\r\n".encode() + content + b"\r\n"


def body(said, *parts: bytes, end: bytes = f"--{BOUNDARY}--\r\n".encode()) -> bytes:
    first = f"--{BOUNDARY}\r\nContent-Type: application/json\r\n\r\n".encode() + json.dumps(said).encode() + b"\r\n"
    return first + b"".join(parts) + end


def given_back(answer) -> tuple[dict, dict[str, multipart.Part]]:
    assert answer.status_code == 200
    assert answer.mimetype == "multipart/mixed"
    first, *others = multipart.parts(answer.data, multipart.boundary_of(answer.headers["Content-Type"]))
    assert first.type == "application/json"
    assert multipart.attached(others).keys() == {one.headers["x-experience-api-hash"] for one in others}
    return json.loads(first.content), {one.headers["x-experience-api-hash"]: one for one in others}


@pytest.mark.parametrize(
    "content",
    [b"hello", b"", b"\x00\xff\r\n--abc\r\n--", b"--abc-12\r\n", "Grüße\r\n\r\n".encode(), b"x" * 10_000_000],
    ids=["text", "empty", "bytes", "like a boundary", "lines", "ten megabytes"],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_data_comes_back_byte_for_byte(caller, content, method):
    one = statement(attachment(content, contentType="text/plain; charset=utf-8"))
    query = {"statementId": one["id"]} if method == "PUT" else {}
    answer = caller.ask(method, "statements", body(one, part(content)), headers=MIXED, **query)
    assert answer.status_code in {200, 204}, answer.data
    said, parts = given_back(caller.get(statementId=one["id"], attachments="true"))
    assert said["id"] == one["id"]
    [(sha2, back)] = parts.items()
    assert sha2 == one["attachments"][0]["sha2"]
    assert back.content == content
    assert back.headers["content-type"] == "text/plain; charset=utf-8"
    assert back.headers["content-transfer-encoding"] == "binary"
    plain = caller.get(statementId=one["id"])
    assert plain.mimetype == "application/json"
    assert plain.get_json()["attachments"] == one["attachments"]


@pytest.mark.parametrize("algorithm", ["sha224", "sha256", "sha384", "sha512"])
def test_every_sha_2_is_understood(caller, algorithm):
    sha2 = hashlib.new(algorithm, b"hello").hexdigest().upper()
    one = statement(attachment(b"hello", sha2=sha2))
    answer = caller.ask("POST", "statements", body(one, part(b"hello", X_Experience_API_Hash=sha2)), headers=MIXED)
    assert answer.status_code == 200, answer.data
    _, parts = given_back(caller.get(statementId=one["id"], attachments="true"))
    assert parts.keys() == {sha2.lower()}


def test_the_same_data_is_kept_once(caller, session):
    batch = [statement(attachment(b"same")) for _ in range(3)]
    assert caller.ask("POST", "statements", body(batch, part(b"same")), headers=MIXED).status_code == 200
    again = statement(attachment(b"same"), attachment(b"other"))
    assert (
        caller.ask("POST", "statements", body(again, part(b"same"), part(b"other")), headers=MIXED).status_code == 200
    )
    assert session.query(AttachmentContent).count() == 2
    page, parts = given_back(caller.get(attachments="true"))
    assert len(page["statements"]) == 4
    assert {one.content for one in parts.values()} == {b"same", b"other"}


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_a_page_has_no_more_data_than_is_held_at_once(caller, monkeypatch, ascending):
    monkeypatch.setattr(views, "MOST_DATA", 20)
    contents = [b"x" * 12, b"y" * 12, b"short", b"", b"z" * 30]
    batch = [statement(attachment(content)) for content in contents]
    assert caller.ask("POST", "statements", body(batch, *map(part, contents)), headers=MIXED).status_code == 200
    query, sizes, ids = {"ascending": ascending, "attachments": "true"}, [], []
    while query:
        page, parts = given_back(caller.get(**query))
        ids += [one["id"] for one in page["statements"]]
        sizes.append(sum(len(one.content) for one in parts.values()))
        query = dict(parse_qsl(urlsplit(page["more"]).query))
    order = batch if ascending == "true" else batch[::-1]
    assert ids == [one["id"] for one in order]
    assert sizes == ([12, 17, 30] if ascending == "true" else [30, 17, 12])


def test_who_only_names_a_hash_does_not_get_the_data(caller):
    secret = statement(attachment(b"secret"))
    caller.ask("POST", "statements", body(secret, part(b"secret")), headers=MIXED)
    named = statement(attachment(b"secret", fileUrl="https://example.com/file"))
    assert caller.ask("POST", "statements", named).status_code == 200
    _, parts = given_back(caller.get(statementId=named["id"], attachments="true"))
    assert parts == {}


def test_data_of_a_sub_statement(caller):
    inner = {
        "objectType": "SubStatement",
        "actor": GOOD["actor"],
        "verb": GOOD["verb"],
        "object": {"id": "https://e.com/a"},
    }
    one = statement(object={**inner, "attachments": [attachment(b"inside")]})
    assert caller.ask("POST", "statements", one).status_code == 400
    assert caller.ask("POST", "statements", body(one, part(b"inside")), headers=MIXED).status_code == 200
    _, parts = given_back(caller.get(statementId=one["id"], attachments="true"))
    assert [back.content for back in parts.values()] == [b"inside"]


def test_multipart_without_data_is_fine(caller):
    for one in (statement(), statement(attachment(b"x", fileUrl="https://example.com/x"))):
        assert caller.ask("POST", "statements", body(one), headers=MIXED).status_code == 200


HELLO = statement(attachment(b"hello"))


@pytest.mark.parametrize(
    ("content", "headers", "words"),
    [
        (body(HELLO), MIXED, "attachments[0].fileUrl: is missing"),
        (body(statement(), part(b"hello")), MIXED, "No statement has an attachment"),
        (body(HELLO, part(b"hello"), part(b"more")), MIXED, "No statement has an attachment"),
        (body(HELLO, part(b"hello", X_Experience_API_Hash="")), MIXED, "X-Experience-API-Hash"),
        (body(HELLO, part(b"hello", X_Experience_API_Hash="0" * 64)), MIXED, "is not the SHA-2"),
        (body(HELLO, part(b"hello", X_Experience_API_Hash="12")), MIXED, "is not the SHA-2"),
        (body(HELLO, part(b"hello", Content_Transfer_Encoding="")), MIXED, "Content-Transfer-Encoding"),
        (body(HELLO, part(b"hello", Content_Transfer_Encoding="base64")), MIXED, "Content-Transfer-Encoding"),
        (body(HELLO, part(b"hello"), end=b""), MIXED, "ends before its last boundary"),
        (body(HELLO, part(b"hello"))[:200], MIXED, "ends before its last boundary"),
        (body(HELLO, part(b"hello")), {"Content-Type": "multipart/mixed"}, "boundary is missing"),
        (body(HELLO, part(b"hello")), {"Content-Type": "multipart/mixed; boundary="}, "boundary is missing"),
        (body(HELLO, part(b"hello")), {"Content-Type": "multipart/mixed; boundary=other"}, "does not occur"),
        (body(HELLO, part(b"hello")), {"Content-Type": "multipart/mixed; boundary=" + "x" * 300}, "too long"),
        (
            body(HELLO, part(b"hello")),
            {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
            "Content-Type must be",
        ),
        (part(b"hello") + f"--{BOUNDARY}--".encode(), MIXED, "first part must be application/json"),
        (f"--{BOUNDARY}--".encode(), MIXED, "no parts"),
        (f"--{BOUNDARY}\r\nno headers\r\n--{BOUNDARY}--".encode(), MIXED, "no end of its headers"),
        (f"--{BOUNDARY}\r\n: x\r\n\r\n\r\n--{BOUNDARY}--".encode(), MIXED, "header without a name"),
        (f"--{BOUNDARY}junk\r\n\r\n\r\n--{BOUNDARY}--".encode(), MIXED, "not alone in its line"),
        (f"--{BOUNDARY}\r\n\r\n\r\n".encode() * 1200 + f"--{BOUNDARY}--".encode(), MIXED, "more than 1000 parts"),
        (b"", MIXED, "does not occur"),
        (body(HELLO, part(b"hello")).replace(b"\r\n", b"\n"), MIXED, "CRLF"),
    ],
)
def test_what_is_wrong_with_multipart_is_said(caller, content, headers, words):
    answer = caller.ask("POST", "statements", content, headers=headers)
    assert answer.status_code == 400
    assert words in caller.said(answer)
    assert caller.ids() == []


# Signatures


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key, signer=None) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Rosa")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
        .sign(signer or key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


class Registry(jws.JWSRegistry):
    """Lets certificates into the header."""

    max_header_length = 20_000


def signed(said: dict, key, *, algorithm: str = "RS256", payload: bytes | None = None, **header) -> tuple[bytes, dict]:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    token = jws.serialize_compact(
        {"alg": algorithm, **header},
        json.dumps(said).encode() if payload is None else payload,
        RSAKey.import_key(private),
        registry=Registry(algorithms=[algorithm]),
    ).encode()
    return token, attachment(token, usageType=SIGNATURE, contentType="application/octet-stream")


def send(caller, said: dict, token: bytes, described: dict, *others: bytes, **query):
    whole = {**said, "attachments": [*said.get("attachments", ()), described]}
    return caller.ask("POST", "statements", body(whole, part(token), *others), headers=MIXED, **query)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
@pytest.mark.parametrize("with_certificate", [False, True])
def test_a_signature_of_what_is_said_is_kept(caller, key, algorithm, with_certificate):
    one = statement()
    header = {"x5c": [certificate(key)]} if with_certificate else {}
    token, described = signed(one, key, algorithm=algorithm, **header)
    assert send(caller, one, token, described).status_code == 200
    _, parts = given_back(caller.get(statementId=one["id"], attachments="true"))
    assert [back.content for back in parts.values()] == [token]


def test_other_attachments_are_part_of_what_is_signed(caller, key):
    one = statement(attachment(b"hello"))
    token, described = signed(one, key)
    assert send(caller, one, token, described, part(b"hello")).status_code == 200
    without = {name: value for name, value in one.items() if name != "attachments"} | {"id": str(uuid4())}
    token, described = signed(without, key)
    answer = send(caller, {**without, "attachments": one["attachments"]}, token, described, part(b"hello"))
    assert answer.status_code == 400


def test_a_signature_of_something_else_is_refused(caller, key):
    one = statement()
    token, described = signed({**one, "result": {"success": True}}, key)
    answer = send(caller, one, token, described)
    assert answer.status_code == 400
    assert "statement.attachments[0]: is a signature of something else" in caller.said(answer)


def test_a_signature_that_its_certificate_does_not_bear_out_is_refused(caller, key):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    one = statement()
    token, described = signed(one, key, x5c=[certificate(other)])
    answer = send(caller, one, token, described)
    assert answer.status_code == 400
    assert "is not a JSON Web Signature that can be verified" in caller.said(answer)


@pytest.mark.parametrize("chain", [[], "x", ["!!"], [base64.b64encode(b"no certificate").decode()], [1]])
def test_a_chain_without_a_certificate_is_refused(caller, key, chain):
    one = statement()
    whole = {"alg": "RS256", "x5c": chain}
    segments = [
        base64.urlsafe_b64encode(piece).rstrip(b"=")
        for piece in (json.dumps(whole).encode(), json.dumps(one).encode(), b"sig")
    ]
    token = b".".join(segments)
    described = attachment(token, usageType=SIGNATURE, contentType="application/octet-stream")
    assert send(caller, one, token, described).status_code == 400


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b"a.b.c",
        b"no token",
        b"..",
        base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=") + b".e30.",
        b"\xff.\xfe.\xfd",
    ],
)
def test_what_is_no_signature_is_refused(caller, token):
    described = attachment(token, usageType=SIGNATURE, contentType="application/octet-stream")
    answer = send(caller, statement(), token, described)
    assert answer.status_code == 400
    assert "statement.attachments[0]" in caller.said(answer)


def test_the_id_may_come_after_the_signature(caller, key):
    """It is among what may be assigned later (1.0.3, data 2.3.1): by who sends it, or by us."""
    one = {name: value for name, value in statement().items() if name != "id"}
    token, described = signed(one, key)
    assert send(caller, one, token, described).status_code == 200
    assert send(caller, {**one, "id": str(uuid4())}, token, described).status_code == 200
    with_id, described = signed({**one, "id": str(uuid4())}, key)
    assert send(caller, {**one, "id": str(uuid4())}, with_id, described).status_code == 400


@pytest.mark.parametrize("payload", [b"no json", b"[1]", b"\xff", b'{"a":1,"a":2}'])
def test_a_signature_must_sign_a_statement(caller, key, payload):
    one = statement()
    token, described = signed(one, key, payload=payload)
    assert send(caller, one, token, described).status_code == 400


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"actor": {"objectType": []}}, "actor.objectType"),
        ({"result": {"duration": "P,D"}}, "result.duration"),
        ({"result": {"duration": "P1.1.1D"}}, "result.duration"),
        ({"timestamp": 5}, "timestamp"),
        ({"context": {"contextActivities": {"parent": 5}}}, "context.contextActivities.parent"),
    ],
)
def test_what_is_signed_is_looked_at_like_any_statement(caller, key, changes, words):
    one = statement()
    token, described = signed({**one, **changes}, key)
    answer = send(caller, one, token, described)
    assert answer.status_code == 400
    assert f"statement.attachments[0]: signs what is no statement: statement.{words}: must" in caller.said(answer)


def test_a_signature_has_its_own_type_and_comes_with_the_statement(caller, key):
    one = statement()
    token, described = signed(one, key)
    answer = send(caller, one, token, {**described, "contentType": "text/plain"})
    assert answer.status_code == 400
    assert "contentType" in caller.said(answer)
    whole = {**one, "attachments": [{**described, "fileUrl": "https://example.com/signature"}]}
    assert caller.ask("POST", "statements", whole).status_code == 400


def test_hundredths_of_seconds_are_enough(caller, key):
    one = statement(result={"duration": "PT1.129S"})
    token, described = signed({**one, "result": {"duration": "PT01.12S"}}, key)
    assert send(caller, one, token, described).status_code == 200
    two = statement(result={"duration": "PT1.13S"})
    token, described = signed({**two, "result": {"duration": "PT1.12S"}}, key)
    assert send(caller, two, token, described).status_code == 400


def test_another_key_s_reader_gets_the_data_too(caller, session):
    one = statement(attachment(b"hello"))
    caller.ask("POST", "statements", body(one, part(b"hello")), headers=MIXED)
    made = credentials.add("reader", at=clock.now())
    session.commit()
    caller.auth = (made.key, made.secret)
    _, parts = given_back(caller.get(attachments="true"))
    assert [back.content for back in parts.values()] == [b"hello"]
