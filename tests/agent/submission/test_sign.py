"""Every byte of a signed file counts."""

import base64
import hashlib
import hmac
import json
import string

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.submission.canonical import SubmissionError
from agent.submission.examine import examine, open_unverified
from agent.submission.keys import ring_of
from agent.submission.sign import PrivateKey, PublicKey, SignatureError, new_key, sign, split, verify
from tests.agent.submission.conftest import HEADER, Json, X, b64, sign_by_hand, text_of

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


@pytest.fixture
def file(small: Json, key: PrivateKey) -> bytes:
    return sign(text_of(small), key)


def test_the_thumbprint_of_rfc_8037() -> None:
    assert PublicKey(X).kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_fingerprint_is_the_thumbprint_in_digits() -> None:
    number = int(hashlib.sha256(b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % X.encode()).hexdigest(), 16)
    assert PublicKey(X).fingerprint.replace(" ", "") == str(number)[-30:]
    assert [len(group) for group in PublicKey(X).fingerprint.split(" ")] == [5] * 6


def test_the_signature_is_the_one_that_another_program_makes(small: Json, file: bytes) -> None:
    assert file == sign_by_hand(HEADER, text_of(small))


def test_pyjwt_and_cryptography_verify_it(small: Json, key: PrivateKey, file: bytes) -> None:
    found = jwt.PyJWS().decode_complete(file.decode(), jwt.PyJWK(key.public.jwk), algorithms=["EdDSA"])
    assert found["payload"] == text_of(small)
    signed, _, signature = file.rpartition(b".")
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(X + "="))
    public.verify(base64.urlsafe_b64decode(signature + b"=="), signed)
    with pytest.raises(InvalidSignature):
        public.verify(base64.urlsafe_b64decode(signature + b"=="), signed + b"x")


def test_a_good_file_is_believed(small: Json, key: PrivateKey, file: bytes) -> None:
    verdict = examine(file, ring_of(key.public))
    assert verdict.holds, verdict
    assert verdict.key == key.public
    assert verdict.digest == hashlib.sha256(text_of(small)).hexdigest()


def fails(file: bytes, key: PrivateKey) -> tuple[str, ...]:
    verdict = examine(file, ring_of(key.public))
    assert not verdict.holds
    assert verdict.key is None
    assert verdict.reasons
    assert all(reason.isprintable() and len(reason) < 400 for reason in verdict.reasons), verdict.reasons
    return verdict.reasons


def test_every_single_byte_changed_fails_with_a_sentence(file: bytes, key: PrivateKey) -> None:
    reasons = set()
    for position, byte in enumerate(file):
        neighbour = ALPHABET[(ALPHABET.find(chr(byte)) + 1) % 64].encode()  # also for a point
        for other in (neighbour, b"!", bytes([byte ^ 0x80])):
            reasons.add(fails(file[:position] + other + file[position + 1 :], key)[0].partition(":")[0][:30])
    assert len(reasons) > 5


def test_every_truncation_fails(file: bytes, key: PrivateKey) -> None:
    for length in range(len(file)):
        fails(file[:length], key)


def test_every_inserted_byte_fails(file: bytes, key: PrivateKey) -> None:
    for position in range(len(file) + 1):
        for other in (b"A", b"\n", b"=", b"."):
            fails(file[:position] + other + file[position:], key)


