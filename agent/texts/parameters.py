"""Why a page's parameters cannot be taken, and what to write, by kind."""

from collections.abc import Mapping

SENTENCES: Mapping[str, tuple[str, str]] = {
    "param_too_long": (
        "{name}: write at most {most} characters in one line",
        "{name}: 1行 {most} 文字以内で書いてください",
    ),
    "param_no_choice": (
        "{name}: {value!r} is none of {choices}",
        "{name}: {value!r} は {choices} のどれでもありません",
    ),
    "param_too_many": ("{name}: at most {most} at once", "{name}: 一度に選べるのは {most} 件までです"),
    "param_unknown": (
        "{name}: {value!r} is none of the {count} that there are",
        "{name}: {value!r} はありません(全 {count} 件)",
    ),
    "param_no_year": (
        "fiscal_year: {value!r} is no year from {first} to {last}",
        "fiscal_year: {value!r} は {first}~{last} の年ではありません",
    ),
    "param_no_page": ("page: {value!r} is no page from 1 to {last}", "page: {value!r} は 1~{last} の頁ではありません"),
    "param_said": ("{name}: {said}", "{name}: {said}"),
    "param_no_calendar": ("{name}: {value!r} is beyond any calendar", "{name}: {value!r} は暦にない日時です"),
    "param_outside": (
        "{name}: {value!r} is not between {first} and {last}",
        "{name}: {value!r} は {first}~{last} 年の外です",
    ),
    "param_off_half_hour": (
        "{name}: {value!r} does not fall on :00 or :30",
        "{name}: {value!r} は毎時00分・30分ではありません",
    ),
    "param_nothing_passed": (
        "{name}: nothing has passed between them",
        "{name}: その間に経過した時間がありません",
    ),
    "param_nothing_since": ("against: nothing has passed since then", "against: それ以後に経過した時間がありません"),
    "param_too_much_time": (
        "by={size}: at most {days} days at once; ask for less, or larger spans",
        "by={size}: 一度に {days} 日までです。期間を短くするか、区切りを大きくしてください",
    ),
    "param_too_many_figures": (
        (
            "by={size}: {spans} spans of {streams} streams are more than {most} figures; ask for less time, "
            "larger spans or fewer streams"
        ),
        (
            "by={size}: {spans} 区間 × {streams} 系統は上限の {most} 件を超えます。"
            "期間を短くするか、区切りを大きくするか、系統を減らしてください"
        ),
    ),
    "param_year_not_begun": (
        "fiscal_year: {year} has not begun",
        "fiscal_year: {year}年度はまだ始まっていません",
    ),
    "param_units": (
        "series: {units} are too many units at once: choose two",
        "series: 単位 {units} は一度に表示できません。2種類までにしてください",
    ),
    "no_such_stream": (
        "stream: no stream {value!r}; there are {known}",
        "stream: 系統 {value!r} はありません。{known}",
    ),
    "no_such_line": ("no line {value!r}; there are {known}", "{value!r} という行はありません。{known}"),
}
