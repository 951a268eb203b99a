"""Another maker's library, in another language, verifies what we sign: npm's jose."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.settings.resources import configs_folder
from agent.submission.canonical import write_document
from agent.submission.from_totals import read_totals
from agent.submission.sign import PrivateKey, new_key, sign

pytestmark = pytest.mark.node
SCRIPT = Path(__file__).parents[2] / "foreign" / "jose_verify.mjs"


def ask_jose(file: bytes, jwk: dict[str, str], folder: Path) -> Any:
    (folder / "file.jws").write_bytes(file)
    command = ["node", str(SCRIPT), str(folder / "file.jws"), json.dumps(jwk)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


@pytest.fixture
def file(key: PrivateKey) -> bytes:
    submission = read_totals(configs_folder() / "demo" / "totals-2023.toml", "by hand")
    return sign(write_document(submission), key)


def test_jose_verifies_it_and_makes_the_same_canonical_text(file: bytes, key: PrivateKey, tmp_path: Path) -> None:
    found = ask_jose(file, key.public.jwk, tmp_path)
    thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"  # RFC 8037, appendix A.3
    assert found == {"thumbprint": thumbprint, "kid": thumbprint, "canonical": True, "fiscal_year": 2023}


def test_jose_refuses_a_changed_file_and_another_key(file: bytes, key: PrivateKey, tmp_path: Path) -> None:
    half = len(file) // 2
    changed = file[:half] + (b"A" if file[half : half + 1] != b"A" else b"B") + file[half + 1 :]
    assert ask_jose(changed, key.public.jwk, tmp_path)["error"] == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
    assert ask_jose(file, new_key().public.jwk, tmp_path)["error"] == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
