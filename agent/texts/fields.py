"""What is wrong with a value of a field, in both languages, by the kinds of error that pydantic names.

An English sentence is pydantic's own, the value `said`; the Japanese sentence does without it.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum


class FieldKind(StrEnum):
    """What is wrong with a value. The words are kept in files: they stay as they are."""

    NOT_TEXT = "not_text"
    NOT_WHOLE = "not_whole"
    NOT_A_NUMBER = "not_a_number"
    NOT_BOOLEAN = "not_boolean"
    NOT_TABLE = "not_table"
    NOT_LIST = "not_list"
    NOT_A_DATE = "not_a_date"
    NOT_A_TIME = "not_a_time"
    NO_OFFSET = "no_offset"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    PATTERN = "pattern"
    NOT_ONE_OF = "not_one_of"
    FIELD_FORM = "field_form"


_BY_ERROR_TYPE: Mapping[str, FieldKind] = {
    "string_type": FieldKind.NOT_TEXT,
    "string_unicode": FieldKind.NOT_TEXT,
    "path_type": FieldKind.NOT_TEXT,
    "int_type": FieldKind.NOT_WHOLE,
    "int_parsing": FieldKind.NOT_WHOLE,
    "int_parsing_size": FieldKind.NOT_WHOLE,
    "int_from_float": FieldKind.NOT_WHOLE,
    "float_type": FieldKind.NOT_A_NUMBER,
    "float_parsing": FieldKind.NOT_A_NUMBER,
    "finite_number": FieldKind.NOT_A_NUMBER,
    "decimal_type": FieldKind.NOT_A_NUMBER,
    "decimal_parsing": FieldKind.NOT_A_NUMBER,
    "bool_type": FieldKind.NOT_BOOLEAN,
    "bool_parsing": FieldKind.NOT_BOOLEAN,
    "model_type": FieldKind.NOT_TABLE,
    "model_attributes_type": FieldKind.NOT_TABLE,
    "dict_type": FieldKind.NOT_TABLE,
    "tuple_type": FieldKind.NOT_LIST,
    "list_type": FieldKind.NOT_LIST,
    "date_type": FieldKind.NOT_A_DATE,
    "date_parsing": FieldKind.NOT_A_DATE,
    "date_from_datetime_parsing": FieldKind.NOT_A_DATE,
    "date_from_datetime_inexact": FieldKind.NOT_A_DATE,
    "time_type": FieldKind.NOT_A_TIME,
    "time_parsing": FieldKind.NOT_A_TIME,
    "datetime_type": FieldKind.NOT_A_TIME,
    "datetime_parsing": FieldKind.NOT_A_TIME,
    "datetime_from_date_parsing": FieldKind.NOT_A_TIME,
    "timezone_aware": FieldKind.NO_OFFSET,
    "greater_than_equal": FieldKind.AT_LEAST,
    "less_than_equal": FieldKind.AT_MOST,
    "greater_than": FieldKind.MORE_THAN,
    "less_than": FieldKind.LESS_THAN,
    "string_too_long": FieldKind.TOO_LONG,
    "too_long": FieldKind.TOO_LONG,
    "string_too_short": FieldKind.TOO_SHORT,
    "too_short": FieldKind.TOO_SHORT,
    "string_pattern_mismatch": FieldKind.PATTERN,
    "enum": FieldKind.NOT_ONE_OF,
    "literal_error": FieldKind.NOT_ONE_OF,
}
"""Error types of https://docs.pydantic.dev/latest/errors/validation_errors/."""

_LIMITS = ("ge", "le", "gt", "lt", "max_length", "min_length")

FIELD_SENTENCES: Mapping[str, tuple[str, str]] = {
    FieldKind.NOT_TEXT: ("{said}", "文字列ではありません"),
    FieldKind.NOT_WHOLE: ("{said}", "整数ではありません"),
    FieldKind.NOT_A_NUMBER: ("{said}", "数値ではありません"),
    FieldKind.NOT_BOOLEAN: ("{said}", "true または false ではありません"),
    FieldKind.NOT_TABLE: ("{said}", "項目の集まり(オブジェクト)ではありません"),
    FieldKind.NOT_LIST: ("{said}", "一覧(配列)ではありません"),
    FieldKind.NOT_A_DATE: ("{said}", "日付ではありません(例: 2026-04-01)"),
    FieldKind.NOT_A_TIME: ("{said}", "時刻・日時ではありません"),
    FieldKind.NO_OFFSET: ("{said}", "時差がありません(例: 2026-04-01T09:00:00+09:00)"),
    FieldKind.AT_LEAST: ("{said}", "{limit} 以上でなければなりません"),
    FieldKind.AT_MOST: ("{said}", "{limit} 以下でなければなりません"),
    FieldKind.MORE_THAN: ("{said}", "{limit} より大きくなければなりません"),
    FieldKind.LESS_THAN: ("{said}", "{limit} より小さくなければなりません"),
    FieldKind.TOO_LONG: ("{said}", "長すぎます(上限 {limit})"),
    FieldKind.TOO_SHORT: ("{said}", "短すぎます(下限 {limit})"),
    FieldKind.PATTERN: ("{said}", "決められた書き方ではありません: {pattern}"),
    FieldKind.NOT_ONE_OF: ("{said}", "選べる値ではありません: {expected}"),
    FieldKind.FIELD_FORM: ("{said}", "書き方が違います"),
}


def field_kind(error_type: str) -> FieldKind:
    """The kind of an error type of pydantic's; `FIELD_FORM` for one that has none of its own."""
    return _BY_ERROR_TYPE.get(error_type, FieldKind.FIELD_FORM)


def field_values(said: str, context: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Pydantic's own sentence, and of its context what our sentences name."""
    yield "said", said.removeprefix("Value error, ")
    for name, value in context.items():
        if name in _LIMITS:
            yield "limit", f"{value:g}" if isinstance(value, float) else value
        elif name == "expected":
            yield name, str(value).replace(" or ", ", ")
        elif name == "pattern":
            yield name, value
