"""Passwords of stores elsewhere, sealed before they are written to the database (docs/decisions/0020).

The key is derived from the installation's SECRET_KEY, so a copy of the database opens nothing. What is sealed is
bound to its store and address: moved to another row, or beside another address, it does not open.
"""

import hashlib
import hmac
import json

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

PURPOSE = b"fieldwork: passwords of record stores, 1"


class CannotOpen(Exception):
    """SECRET_KEY is another one now, or what was sealed belongs to another store or address."""


def seal(password: str, *, store: str, endpoint: str, secret_key: str) -> str:
    plain = json.dumps({"password": password, "store": store, "endpoint": endpoint})
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, plain.encode(), _key(secret_key))


def unseal(sealed: str, *, store: str, endpoint: str, secret_key: str) -> str:
    try:
        opened = json.loads(jwe.decrypt_compact(sealed, _key(secret_key)).plaintext or b"")
    except (JoseError, ValueError) as wrong:
        raise CannotOpen from wrong
    if (opened["store"], opened["endpoint"]) != (store, endpoint):
        raise CannotOpen
    password: str = opened["password"]
    return password


def _key(secret_key: str) -> OctKey:
    return OctKey.import_key(hmac.digest(secret_key.encode(), PURPOSE, hashlib.sha256))
