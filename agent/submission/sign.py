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
from agent.submission.fault import Fault, Place
from agent.submission.fault_kinds import FaultKind, PlaceKind

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
        raise SignatureError(Fault.of(FaultKind.TOO_LARGE, size=f"{len(file):,}", limit=f"{MAX_FILE_BYTES:,}"))
    if file.startswith(b"{"):
        raise SignatureError(Fault.of(FaultKind.DRAFT))
    if foreign := _FOREIGN_BYTE.search(file):
        kind = FaultKind.SAVED_AGAIN if foreign[0] in b"\r\n\t \xef\xbb\xbf" else FaultKind.FOREIGN_BYTE
        raise SignatureError(Fault.of(kind, byte=foreign.start() + 1, found=repr(foreign[0])))
    parts = file.decode("ascii").split(".")
    if len(parts) != 3:
        raise SignatureError(Fault.of(FaultKind.PARTS, count=len(parts)))
    header, document, signature = (decode(part, name) for part, name in zip(parts, _PARTS, strict=True))
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureError(Fault.of(FaultKind.CUT_SIGNATURE, size=len(signature), limit=SIGNATURE_BYTES))
    return Signed(_kid_of(header), document, file)


def verify(signed: Signed, key: PublicKey) -> None:
    """Hold the signature against a key. Raises SignatureError when it does not hold."""
    try:
        jws.deserialize_compact(signed.file, OKPKey.import_key(dict(key.jwk)), registry=_OnlyEdDSA())
    except (JoseError, ValueError):
        raise SignatureError(Fault.of(FaultKind.SIGNATURE, kid=key.kid)) from None


def decode(text: str, part: str, length: int | None = None) -> bytes:
    """The bytes of a part in base64url, of a length. Raises SignatureError for any other way to write them."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise SignatureError(Fault.of(FaultKind.NOT_BASE64URL, part=part))
    found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(found) != text:
        raise SignatureError(Fault.of(FaultKind.UNUSED_BITS, part=part))
    if length is not None and len(found) != length:
        raise SignatureError(Fault.of(FaultKind.WRONG_LENGTH, part=part, size=len(found), limit=length))
    return found


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


_PARTS = ("header", "document", "signature")
_HEADER = Place(PlaceKind.HEADER)


def _kid_of(header: bytes) -> str:
    """The key's name in a header that says what ours says, and nothing else."""
    try:
        found = read_json(header, HEADER_BYTES)
    except SubmissionError as error:
        raise SignatureError(*(fault.at(_HEADER) for fault in error.faults)) from None
    if not isinstance(found, dict):
        raise SignatureError(Fault.of(FaultKind.NO_OBJECT, _HEADER))
    for name in sorted(found.keys() - {"alg", "kid", "typ"}):
        raise SignatureError(Fault.of(FaultKind.HEADER_NAME, _HEADER, name=ascii(name)))
    if found.get("alg") != ALGORITHM:
        raise SignatureError(Fault.of(FaultKind.ALGORITHM, found=f"{found.get('alg')!a:.60}", known=ALGORITHM))
    if found.get("typ") != TYPE:
        raise SignatureError(Fault.of(FaultKind.TYPE, found=f"{found.get('typ')!a:.60}"))
    kid = found.get("kid")
    if not isinstance(kid, str):
        raise SignatureError(Fault.of(FaultKind.NO_KEY_NAME, _HEADER))
    decode(kid, "kid", KEY_BYTES)
    if canonical_json(found) != header:
        raise SignatureError(Fault.of(FaultKind.NOT_CANONICAL, _HEADER))
    return kid