def test_unused_bits_of_a_last_character_count(file: bytes, key: PrivateKey) -> None:
    parts = file.decode().split(".")
    with_bits_left = [number for number, part in enumerate(parts) if len(part) % 4]
    assert 2 in with_bits_left, "64 bytes of signature leave four bits over"
    for number in with_bits_left:
        last = ALPHABET.index(parts[number][-1])
        same_bytes = parts[number][:-1] + ALPHABET[last + 1]
        pad = "=" * (4 - len(same_bytes) % 4)
        assert base64.urlsafe_b64decode(same_bytes + pad) == base64.urlsafe_b64decode(parts[number] + pad)
        changed = [*parts[:number], same_bytes, *parts[number + 1 :]]
        assert "unused bits" in fails(".".join(changed).encode(), key)[0]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"crit": ["b64"], "b64": False}, "the header has 'b64', which is not accepted"),
        ({"crit": ["exp"], "exp": 1}, "the header has 'crit', which is not accepted"),
        ({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": X}}, "the header has 'jwk', which is not accepted"),
        ({"cty": "json"}, "the header has 'cty', which is not accepted"),
        ({"alg": "none"}, "the header's algorithm is 'none'; only EdDSA"),
        ({"alg": "Ed25519"}, "the header's algorithm is 'Ed25519'; only EdDSA"),
        ({"alg": ["EdDSA"]}, "the header's algorithm is ['EdDSA']; only EdDSA"),
        ({"typ": "JWT"}, "the header's type is 'JWT': not a signed submission"),
        ({"kid": "a" * 43}, "unused bits"),
        ({"kid": "AAAA"}, "has 3 bytes, not 32"),
        ({"kid": 5}, "names no key"),
    ],
)
def test_a_header_with_a_good_signature_and_something_else_in_it(
    small: Json, key: PrivateKey, header: Json, reason: str
) -> None:
    made = text_of(json.loads(HEADER) | header)
    assert reason in fails(sign_by_hand(made, text_of(small)), key)[0]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (HEADER.replace(b",", b", ", 1), "the header is not in canonical form"),
        (HEADER + b"\n", "the header is not in canonical form"),
        (HEADER.replace(b'"typ"', b'"alg":"EdDSA","typ"'), "the field 'alg' stands there twice"),
        (HEADER.replace(b"EdDSA", b"Ed\\u0044SA"), "the header is not in canonical form"),
        (b"[]", "the header is no JSON object"),
        (b'{"a":' * 50, "nested deeper"),
        (b'{"alg":"' + b"a" * 2000 + b'"}', "too large"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_header_written_in_another_way(small: Json, key: PrivateKey, header: bytes, reason: str) -> None:
    assert reason in fails(sign_by_hand(header, text_of(small)), key)[0]


def test_a_public_key_is_no_password(small: Json, key: PrivateKey) -> None:
    """The classic confusion: HMAC with the public key as its secret."""
    signed = f"{b64(HEADER.replace(b'EdDSA', b'HS256'))}.{b64(text_of(small))}"
    mac = hmac.new(base64.urlsafe_b64decode(X + "="), signed.encode(), "sha512").digest()
    assert "only EdDSA" in fails(f"{signed}.{b64(mac)}".encode(), key)[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "has 1 parts"),
        (b"a.b.c.d.e", "has 5 parts"),
        (b"..", "the header is not base64url"),
        (b'{"format":"atsuen-submission/1"}', "is not signed"),
        (b"\xff\xfe", "byte 1 is b'\\xff'"),
        (b"A" * 6_000_000, "too large"),
    ],
)
def test_what_is_no_signed_file(key: PrivateKey, data: bytes, reason: str) -> None:
    assert reason in fails(data, key)[0]


def test_a_line_break_at_the_end_is_explained(file: bytes, key: PrivateKey) -> None:
    assert "was the file opened and saved by another program?" in fails(file + b"\n", key)[0]


def test_a_key_that_is_not_on_file_is_named(file: bytes) -> None:
    verdict = examine(file, ring_of(new_key().public))
    assert verdict.reasons == ("signed with key kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k, which is not on file",)
    assert verdict.submission is not None


def test_a_signature_of_another_key_under_this_keys_name(small: Json, file: bytes, key: PrivateKey) -> None:
    stolen = sign(text_of(small), new_key()).rpartition(b".")[2]
    assert "was changed after it was signed" in fails(file.rpartition(b".")[0] + b"." + stolen, key)[0]


def test_a_private_key_that_does_not_fit_its_public_part_signs_nothing(small: Json, key: PrivateKey) -> None:
    with pytest.raises(SignatureError):
        sign(text_of(small), PrivateKey(new_key().d, key.public))


def test_no_key_shows_itself(key: PrivateKey) -> None:
    assert key.d not in f"{key!r} {key} {key.public!r}"


def test_a_large_document_is_signed_and_verified(key: PrivateKey) -> None:
    file = sign(b"x" * 3_900_000, key)
    verify(split(file), key.public)
    with pytest.raises(SubmissionError, match="is not JSON"):
        open_unverified(file)
