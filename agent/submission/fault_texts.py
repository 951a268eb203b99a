"""The sentences for what is wrong with a submission, in English and Japanese. Knows no document.

A value `said` is a sentence of another part of the program, in English; the Japanese sentence does without it.
"""

from collections.abc import Mapping

from agent.submission.fault_kinds import FaultKind, PlaceKind
from agent.texts import LANGUAGES
from agent.texts.fields import FIELD_SENTENCES

_K, _P = FaultKind, PlaceKind


def sentence(kind: FaultKind, values: Mapping[str, str], language: str) -> str:
    """What is wrong, without the place."""
    filled = {name: value_text(name, value, language) for name, value in values.items()}
    return _SENTENCES[kind][LANGUAGES.index(language)].format(**filled)


def place_text(kind: PlaceKind, name: str, language: str, said: str | None = None) -> str:
    """A place, with what is said of it where something is."""
    place = _PLACES[kind][LANGUAGES.index(language)].format(name=name)
    if said is None:
        return place
    return f"{place} {said}" if (kind, language) == (_P.HEADER, "en") else f"{place}: {said}"


def figures_text(stated: str, recomputed: str, language: str) -> str:
    """What follows a figure: what the document states, and what comes out."""
    shown = (value_text("amount", figure, language) for figure in (stated, recomputed))
    return _STATED[LANGUAGES.index(language)].format(*shown)


def value_text(name: str, value: str, language: str) -> str:
    """A value as a reader sees it: some are words of ours."""
    words = _WORDS.get(name, {}).get(value)
    return value if words is None else words[LANGUAGES.index(language)]


_PLACES: Mapping[PlaceKind, tuple[str, str]] = {
    _P.HEADER: ("the header", "ヘッダー"),
    _P.FIELD: ("{name}", "{name}"),
    _P.FACTORS: ("factors", "係数表"),
    _P.FACTOR: ("factor {name}", "係数 {name}"),
    _P.ENERGY_LINE: ("energy line {name}", "エネルギー行 {name}"),
    _P.ENERGY_SHARES: ("energy line {name}, shares", "エネルギー行 {name} の計測割合"),
    _P.PRODUCT: ("product {name}", "製品 {name}"),
    _P.PRODUCT_SHARES: ("product {name}, shares", "製品 {name} の計測割合"),
    _P.TOTALS: ("totals", "合計"),
    _P.CORRECTION: ("correction {name}", "訂正記録 {name}"),
    _P.ASSERTION: ("assertion {name}", "請求書等との照合 {name}"),
    _P.APPROVAL: ("approval", "承認"),
    _P.THROUGH: ("through", "期間の終わり(through)"),
}

_STATED = (": stated {}, recomputed {}", ": 記載値 {}、計算値 {}")

_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "part": {
        "header": ("the header", "ヘッダー"),
        "document": ("the document", "本文"),
        "signature": ("the signature", "署名"),
        "kid": ("the header's key name (kid)", "ヘッダーの鍵名(kid)"),
    },
    "figure": {
        "energy_gj": ("energy_gj", "熱量(energy_gj)"),
        "co2_kg": ("co2_kg", "CO2(co2_kg)"),
        "heat_factor": ("heat_factor", "発熱量の係数番号(heat_factor)"),
        "co2_factor": ("co2_factor", "CO2の係数番号(co2_factor)"),
        "crude_oil_equivalent_kl": ("crude_oil_equivalent_kl", "原油換算(crude_oil_equivalent_kl)"),
        "electricity_kwh": ("electricity_kwh", "電力量(electricity_kwh)"),
        "production_t": ("production_t", "生産量(production_t)"),
        "holds": ("holds", "一致するか(holds)"),
    },
    "quantity": {"heat": ("heat", "発熱量"), "co2": ("co2", "CO2")},
    "amount": {"nothing": ("nothing", "なし"), "true": ("true", "はい"), "false": ("false", "いいえ")},
}

