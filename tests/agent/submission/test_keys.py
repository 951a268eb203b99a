"""A key is made once, shown to nobody but its owner, and an association's keys are read strictly."""

import json
import os
import stat
from pathlib import Path

import pytest

from agent.submission.keys import KeyFileError, make_key, read_key_ring, read_private_key
from agent.submission.sign import PrivateKey, new_key
from tests.agent.submission.conftest import D, X


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_made_key_is_its_owners_alone(tmp_path: Path) -> None:
    usual = os.umask(0)
    try:
        public = make_key(tmp_path / "key.jwk")
    finally:
        os.umask(usual)
    assert stat.S_IMODE((tmp_path / "key.jwk").stat().st_mode) == 0o600
    assert read_private_key(tmp_path / "key.jwk").public.kid == public.kid
    assert [path.name for path in tmp_path.iterdir()] == ["key.jwk"]


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    make_key(tmp_path / "key.jwk")
    before = (tmp_path / "key.jwk").read_bytes()
    with pytest.raises(KeyFileError, match="a key is never overwritten"):
        make_key(tmp_path / "key.jwk")
    assert (tmp_path / "key.jwk").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["key.jwk"]


def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "key.jwk").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError):
        make_key(tmp_path / "key.jwk")
    assert not (tmp_path / "elsewhere").exists()


def test_two_keys_differ() -> None:
    assert new_key().public.kid != new_key().public.kid


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_private_key_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    make_key(tmp_path / "key.jwk")
    (tmp_path / "key.jwk").chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_private_key(tmp_path / "key.jwk")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"kty": "OKP", "crv": "Ed25519", "x": X}, "is no private key"),
        ({"kty": "OKP", "crv": "Ed448", "x": X, "d": D}, "is no Ed25519 key"),
        ({"kty": "OKP", "crv": "Ed25519", "x": X[:-1] + "A", "d": D}, "the key is damaged"),
        ({"kty": "OKP", "crv": "Ed25519", "x": X, "d": D[:-4]}, "the key is damaged"),
        ({"kty": "OKP", "crv": "Ed25519", "x": X, "d": D, "kid": "other"}, "its kid is not its thumbprint"),
        ([], "is no private key"),
        ("text", "is no private key"),
    ],
)
def test_a_private_key_that_cannot_sign(tmp_path: Path, content: object, reason: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        read_private_key(write(tmp_path / "key.jwk", content))
    assert reason in str(caught.value)
    assert D not in str(caught.value)


def test_the_key_of_rfc_8037_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "key.jwk", {"kty": "OKP", "crv": "Ed25519", "x": X, "d": D})
    assert read_private_key(path).public.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="make one with `atsuen key make`"):
        read_private_key(tmp_path / "key.jwk")


def test_a_folder_of_public_keys(tmp_path: Path, key: PrivateKey) -> None:
    other = new_key().public
    write(tmp_path / "seto.jwk", key.public.jwk)
    write(tmp_path / "kinki.json", {"keys": [other.jwk]})
    (tmp_path / "notes.txt").write_text("not read", encoding="utf-8")
    ring = read_key_ring(tmp_path)
    assert {kid: found.name for kid, found in ring.items()} == {key.public.kid: "seto", other.kid: "kinki"}
    assert read_key_ring(tmp_path / "kinki.json") == {other.kid: ring[other.kid]}


def test_all_that_is_wrong_with_keys_on_file(tmp_path: Path, key: PrivateKey) -> None:
    write(tmp_path / "a.jwk", key.jwk)
    write(tmp_path / "b.jwk", {"kty": "RSA", "n": "AQAB", "e": "AQAB"})
    write(tmp_path / "c.jwk", {"keys": "none"})
    (tmp_path / "d.jwk").write_bytes(b"\xff")
    write(tmp_path / "e.jwk", key.public.jwk | {"kid": "x"})
    write(tmp_path / "f.jwk", [5])
    write(tmp_path / "g.jwk", key.public.jwk)
    write(tmp_path / "h.jwk", key.public.jwk)
    with pytest.raises(KeyFileError) as caught:
        read_key_ring(tmp_path)
    said = [reason.removeprefix(f"{tmp_path}/").partition(": ") for reason in caught.value.reasons]
    assert [(name, what.partition(";")[0][:24]) for name, _, what in said] == [
        ("a.jwk", "holds a private key"),
        ("b.jwk", "is no Ed25519 key"),
        ("c.jwk", "its keys are no list"),
        ("d.jwk", "is not UTF-8 at byte 1"),
        ("e.jwk", "its kid is not its thumb"),
        ("f.jwk", "is no key"),
        ("h.jwk", f"the key {key.public.kid}"[:24]),
    ]
    assert D not in str(caught.value)


def test_an_empty_folder_is_no_ring(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="holds no public key"):
        read_key_ring(tmp_path)
