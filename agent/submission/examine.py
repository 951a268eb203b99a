"""Whether a signed file can be believed: its signature, its form, and every figure recomputed. Knows no roster."""

from dataclasses import dataclass
from pathlib import Path

from agent.submission.canonical import SubmissionError, digest_of, read_document
from agent.submission.consistency import deviations_of
from agent.submission.document import Submission
from agent.submission.fault import Fault
from agent.submission.fault_kinds import FaultKind
from agent.submission.keys import KeyRing
from agent.submission.sign import MAX_FILE_BYTES, PublicKey, SignatureError, Signed, split, verify


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out. `key` is the key on file whose signature holds; whether it may sign for this site is the roster's.

    `faults` say what is wrong with signature and form, `deviations` what does not hold inside.
    """

    faults: tuple[Fault, ...]
    deviations: tuple[Fault, ...] = ()
    kid: str | None = None
    key: PublicKey | None = None
    digest: str | None = None
    submission: Submission | None = None

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return not self.faults and not self.deviations

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is wrong with signature and form, one English sentence each."""
        return tuple(map(str, self.faults))

    def texts(self, language: str) -> tuple[str, ...]:
        """All that is wrong, for a person."""
        return tuple(fault.text(language) for fault in (*self.faults, *self.deviations))


def examine(file: bytes, keys: KeyRing) -> Verdict:
    """Verify a signed file with the keys on file. Never raises for what a file may hold."""
    try:
        signed = split(file)
    except SignatureError as error:
        return Verdict(error.faults)
    faults: list[Fault] = []
    key = keys.get(signed.kid)
    try:
        verify(signed, _known(key, signed))
    except SignatureError as error:
        key = None
        faults.extend(error.faults)
    digest = digest_of(signed.document)
    try:
        submission = read_document(signed.document)
    except SubmissionError as error:
        return Verdict((*faults, *error.faults), (), signed.kid, key, digest)
    return Verdict(tuple(faults), deviations_of(submission), signed.kid, key, digest, submission)


def _known(key: PublicKey | None, signed: Signed) -> PublicKey:
    if key is None:
        raise SignatureError(Fault.of(FaultKind.UNKNOWN_KEY, kid=signed.kid))
    return key


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was read without verifying it. `kid` names the key that it says signed it; None for a draft."""

    submission: Submission
    document: bytes
    kid: str | None


def open_unverified(data: bytes) -> Opened:
    """What a signed file or a draft says, the signature not looked at. Raises SubmissionError."""
    if data.startswith(b"{"):
        return Opened(read_document(data), data, None)
    signed = split(data)
    return Opened(read_document(signed.document), signed.document, signed.kid)


def read_file(path: Path) -> bytes:
    """A file's bytes, no more than any submission has and one to tell. Raises SubmissionError."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SubmissionError(f"cannot be read: {error.strerror}") from error
