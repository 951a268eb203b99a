"""Passwords as argon2id hashes. The one importer of argon2."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_MOST_CHARACTERS = 1000


def hash_password(password: str) -> str:
    """An argon2id hash of a password, for the file of people."""
    return PasswordHasher().hash(password)


def is_password(hashed: str | None, password: str) -> bool:
    """Whether a password has this hash. None stands for nobody's: never right, and found out as slowly as any other."""
    if len(password) > _MOST_CHARACTERS:
        return False
    try:
        PasswordHasher().verify(_nobodys() if hashed is None else hashed, password)
    except (Argon2Error, InvalidHashError):
        return False
    return hashed is not None


@cache
def _nobodys() -> str:
    """The hash of a password that nobody knows."""
    return hash_password(secrets.token_urlsafe(32))
