"""Signed statements: a JSON Web Signature among the attachments, which must sign what the statement says.

The signature is checked with the certificate that it carries. One without a certificate cannot be checked by anybody
who does not know the signer; it is kept, as the specification asks, if it signs this statement (xAPI 1.0.3, data 2.6).
"""

import base64
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from lms.lrs import compare, shapes
from lms.lrs.json_text import InvalidJson, read
from lms.lrs.shapes import SIGNATURE
from lms.lrs.validate import InvalidStatement
from lms.lrs.versions import Version

TYPE = "application/octet-stream"
ALGORITHMS = ["RS256", "RS384", "RS512"]


class _Registry(jws.JWSRegistry):
    """Certificates stand in the header and whole statements in the payload."""

    max_header_length = 64 * 1024
    max_payload_length = 4 * 1024 * 1024
    max_signature_length = 8 * 1024


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


def check(statement: dict[str, Any], path: str, contents: Mapping[str, bytes]) -> None:
    """Raise InvalidStatement unless each signature among the statement's attachments signs it."""
    attachments = statement.get("attachments", ())
    for index, attachment in enumerate(attachments):
        if attachment["usageType"] != SIGNATURE:
            continue
        where = f"{path}.attachments[{index}]"
        if attachment["contentType"].partition(";")[0].strip() != TYPE:
            raise InvalidStatement(f"{where}.contentType", f"of a signature must be {TYPE}")
        content = contents.get(attachment["sha2"].lower())
        if content is None:
            raise InvalidStatement(where, "is a signature, so its content must come with the statement")
        signed = _payload(content, where)
        try:  # by the rules of 2.0, which allow all that 1.0.3 does; it is compared with the one that came anyway
            shapes.statement(signed, version=Version.SECOND, came=contents.keys())
        except InvalidStatement as wrong:
            raise InvalidStatement(where, f"signs what is no statement: {wrong}") from wrong
        others = [other for other in attachments if other["usageType"] != SIGNATURE]
        unsigned = {name: value for name, value in statement.items() if name != "attachments"}
        if others:
            unsigned["attachments"] = others
        if "id" not in signed:  # it was given one later, by whoever sent it or by us
            del unsigned["id"]
        if not compare.say_the_same(signed, unsigned):
            raise InvalidStatement(where, "is a signature of something else than this statement says")


def _payload(content: bytes, where: str) -> Any:
    try:
        extracted = jws.extract_compact(content, registry=_REGISTRY)
        header = extracted.headers()
        if header.get("alg") not in ALGORITHMS:
            raise InvalidStatement(where, f"must be signed with one of {', '.join(ALGORITHMS)}")
        chain = header.get("x5c")
        if chain is not None:
            jws.deserialize_compact(content, _key(chain), registry=_REGISTRY)
        elif not extracted.segments["signature"]:
            raise InvalidStatement(where, "has no signature in it")
        payload = read(extracted.payload)
    except InvalidJson as wrong:
        raise InvalidStatement(where, f"signs no JSON: {wrong}") from wrong
    except (JoseError, ValueError, TypeError, LookupError, AttributeError) as wrong:
        raise InvalidStatement(where, f"is not a JSON Web Signature that can be verified: {wrong}") from wrong
    return payload


def _key(chain: Any) -> RSAKey:
    """Of the signer's certificate, the first of the chain."""
    certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True))
    return RSAKey.import_key(certificate.public_key())  # type: ignore[arg-type]
