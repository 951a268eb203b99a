"""Signatures: JWS in compact serialization with Ed25519 (RFC 7515, RFC 8037). The only file that imports joserfc.

Every byte of a signed file counts: there is one way to write header, document and signature, and any other is refused
before the signature is looked at. Knows no files and not what is signed.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey

from agent.submission.canonical import MAX_DOCUMENT_BYTES, SubmissionError, canonical_json, read_json

ALGORITHM = "EdDSA"
TYPE = "atsuen-submission+jws"
"""Says in the header what was signed, so that a signature of something else never passes for a submission."""

CURVE: Literal["Ed25519"] = "Ed25519"
KEY_BYTES, SIGNATURE_BYTES, HEADER_BYTES = 32, 64, 1000
MAX_FILE_BYTES = (MAX_DOCUMENT_BYTES + HEADER_BYTES + SIGNATURE_BYTES) * 4 // 3 + 16

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_FOREIGN_BYTE = re.compile(rb"[^A-Za-z0-9_.-]")


class SignatureError(SubmissionError):
    """A file is not signed, not signed in the one way that is accepted, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key as it goes to the association. `x` is its 32 bytes in base64url, `name` says whose it is."""

    x: str
    name: str = ""

    @property
    def jwk(self) -> dict[str, str]:
        """The key as a JWK (RFC 7517)."""
        return {"alg": ALGORITHM, "crv": CURVE, "kid": self.kid, "kty": "OKP", "use": "sig", "x": self.x}

    @property
    def kid(self) -> str:
        """The key's thumbprint (RFC 7638)."""
        return encode(self._thumbprint())

    @property
    def fingerprint(self) -> str:
        """The thumbprint as 30 digits in groups of five, to be read out on the telephone (100 bits)."""
        digits = f"{int.from_bytes(self._thumbprint(), 'big') % 10**30:030}"
        return " ".join(digits[start : start + 5] for start in range(0, 30, 5))

    def _thumbprint(self) -> bytes:
        return hashlib.sha256(canonical_json({"crv": CURVE, "kty": "OKP", "x": self.x})).digest()


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key: `d` is its 32 bytes in base64url, and is never printed."""

    d: str = field(repr=False)
    public: PublicKey

    @property
    def jwk(self) -> dict[str, str]:
        """The key as a JWK, for its file alone."""
        return self.public.jwk | {"d": self.d}


@dataclass(frozen=True, slots=True)
class Signed:
    """The parts of a signed file, well-formed, its signature not yet verified."""

    kid: str
    document: bytes
    file: bytes = field(repr=False)


class _OnlyEdDSA(jws.JWSRegistry):
    """Takes one algorithm, and documents larger than the library's default.

    RFC 9864 deprecates the name EdDSA because it leaves the curve open; here the key fixes it.
    """

    max_header_length = 2 * HEADER_BYTES
    max_payload_length = MAX_FILE_BYTES

    def get_alg(self, name: str) -> Any:  # the library keeps the type to itself
        """The algorithm, without the library's warning of its name. Raises UnsupportedAlgorithmError for another."""
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(f"algorithm {name!a}")
        return self.algorithms[ALGORITHM]


def new_key() -> PrivateKey:
    """A new random key."""
    made = OKPKey.generate_key(CURVE).as_dict(private=True)
    return PrivateKey(str(made["d"]), PublicKey(str(made["x"])))


def sign(document: bytes, key: PrivateKey) -> bytes:
    """The signed file of a document. Raises SignatureError when the private and the public part do not fit."""
    header = {"alg": ALGORITHM, "kid": key.public.kid, "typ": TYPE}
    file = jws.serialize_compact(header, document, OKPKey.import_key(dict(key.jwk)), registry=_OnlyEdDSA()).encode(
        "ascii"
    )
    verify(split(file), key.public)
    return file


def split(file: bytes) -> Signed:
    """The parts of a signed file. Raises SignatureError for one that is not written in the one accepted way."""
    if len(file) > MAX_FILE_BYTES:
        raise SignatureError(f"too large: {len(file):,} bytes, at most {MAX_FILE_BYTES:,} are accepted")
    if file.startswith(b"{"):
        raise SignatureError("is not signed: it is a draft, to be signed with the site's key")
    if foreign := _FOREIGN_BYTE.search(file):
        added = "; was the file opened and saved by another program?" if foreign[0] in b"\r\n\t \xef\xbb\xbf" else ""
        raise SignatureError(f"byte {foreign.start() + 1} is {foreign[0]!r}, which no signed file has{added}")
    parts = file.decode("ascii").split(".")
    if len(parts) != 3:
        raise SignatureError(f"has {len(parts)} parts between points, a signed file has 3; was it cut off?")
    header, document, signature = (decode(part, name) for part, name in zip(parts, _PARTS, strict=True))
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureError(f"the signature has {len(signature)} bytes, not {SIGNATURE_BYTES}; was it cut off?")
    return Signed(_kid_of(header), document, file)


def verify(signed: Signed, key: PublicKey) -> None:
    """Hold the signature against a key. Raises SignatureError when it does not hold."""
    try:
        jws.deserialize_compact(signed.file, OKPKey.import_key(dict(key.jwk)), registry=_OnlyEdDSA())
    except (JoseError, ValueError):
        raise SignatureError(
            f"the signature does not hold with key {key.kid}: the file was changed after it was signed"
        ) from None


def decode(text: str, what: str, length: int | None = None) -> bytes:
    """The bytes of a base64url text, of a length. Raises SignatureError for any other way to write them."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise SignatureError(f"{what} is not base64url")
    found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(found) != text:
        raise SignatureError(f"{what} is not canonical base64url: unused bits of its last character are set")
    if length is not None and len(found) != length:
        raise SignatureError(f"{what} has {len(found)} bytes, not {length}")
    return found


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


_PARTS = ("the header", "the document", "the signature")


def _kid_of(header: bytes) -> str:
    """The key's name in a header that says what ours says, and nothing else."""
    try:
        found = read_json(header, HEADER_BYTES)
    except SubmissionError as error:
        raise SignatureError(f"the header {error}") from None
    if not isinstance(found, dict):
        raise SignatureError("the header is no JSON object")
    for name in sorted(found.keys() - {"alg", "kid", "typ"}):
        raise SignatureError(f"the header has {name!a}, which is not accepted")
    if found.get("alg") != ALGORITHM:
        raise SignatureError(f"the header's algorithm is {found.get('alg')!a:.60}; only {ALGORITHM} is accepted")
    if found.get("typ") != TYPE:
        raise SignatureError(f"the header's type is {found.get('typ')!a:.60}: not a signed submission")
    kid = found.get("kid")
    if not isinstance(kid, str):
        raise SignatureError("the header names no key (kid)")
    decode(kid, "the header's key name (kid)", KEY_BYTES)
    if canonical_json(found) != header:
        raise SignatureError("the header is not in canonical form")
    return kid
