"""Password hashing by argon2-cffi: its own parameters, or cheap ones where tests and demos ask for them."""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200  # hashing is deliberate work; nobody types more than this


class Hasher:
    """Hashes and checks; an account without a password costs as much time as a wrong one."""

    def __init__(self, argon2: PasswordHasher) -> None:
        self._argon2 = argon2
        self._nobody = argon2.hash("an account that does not exist")

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def matches(self, password_hash: str | None, password: str) -> bool:
        try:
            self._argon2.verify(password_hash or self._nobody, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Made with other parameters than ours; hash again while the password is at hand."""
        return self._argon2.check_needs_rehash(password_hash)


@lru_cache(maxsize=2)
def hasher(*, cheap: bool) -> Hasher:
    if cheap:
        return Hasher(PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1))
    return Hasher(PasswordHasher())
