"""One text for one document, and nothing else is read."""

import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.submission.canonical import (
    MAX_DOCUMENT_BYTES,
    SubmissionError,
    canonical_json,
    digest_of,
    read_document,
    read_json,
    write_document,
)
from tests.agent.submission.conftest import SMALL, Json, text_of


def test_the_text_byte_for_byte() -> None:
    value = {"b": 'é"\\\n\x01', "a": [1, "2.50", None, True], "アルミ": "圧延"}
    expected = '{"a":[1,"2.50",null,true],"b":"é\\"\\\\\\n\\u0001","アルミ":"圧延"}'
    assert canonical_json(value) == expected.encode()


def test_the_digest_is_sha_256() -> None:
    # FIPS 180-4, the example "abc"
    assert digest_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_document_is_read_and_written_again_byte_for_byte(small: Json) -> None:
    assert write_document(read_document(text_of(small))) == text_of(small)


@pytest.mark.parametrize(
    ("written", "replaced", "reason"),
    [
        (b'"revision":1', b'"revision":1,"revision":1', "the field 'revision' stands there twice"),
        (b'"revision":1', b'"revision":NaN', "the number NaN is not written as text"),
        (b'"revision":1', b'"revision":1.0', "the number 1.0 is not written as text"),
        (b'"revision":1', b'"revision":1e0', "the number 1e0 is not written as text"),
        (b'"revision":1', b'"revision":0', "revision: Input should be greater than or equal to 1"),
        (b'"revision":1', b'"revision":true', "is not in canonical form at byte"),
        (b'"revision":1', b'"revision":"1"', "is not in canonical form at byte"),
        (b'"revision":1', b'"revision": 1', "is not in canonical form at byte"),
        (b'"revision":1', b'"revision":' + b"9" * 5000, "has more than 16 digits"),
        (b'"revision":1,', b"", "revision: is missing"),
        (b'"through":null,', b"", "is not in canonical form at byte"),
        (b'"revision":1', b'"revision":1,"rev":2', "rev: unknown field; was it written by a newer version?"),
        (b'"quantity":"250"', b'"quantity":"250,0"', "energy.0.quantity: write the number in plain digits: 2500"),
        (b'"quantity":"250"', b'"quantity":"2.5E2"', "energy.0.quantity: is no number"),
        (b'"quantity":"250"', b'"quantity":"0250"', "energy.0.quantity: is no number"),
        (b'"quantity":"250"', b'"quantity":"-0.0"', "energy.0.quantity: is no number"),
        (b'"quantity":"250"', b'"quantity":"250\\n"', "energy.0.quantity: write the number in plain digits: 250"),
        (b'"quantity":"250"', b'"quantity":"NaN"', "energy.0.quantity: is no number"),
        (b'"quantity":"250"', b'"quantity":250', "is not in canonical form at byte"),
        (b'"quantity":"250"', '"quantity":"２５０"'.encode(), "write the number in plain digits: 250"),
        (b'"quantity":"250"', b'"quantity":"' + b"9" * 31 + b'"', "energy.0.quantity: is no number"),
        ("工場長".encode(), "か\u3099".encode(), "is not in canonical form at byte"),
        ("工場長".encode(), b"a\\u001b[2J", "approval.person: has the control character U+001B"),
        ("工場長".encode(), "a\u202eb".encode(), "approval.person: has the control character U+202E"),
        ("工場長".encode(), b"\\ud800", "approval.person: Input should be a valid string"),
        ("工場長".encode(), b"\\u9ad8\\u677e", "is not in canonical form at byte"),
        ("工場長".encode(), b"\xff", "is not UTF-8 at byte"),
        (b"2024-06-14", b"2024-06-31", "approval.day: is no day of the calendar"),
        (b"atsuen-submission/1", b"atsuen-submission/2", "written by a newer version: it is atsuen-submission/2"),
        (b"atsuen-submission/1", b"atsuen-submission/0", "is no submission: its format is 'atsuen-submission/0'"),
        (b'"format":"atsuen-submission/1",', b"", "is no submission: its format is None"),
    ],
)
def test_what_is_not_the_canonical_text_is_refused(small: Json, written: bytes, replaced: bytes, reason: str) -> None:
    text = text_of(small)
    assert text.count(written) >= 1
    with pytest.raises(SubmissionError) as caught:
        read_document(text.replace(written, replaced, 1))
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b"\n"), (b" ", b""), (b"\xef\xbb\xbf", b""), (b"", b"{}"), (b"", b"\0")]
)
def test_nothing_stands_around_it(small: Json, before: bytes, after: bytes) -> None:
    with pytest.raises(SubmissionError):
        read_document(before + text_of(small) + after)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[" * 1_000_000, "nested deeper than 16 levels"),
        (b'{"a":' * 700_000, "nested deeper than 16 levels"),
        (b"[" * 100_000_000, "too large: 100,000,000 bytes"),
        (b" " * (MAX_DOCUMENT_BYTES + 1), "too large"),
        (b'"' + b"[" * 100 + b'"', "is no submission"),
        (b'"\\"' + b"[" * 100 + b'"', "is no submission"),
        (b'"' + b"\\" * 3_999_998, "is not JSON"),
        (b'"' + b"a" * 3_999_998, "is not JSON"),
        (b"", "is not JSON"),
        (b"null", "is no submission"),
    ],
)
def test_a_bomb_is_refused_before_it_is_built(data: bytes, reason: str) -> None:
    tracemalloc.start()
    started_s = time.monotonic()
    with pytest.raises(SubmissionError, match=reason):
        read_document(data)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 40_000_000
    assert time.monotonic() - started_s < 60  # a hang, not a speed


def test_a_document_that_would_not_be_read_again_is_not_written(small: Json) -> None:
    entry = small["corrections"][0]
    small["corrections"] = [entry | {"number": number, "reason": "長" * 4000} for number in range(3, 403)]
    with pytest.raises(SubmissionError, match="too large"):
        read_document(text_of(small))


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(SubmissionError):
        read_document(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
@settings(max_examples=200)
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    assert read_json(canonical_json(value)) == value
    assert json.loads(canonical_json(value)) == value


@given(st.sampled_from(sorted(SMALL)), JSON)
@settings(max_examples=200)
def test_any_value_in_any_field_is_refused_in_sentences(field: str, value: Any) -> None:
    if value == SMALL[field]:
        return
    text = text_of(SMALL | {field: value})
    assert refused(text) or write_document(read_document(text)) == text


def refused(text: bytes) -> tuple[str, ...]:
    try:
        read_document(text)
    except SubmissionError as error:
        return tuple(reason for reason in error.reasons if "\x1b" not in reason)
    return ()
