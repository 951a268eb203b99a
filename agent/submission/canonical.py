"""The one text of a submission, and the strict reading of it. Knows neither signatures nor what figures mean.

The text is canonical JSON (RFC 8785): keys sorted, nothing superfluous, UTF-8, every field written. So the same
document is the same bytes on every machine, and a file holds nothing that a reader does not see.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from itertools import zip_longest

from pydantic import ValidationError

from agent.submission.document import SCHEMA, Submission
from agent.submission.fault import Fault
from agent.submission.fault_kinds import FaultKind
from agent.submission.field_faults import field_faults

MAX_DOCUMENT_BYTES = 4_000_000
"""A year of a large site with a hundred corrections has some 200 kB."""

MAX_DEPTH = 16
MAX_INTEGER_DIGITS = 16
MAX_REASONS = 20

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|([\[{])|([\]}])', re.DOTALL)
_FORMAT = re.compile(r"atsuen-submission/([1-9][0-9]{0,8})")


class SubmissionError(ValueError):
    """Why a file is no valid submission, or why none can be made: a fault, or a sentence, for each reason."""

    def __init__(self, *reasons: Fault | str) -> None:
        self.faults = tuple(
            Fault(FaultKind.SAID, values=(("said", reason),)) if isinstance(reason, str) else reason
            for reason in reasons
        )
        super().__init__(self.text("en"))

    @property
    def reasons(self) -> tuple[str, ...]:
        """One English sentence a reason."""
        return tuple(map(str, self.faults))

    def text(self, language: str) -> str:
        """All reasons for a person, a line each."""
        return "\n".join(fault.text(language) for fault in self.faults)


def canonical_json(value: object) -> bytes:
    """A value of JSON in its one text. Keys are ASCII and there are no fractions, which makes it RFC 8785."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return text.encode("utf-8")


def write_document(submission: Submission) -> bytes:
    """The text of a submission. Raises SubmissionError when it would be too large to be read again."""
    data = canonical_json(submission.model_dump(mode="json"))
    if len(data) > MAX_DOCUMENT_BYTES:
        limit = f"{MAX_DOCUMENT_BYTES:,}"
        raise SubmissionError(Fault.of(FaultKind.DOCUMENT_SIZE, size=f"{len(data):,}", limit=limit))
    return data


def digest_of(document: bytes) -> str:
    """SHA-256 of a document's text, as the book of the site and the association's register note it."""
    return hashlib.sha256(document).hexdigest()


def read_document(data: bytes) -> Submission:
    """The submission that a text holds. Raises SubmissionError for whatever is not the canonical text of one."""
    found = read_json(data)
    _check_format(found)
    try:
        submission = Submission.model_validate(found)
    except ValidationError as error:
        raise SubmissionError(*faults_of(error)) from None
    expected = write_document(submission)
    if expected != data:
        raise SubmissionError(_where_they_differ(data, expected))
    return submission


def read_json(data: bytes, max_bytes: int = MAX_DOCUMENT_BYTES) -> object:
    """What a JSON text says. Raises SubmissionError, before anything is built, for one too large or too deep.

    Refused as well: keys that stand twice, fractions (figures are text), NaN, text that is not UTF-8.
    """
    if len(data) > max_bytes:
        raise SubmissionError(Fault.of(FaultKind.TOO_LARGE, size=f"{len(data):,}", limit=f"{max_bytes:,}"))
    _check_depth(data)
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
            parse_int=_whole,
        )
    except UnicodeDecodeError as error:
        raise SubmissionError(Fault.of(FaultKind.NOT_UTF8, byte=error.start + 1)) from None
    except json.JSONDecodeError as error:
        raise SubmissionError(Fault.of(FaultKind.NOT_JSON, said=error.msg, character=error.pos + 1)) from None


def _check_depth(data: bytes) -> None:
    depth = 0
    for token in _TOKEN.finditer(data):
        if token[1]:
            depth += 1
        elif token[2]:
            depth -= 1
        if depth > MAX_DEPTH:
            raise SubmissionError(Fault.of(FaultKind.TOO_DEEP, limit=MAX_DEPTH))


def _without_repeats(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SubmissionError(Fault.of(FaultKind.FIELD_TWICE, name=ascii(twice)))
    return table


def _no_fraction(text: str) -> object:
    raise SubmissionError(Fault.of(FaultKind.FRACTION, number=text[:40]))


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise SubmissionError(Fault.of(FaultKind.DIGITS, number=text[:40], limit=MAX_INTEGER_DIGITS))
    return int(text)


def _check_format(found: object) -> None:
    """A document of another version is told from what is no document at all."""
    written = found.get("format") if isinstance(found, dict) else None
    if written == SCHEMA:
        return
    match = _FORMAT.fullmatch(written) if isinstance(written, str) else None
    if match and int(match[1]) > int(SCHEMA.rpartition("/")[2]):
        raise SubmissionError(Fault.of(FaultKind.NEWER_FORM, found=written, known=SCHEMA))
    raise SubmissionError(Fault.of(FaultKind.NO_SUBMISSION, found=f"{written!a:.60}", known=repr(SCHEMA)))


def faults_of(error: ValidationError) -> list[Fault]:
    """What is wrong with the fields of a document: at most twenty faults, and how many more there are."""
    found = field_faults(error)
    more = len(found) - MAX_REASONS
    return found if more <= 0 else [*found[:MAX_REASONS], Fault.of(FaultKind.MORE, count=more)]


def _where_they_differ(data: bytes, expected: bytes) -> Fault:
    at = next(index for index, (one, other) in enumerate(zip_longest(data, expected)) if one != other)
    there, canonical = (part[max(0, at - 20) : at + 20].decode("utf-8", "replace") for part in (data, expected))
    return Fault.of(FaultKind.NOT_CANONICAL_AT, byte=at + 1, found=ascii(there), known=ascii(canonical))
