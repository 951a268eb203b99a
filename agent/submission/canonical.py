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

MAX_DOCUMENT_BYTES = 4_000_000
"""A year of a large site with a hundred corrections has some 200 kB."""

MAX_DEPTH = 16
MAX_INTEGER_DIGITS = 16
MAX_REASONS = 20

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|([\[{])|([\]}])', re.DOTALL)
_FORMAT = re.compile(r"atsuen-submission/([1-9][0-9]{0,8})")


class SubmissionError(ValueError):
    """Why a file is no valid submission, or why none can be made: one sentence a reason."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def canonical_json(value: object) -> bytes:
    """A value of JSON in its one text. Keys are ASCII and there are no fractions, which makes it RFC 8785."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return text.encode("utf-8")


def write_document(submission: Submission) -> bytes:
    """The text of a submission. Raises SubmissionError when it would be too large to be read again."""
    data = canonical_json(submission.model_dump(mode="json"))
    if len(data) > MAX_DOCUMENT_BYTES:
        raise SubmissionError(f"the document has {len(data):,} bytes; at most {MAX_DOCUMENT_BYTES:,} are accepted")
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
        raise SubmissionError(*reasons_of(error)) from None
    expected = write_document(submission)
    if expected != data:
        raise SubmissionError(_where_they_differ(data, expected))
    return submission


def read_json(data: bytes, max_bytes: int = MAX_DOCUMENT_BYTES) -> object:
    """What a JSON text says. Raises SubmissionError, before anything is built, for one too large or too deep.

    Refused as well: keys that stand twice, fractions (figures are text), NaN, text that is not UTF-8.
    """
    if len(data) > max_bytes:
        raise SubmissionError(f"too large: {len(data):,} bytes, at most {max_bytes:,} are accepted")
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
        raise SubmissionError(f"is not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise SubmissionError(f"is not JSON: {error.msg} at character {error.pos + 1}") from None


def _check_depth(data: bytes) -> None:
    depth = 0
    for token in _TOKEN.finditer(data):
        if token[1]:
            depth += 1
        elif token[2]:
            depth -= 1
        if depth > MAX_DEPTH:
            raise SubmissionError(f"nested deeper than {MAX_DEPTH} levels, which no submission is")


def _without_repeats(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SubmissionError(f"the field {twice!a} stands there twice")
    return table


def _no_fraction(text: str) -> object:
    raise SubmissionError(f"the number {text[:40]} is not written as text, so its digits are not certain")


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise SubmissionError(f"the number {text[:40]} has more than {MAX_INTEGER_DIGITS} digits")
    return int(text)


def _check_format(found: object) -> None:
    """A document of another version is told from what is no document at all."""
    written = found.get("format") if isinstance(found, dict) else None
    if written == SCHEMA:
        return
    match = _FORMAT.fullmatch(written) if isinstance(written, str) else None
    if match and int(match[1]) > int(SCHEMA.rpartition("/")[2]):
        raise SubmissionError(f"written by a newer version: it is {written}, this program reads {SCHEMA}; update it")
    raise SubmissionError(f"is no submission: its format is {written!a:.60}, not {SCHEMA!r}")


def reasons_of(error: ValidationError) -> list[str]:
    """What is wrong with the fields of a document, at most twenty sentences."""
    found = [_reason(detail["loc"], detail["type"], detail["msg"]) for detail in error.errors(include_url=False)]
    more = len(found) - MAX_REASONS
    return found if more <= 0 else [*found[:MAX_REASONS], f"and {more} more"]


def _reason(location: Sequence[str | int], kind: str, message: str) -> str:
    path = ascii(".".join(str(part) for part in location))[1:-1][:200]
    if kind == "extra_forbidden":
        return f"{path}: unknown field; was it written by a newer version?"
    if kind == "missing":
        return f"{path}: is missing"
    return f"{path}: {message.removeprefix('Value error, ')}"


def _where_they_differ(data: bytes, expected: bytes) -> str:
    at = next(index for index, (one, other) in enumerate(zip_longest(data, expected)) if one != other)
    there, canonical = (part[max(0, at - 20) : at + 20].decode("utf-8", "replace") for part in (data, expected))
    return f"is not in canonical form at byte {at + 1}: it says {there!a}, the canonical text {canonical!a}"
