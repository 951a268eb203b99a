"""Key files: a site's own key, made once and kept to itself, and the public keys that an association has on file."""

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.submission.canonical import SubmissionError, read_json
from agent.submission.sign import CURVE, KEY_BYTES, PrivateKey, PublicKey, SignatureError, decode, new_key, sign

KEY_FILE = "submission-key.jwk"
"""The private key beside `site.toml`, readable by its owner alone."""

_MAX_BYTES = 1_000_000
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

KeyRing = Mapping[str, PublicKey]
"""Public keys on file by their thumbprint (kid)."""


class KeyFileError(SubmissionError):
    """A key file cannot be used; says which, why, and what to do."""


def make_key(path: Path) -> PublicKey:
    """Make a key in a new file that its owner alone may read. Raises KeyFileError when the file is already there."""
    key = new_key()
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(key.jwk, file)
            file.flush()
            os.fsync(handle)
        os.link(fresh, path)  # never takes the place of a file, as renaming would
    except FileExistsError:
        hint = "a key is never overwritten: what it signed could not be verified; move it away to make another"
        raise KeyFileError(f"{path}: there is already a key ({hint})") from None
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
    return key.public


def read_private_key(path: Path) -> PrivateKey:
    """The private key of a file. Raises KeyFileError for one that others may read, or that is none."""
    data = _read(path, "make one with `atsuen key make`")
    if path.stat().st_mode & _OTHERS:
        raise KeyFileError(f"{path}: others than its owner may read this private key (chmod 600 {path})")
    jwk = _parse(path, data)
    if not isinstance(jwk, dict) or not isinstance(jwk.get("d"), str):
        raise KeyFileError(f"{path}: is no private key; the public one cannot sign")
    try:
        decode(jwk["d"], "d", KEY_BYTES)
        key = PrivateKey(jwk["d"], _public(path, {name: value for name, value in jwk.items() if name != "d"}))
        sign(b"{}", key)
    except SignatureError as error:
        raise KeyFileError(f"{path}: the key is damaged: {error}") from None
    return key


def read_key_ring(path: Path) -> KeyRing:
    """The public keys of a file (a JWK or a JWK set), or of all `.jwk` and `.json` files of a folder.

    Raises KeyFileError with everything that is wrong; a private key among them is refused.
    """
    files = sorted(file for file in path.iterdir() if file.suffix in {".jwk", ".json"}) if path.is_dir() else [path]
    ring: dict[str, PublicKey] = {}
    problems: list[str] = []
    for file in files:
        try:
            for key in _public_keys(file):
                if key.kid in ring and ring[key.kid].name != key.name:
                    problems.append(f"{file}: the key {key.kid} is also in {ring[key.kid].name}")
                ring[key.kid] = key
        except KeyFileError as error:
            problems.extend(error.reasons)
    if problems:
        raise KeyFileError(*problems)
    if not ring:
        raise KeyFileError(f"{path}: holds no public key (a file is named for its company, such as kinki.jwk)")
    return ring


def ring_of(*keys: PublicKey) -> KeyRing:
    """A ring of given keys."""
    return {key.kid: key for key in keys}


def _public_keys(path: Path) -> Iterator[PublicKey]:
    found = _parse(path, _read(path, "name a public key that `atsuen key show` printed"))
    keys = found.get("keys") if isinstance(found, dict) and "keys" in found else [found]
    if not isinstance(keys, list):
        raise KeyFileError(f"{path}: its keys are no list")
    for key in keys:
        yield _public(path, key)


def _public(path: Path, jwk: object) -> PublicKey:
    """The public key that a JWK (RFC 8037) says; what else stands in it does not matter, a private part does."""
    if not isinstance(jwk, dict):
        raise KeyFileError(f"{path}: is no key")
    if "d" in jwk:
        raise KeyFileError(f"{path}: holds a private key; take what `atsuen key show` prints, and make a new key")
    if jwk.get("kty") != "OKP" or jwk.get("crv") != CURVE or not isinstance(jwk.get("x"), str):
        raise KeyFileError(f"{path}: is no {CURVE} key")
    try:
        decode(jwk["x"], "x", KEY_BYTES)
    except SignatureError as error:
        raise KeyFileError(f"{path}: {error}") from None
    key = PublicKey(jwk["x"], path.stem)
    if jwk.get("kid", key.kid) != key.kid:
        raise KeyFileError(f"{path}: its kid is not its thumbprint {key.kid}; is this the whole key, unchanged?")
    return key


def _parse(path: Path, data: bytes) -> object:
    try:
        return read_json(data, _MAX_BYTES)
    except SubmissionError as error:
        raise KeyFileError(*(f"{path}: {reason}" for reason in error.reasons)) from None


def _read(path: Path, hint: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise KeyFileError(f"{path}: there is no such key ({hint})") from None
    except OSError as error:
        raise KeyFileError(f"{path}: cannot be read: {error.strerror}") from error