_SENTENCES: Mapping[FaultKind, tuple[str, str]] = {
    _K.SAID: ("{said}", "{said}"),
    _K.MORE: ("and {count} more", "ほか {count} 件"),
    # the file
    _K.TOO_LARGE: (
        "too large: {size} bytes, at most {limit} are accepted",
        "大きすぎます: {size} バイト(上限 {limit} バイト)",
    ),
    _K.DRAFT: (
        "is not signed: it is a draft, to be signed with the site's key",
        "署名されていません。下書きです。事業所の鍵で署名してください",
    ),
    _K.FOREIGN_BYTE: (
        "byte {byte} is {found}, which no signed file has",
        "{byte} バイト目が {found} です。署名付きファイルには現れない値です",
    ),
    _K.SAVED_AGAIN: (
        "byte {byte} is {found}, which no signed file has; was the file opened and saved by another program?",
        "{byte} バイト目が {found} です。他のソフトで開いて保存していませんか",
    ),
    _K.PARTS: (
        "has {count} parts between points, a signed file has 3; was it cut off?",
        "点で区切られた部分が {count} 個あります(署名付きファイルは 3 個)。途中で切れていませんか",
    ),
    _K.NOT_BASE64URL: ("{part} is not base64url", "{part}が base64url ではありません"),
    _K.UNUSED_BITS: (
        "{part} is not canonical base64url: unused bits of its last character are set",
        "{part}が正規の base64url ではありません(最後の文字の未使用ビットが 0 でない)",
    ),
    _K.WRONG_LENGTH: ("{part} has {size} bytes, not {limit}", "{part}が {limit} バイトではなく {size} バイトです"),
    _K.CUT_SIGNATURE: (
        "the signature has {size} bytes, not {limit}; was it cut off?",
        "署名が {limit} バイトではなく {size} バイトです。途中で切れていませんか",
    ),
    # its header and signature
    _K.NO_OBJECT: ("is no JSON object", "JSON のオブジェクトではありません"),
    _K.HEADER_NAME: ("has {name}, which is not accepted", "{name} は認められません"),
    _K.ALGORITHM: (
        "the header's algorithm is {found}; only {known} is accepted",
        "ヘッダーの署名方式が {found} です。{known} だけを受け付けます",
    ),
    _K.TYPE: (
        "the header's type is {found}: not a signed submission",
        "ヘッダーの種類が {found} です。署名付き提出書ではありません",
    ),
    _K.NO_KEY_NAME: ("names no key (kid)", "鍵名(kid)がありません"),
    _K.UNKNOWN_KEY: ("signed with key {kid}, which is not on file", "署名した鍵 {kid} が登録されていません"),
    _K.SIGNATURE: (
        "the signature does not hold with key {kid}: the file was changed after it was signed",
        "署名が鍵 {kid} で成立しません。署名後に変更されています",
    ),
    # the text of the document
    _K.NOT_UTF8: ("is not UTF-8 at byte {byte}", "{byte} バイト目が UTF-8 ではありません"),
    _K.NOT_JSON: ("is not JSON: {said} at character {character}", "{character} 文字目で JSON ではなくなります"),
    _K.TOO_DEEP: (
        "nested deeper than {limit} levels, which no submission is",
        "入れ子が {limit} 段より深く、提出書ではありません",
    ),
    _K.FIELD_TWICE: ("the field {name} stands there twice", "項目 {name} が二重にあります"),
    _K.FRACTION: (
        "the number {number} is not written as text, so its digits are not certain",
        "数値 {number} が文字列で書かれていないため、桁が確かではありません",
    ),
    _K.DIGITS: ("the number {number} has more than {limit} digits", "数値 {number} が {limit} 桁を超えています"),
    _K.NEWER_FORM: (
        "written by a newer version: it is {found}, this program reads {known}; update it",
        "新しい版のプログラムで作成されています: {found}(本プログラムは {known})。プログラムを更新してください",
    ),
    _K.NO_SUBMISSION: (
        "is no submission: its format is {found}, not {known}",
        "提出書ではありません: 形式が {known} ではなく {found} です",
    ),
    _K.NOT_CANONICAL: ("is not in canonical form", "正規の書き方ではありません"),
    _K.NOT_CANONICAL_AT: (
        "is not in canonical form at byte {byte}: it says {found}, the canonical text {known}",
        "{byte} バイト目が正規の書き方ではありません: {found}(正規には {known})",
    ),
    _K.DOCUMENT_SIZE: (
        "the document has {size} bytes; at most {limit} are accepted",
        "提出書が {size} バイトです(上限 {limit} バイト)",
    ),
    # its fields
    _K.MISSING: ("is missing", "ありません"),
    _K.UNKNOWN_FIELD: (
        "unknown field; was it written by a newer version?",
        "未知の項目です。新しい版のプログラムで作成されていませんか",
    ),
    **{_K(kind): sentence for kind, sentence in FIELD_SENTENCES.items()},
    _K.NUMBER_AS_TEXT: ("{said}", "数値は文字列で、小数点は半角ピリオドとし、指数を使わずに書いてください"),
    _K.PLAIN_DIGITS: ("{said}", "数値は半角数字だけで書いてください: {digits}"),
    _K.NO_NUMBER: ("{said}", "数値ではありません。半角数字で整数部 30 桁、小数部 60 桁以内で書いてください"),
    _K.CONTROL_CHARACTER: ("{said}", "制御文字 {character} が含まれています"),
    _K.NO_DAY: ("{said}", "暦にない日付です"),
    _K.NO_TIME: ("{said}", "暦にない日時です"),
    # its figures
    _K.FIGURE: ("{figure}", "{figure}"),
    _K.FACTOR_UNIT: ("{said}", "係数の単位 {unit} は使えません"),
    _K.FACTOR_QUANTITY: ("a {quantity} factor cannot be in {unit}", "{quantity}の係数の単位は {unit} になりません"),
    _K.FACTOR_STATE: (
        "a reference state belongs to a factor per gas volume, and only there; this is {unit}",
        "基準状態は気体体積あたりの係数にだけ書きます。この係数の単位は {unit} です",
    ),
    _K.FACTOR_KIND: (
        "a kind belongs to {carrier}, and only there",
        "区分(kind)は電力({carrier})の係数にだけ書きます",
    ),
    _K.BELOW_ZERO: ("is below zero", "負の値です"),
    _K.NUMBERING: ("they are not numbered from 1 in order", "番号が 1 から順に付いていません"),
    _K.UNUSED_FACTOR: ("no line uses it", "どの行でも使われていません"),
    _K.SAME_FACTOR: ("{said}", "同じ用途の係数が二つあります"),
    _K.NO_FACTOR: ("{said}", "{carrier} の{quantity}の係数が提出書にありません"),
    _K.UNIT: ("{said}", "{carrier} の数量の単位 {unit} を係数の単位に換算できません"),
    _K.GAS_STATE: (
        "{said}",
        "{carrier} の気体体積の基準状態({state})を係数の基準状態に換算できません",
    ),
    _K.CONVERSION: ("{said}", "{carrier} の数量を熱量・CO2に換算できません"),
    _K.ELECTRICITY_UNIT: ("{said}", "電力量の単位を kWh に換算できない行があります"),
    # its agreement with itself
    _K.APPROVED_EARLY: (
        "a final submission is approved after its year",
        "確定版は年度の終了後に承認します",
    ),
    _K.WHOLE_YEAR: ("a final submission covers the whole year", "確定版は年度全体を対象とします"),
    _K.NO_MONTH: ("is no month of fiscal year {year}", "{year}年度の月ではありません"),
    _K.TWICE: ("stands there {count} times", "{count} 回現れます"),
    _K.NO_CORRECTION: (
        "names correction {number}, which is not there or was withdrawn",
        "訂正記録 {number} を挙げていますが、その記録はないか、取り消されています",
    ),
    _K.NO_SHARES: (
        "is metered, and does not say how its time is known (shares)",
        "計測値ですが、計測割合(shares)がありません",
    ),
    _K.SHARES_EXCEED: ("known time exceeds expected time", "計測できた時間が対象時間を超えています"),
    _K.NO_LINE: ("names line {line}, which is not there", "行 {line} を挙げていますが、その行はありません"),
    _K.ENDS_EARLY: ("ends before it begins", "終わりが始まりより前です"),
}
