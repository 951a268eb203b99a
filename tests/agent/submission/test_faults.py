"""What is wrong is told in the reader's language, kept with kind and values, and decided by kind."""

import string
from collections.abc import Callable

import pytest

from agent.submission.examine import Verdict, examine
from agent.submission.fault import Fault, Place
from agent.submission.fault_kinds import FaultKind, PlaceKind
from agent.submission.fault_texts import _PLACES, _SENTENCES
from agent.submission.keys import ring_of
from agent.submission.sign import PrivateKey
from tests.agent.submission.conftest import HEADER, Edit, Json, sign_by_hand, text_of

BARE = {FaultKind.SAID, FaultKind.FIGURE}
"""Nothing but their value."""


def fields_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_has_a_sentence_in_both_languages(kind: FaultKind) -> None:
    english, japanese = _SENTENCES[kind]
    assert english.isascii()
    if kind in BARE:
        return
    assert not japanese.isascii()
    assert "said" not in fields_of(japanese)
    if "said" not in fields_of(english):
        assert fields_of(japanese) == fields_of(english)


@pytest.mark.parametrize("kind", PlaceKind)
def test_every_place_has_its_words(kind: PlaceKind) -> None:
    english, japanese = _PLACES[kind]
    assert fields_of(japanese) == fields_of(english)
    assert kind is PlaceKind.FIELD or not japanese.isascii()


def edited(change: Edit) -> Callable[[Json], bytes]:
    def make(document: Json) -> bytes:
        change(document)
        return sign_by_hand(HEADER, text_of(document))

    return make


def header(written: bytes) -> Callable[[Json], bytes]:
    return lambda document: sign_by_hand(written, text_of(document))


def text(old: bytes, new: bytes) -> Callable[[Json], bytes]:
    return lambda document: sign_by_hand(HEADER, text_of(document).replace(old, new, 1))


def set_line(line: int, **values: object) -> Callable[[Json], bytes]:
    return edited(lambda document: document["energy"][line].update(values))


KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
SAID_IN_JAPANESE = [
    # the file and its header
    (lambda _: b"x" * 6_000_000, "大きすぎます: 6,000,000 バイト(上限 5,334,768 バイト)"),
    (lambda _: b"\xff", "1 バイト目が b'\\xff' です。署名付きファイルには現れない値です"),
    (lambda _: b"a.b", "点で区切られた部分が 2 個あります(署名付きファイルは 3 個)。途中で切れていませんか"),
    (lambda _: b"..", "ヘッダーが base64url ではありません"),
    (header(HEADER.replace(b"EdDSA", b"none")), "ヘッダーの署名方式が 'none' です。EdDSA だけを受け付けます"),
    (header(b"\xff"), "ヘッダー: 1 バイト目が UTF-8 ではありません"),
    (lambda document: sign_by_hand(HEADER, text_of(document))[:-2] + b"AA", f"署名が鍵 {KID} で成立しません"),
    # the document's text and fields
    (text(b"submission/1", b"submission/2"), "新しい版のプログラムで作成されています: atsuen-submission/2"),
    (text(b'"revision":1', b'"revision":1.0'), "数値 1.0 が文字列で書かれていないため"),
    (text(b'"revision":1,', b""), "revision: ありません"),
    (text(b'"revision":1', b'"revision":1,"rev":2'), "rev: 未知の項目です"),
    (text(b'"revision":1', b'"revision":0'), "revision: 1 以上でなければなりません"),
    (text(b'"revision":1', b'"revision":"x"'), "revision: 整数ではありません"),
    (text(b'"status":"final"', b'"status":"done"'), "status: 選べる値ではありません: 'provisional', 'final'"),
    (text(b'"quantity":"250"', b'"quantity":"250,0"'), "energy.0.quantity: 数値は半角数字だけで書いてください: 2500"),
    (text(b'"quantity":"250"', b'"quantity":"2.5E2"'), "energy.0.quantity: 数値ではありません"),
    (text(b'"quantity":"250"', b'"quantity":true'), "energy.0.quantity: 数値は文字列で、"),
    (text("工場長".encode(), b"a\\u001b[2J"), "approval.person: 制御文字 U+001B が含まれています"),
    (text("工場長".encode(), b"a" * 201), "approval.person: 長すぎます(上限 200)"),
    (text(b"2024-06-14", b"2024-06-31"), "approval.day: 暦にない日付です"),
    (text(b"2024-06-14", b"14 June"), "approval.day: 決められた書き方ではありません: ^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    # figures and agreement
    (set_line(1, co2_kg=None), "エネルギー行 gas: CO2(co2_kg): 記載値 なし、計算値 61600"),
    (set_line(0, kind="own_solar"), "エネルギー行 grid: electricity (own_solar) の発熱量の係数が提出書にありません"),
    (set_line(1, reference_state=None), "エネルギー行 gas: city_gas の気体体積の基準状態(–)を"),
    (set_line(1, reference_state="as_metered"), "エネルギー行 gas: city_gas の気体体積の基準状態(as_metered)を"),
    (set_line(1, id="grid"), "エネルギー行 grid: 2 回現れます"),
    (edited(lambda document: document["factors"][0].update(unit="GJ/lb")), "係数 1: 係数の単位 GJ/lb は使えません"),
    (edited(lambda document: document.update(through="2023-09")), "期間の終わり(through): 確定版は年度全体を"),
    (
        edited(lambda document: document["assertions"][0].update(holds=False)),
        "請求書等との照合 4: 一致するか(holds): 記載値 いいえ、計算値 はい",
    ),
]


@pytest.mark.parametrize(("make", "said"), SAID_IN_JAPANESE, ids=range(len(SAID_IN_JAPANESE)))
def test_a_japanese_reader_is_told_in_japanese(
    small: Json, key: PrivateKey, make: Callable[[Json], bytes], said: str
) -> None:
    verdict = examine(make(small), ring_of(key.public))
    told = verdict.texts("ja")
    assert any(each.startswith(said) for each in told), told
    assert not any(each.isascii() for each in told), told
    kept = [Fault.of_plain(fault.plain()) for fault in (*verdict.faults, *verdict.deviations)]
    assert kept == [*verdict.faults, *verdict.deviations]


def test_json_output_has_the_parts_of_a_deviation(small: Json, key: PrivateKey) -> None:
    small["energy"][0]["energy_gj"] = "2440.1"
    verdict: Verdict = examine(sign_by_hand(HEADER, text_of(small)), ring_of(key.public))
    found = verdict.deviations[0]
    parts = (found.where, found.what, found.stated, found.recomputed)
    assert parts == ("energy line grid", "energy_gj", "2440.1", "2440")


def test_what_is_kept_of_a_fault_is_readable_and_harmless() -> None:
    fault = Fault.of(FaultKind.NO_LINE, Place(PlaceKind.ASSERTION, "4"), line="a\x1b[2J\n" + "x" * 1000)
    assert fault.plain() == {
        "kind": "no_line",
        "place": "assertion",
        "name": "4",
        "value_line": "a\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}" + "x" * 294,
    }
