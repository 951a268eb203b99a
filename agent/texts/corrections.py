"""Why something typed cannot be understood, and why a correction may not stand, by kind.

A value `said` is what another program says, in English; the Japanese sentence does without it.
"""

from collections.abc import Mapping

_FIELDS: Mapping[str, tuple[str, str]] = {
    "field_name": ("name", "名称(name)"),
    "field_at": ("at", "日時(at)"),
    "field_from": ("from", "自(from)"),
    "field_to": ("to", "至(to)"),
    "field_quantity": ("quantity", "数量(quantity)"),
    "field_unit": ("unit", "単位(unit)"),
    "field_state": ("state", "気体の状態(state)"),
    "field_method": ("method", "代替方法(method)"),
    "field_register": ("register", "指示値(register)"),
    "field_old_end": ("old_end", "旧計器の最終指示値(old_end)"),
    "field_new_start": ("new_start", "新計器の開始指示値(new_start)"),
    "field_tolerance": ("tolerance", "許容差(tolerance)"),
    "field_finding": ("finding", "指摘のキー(finding)"),
    "field_number": ("number", "記入番号(number)"),
    "field_kind": ("kind", "種類(kind)"),
    "field_reason": ("reason", "理由(reason)"),
    "field_document": ("document", "書類(document)"),
}
"""What the inputs of a correction are called."""

_TYPED: Mapping[str, tuple[str, str]] = {
    "not_plain_digits": (
        "{text!r} is not in plain digits: write {plain}",
        "{text!r} は桁区切りのない半角数字ではありません。{plain} と書いてください",
    ),
    "not_a_typed_number": (
        "{text!r} is no number: write digits and a point, as in 12345.6",
        "{text!r} は数値ではありません。12345.6 のように半角数字と小数点で書いてください",
    ),
    "no_entry_number": (
        "{text!r} is no entry: entries are numbered 1, 2, 3 …",
        "{text!r} は記入番号ではありません。記入番号は 1、2、3 … です",
    ),
    "no_time": (
        "{text!r} is no time: write 2026-11-24 or 2026-11-24T13:30",
        "{text!r} は日付・日時ではありません。2026-11-24 または 2026-11-24T13:30 のように書いてください",
    ),
    "not_plain_time": (
        "{text!r} is no time: write {plain}",
        "{text!r} は日付・日時ではありません。{plain} と書いてください",
    ),
    "part_of_second": (
        "{text!r} has a part of a second: leave it out",
        "{text!r} に秒の端数があります。端数を除いてください",
    ),
    "clocks_change": (
        "{text!r} is there twice or not at all where the clocks change: write it with its offset",
        "{text!r} は時計の切り替えで二度あるか、存在しない時刻です。時差を付けて書いてください",
    ),
    "beyond_calendar": ("{field}: beyond any calendar", "{field}: 暦の範囲を超えています"),
    "other_unit": (
        "{name} is counted in {declared}, not in {written}: convert it, and write the {declared}",
        "{name} の単位は {written} ではなく {declared} です。{declared} に換算して書いてください",
    ),
    "normal_gas_unit": (
        "{name} is counted in {declared}, not in {written}: write m3 and the state that it is billed in: --state nm3",
        "{name} の単位は {written} ではなく {declared} です。m3 と書き、請求の基準状態を指定してください: --state nm3",
    ),
    "no_unit": (
        "{field}: write the unit with the number; {name} is counted in {declared}",
        "{field}: 数値とともに単位も書いてください。{name} の単位は {declared} です",
    ),
    "not_utf8": (
        "{text!r} is not UTF-8: set the terminal to UTF-8",
        "{text!r} は UTF-8 ではありません。端末の文字コードを UTF-8 にしてください",
    ),
    "not_one_line": (
        "{field}: write at most {limit} characters in one line",
        "{field}: 改行を入れず {limit} 文字以内で書いてください",
    ),
    "not_among": ("{field}: {chosen!r} is none of {known}", "{field}: {chosen!r} は選べません。選べるもの: {known}"),
}

_DECLARED: Mapping[str, tuple[str, str]] = {
    "and_then": ("{first}, {then}", "{first}、{then}"),
    # names
    "site_has_no_point": ("the site has no point {name!r}", "サイトに計測点 {name!r} はありません"),
    "site_has_no_stream": ("the site has no stream {name!r}", "サイトに系統 {name!r} はありません"),
    "site_has_no_counter": ("the site has no counter {name!r}", "サイトに積算計 {name!r} はありません"),
    "no_gas": (
        "{name} is no gas volume: it has no reference state ({state}); leave it out",
        "{name} は気体体積ではなく、基準状態({state})はありません。指定しないでください",
    ),
    # words
    "nobody_declares": ("no person: who declares this?", "記入者がありません。誰の申告か書いてください"),
    "no_reason": ("no reason: why is this declared?", "理由がありません。なぜ申告するのか書いてください"),
    "no_document": (
        "no document: a number comes from a sheet, a bill, a work order",
        "書類がありません。数値の出どころ(帳票、請求書、作業指示書)を書いてください",
    ),
    # numbers
    "register_below_zero": (
        "{name} shows {register}: a register is a number from 0 up",
        "{name} の指示値が {register} です。指示値は 0 以上の数です",
    ),
    "register_beyond_turn": (
        "{name} shows {register} {unit}, but turns over at {turn}: check the digits",
        "{name} の指示値が {register} {unit} ですが、{turn} で一巡します。桁を確かめてください",
    ),
    "register_too_long": (
        "{name} shows {register} {unit}: more digits than a register has",
        "{name} の指示値が {register} {unit} です。計器の桁数を超えています",
    ),
    "quantity_and_method": (
        "a substitution has a quantity if, and only if, its method is `value`",
        "代替の数量は、方法が `value` のときに限り、必ず書きます",
    ),
    "state_without_quantity": (
        "a reference state belongs to a quantity: leave it out",
        "基準状態は数量とともに書くものです。指定しないでください",
    ),
    "no_quantity": (
        "{quantity} is no quantity: it is a number from 0 up",
        "{quantity} は数量ではありません。数量は 0 以上の数です",
    ),
    "tolerance_without_sense": (
        "a tolerance of {percent} % tells nothing: it is between 0 and 100",
        "許容差 {percent} % では照合になりません。0 から 100 の間で書いてください",
    ),
    # times
    "span": ("{start} to {end}", "{start}~{end}"),
    "span_off_half_hours": (
        "{span} does not begin and end on :00 or :30, as half hours do",
        "{span} の始まりか終わりが毎時0分・30分ではありません",
    ),
    "span_without_length": (
        "{span} has no length: the end is the first moment that no longer counts",
        "{span} には長さがありません。終わりは、対象に含まない最初の時点です",
    ),
    "span_not_over": (
        "{span} is not over yet: declare what has been",
        "{span} はまだ終わっていません。過ぎた期間を申告してください",
    ),
    "reading_inside_half_hour": (
        (
            "a reading at {time} falls inside a half hour, and what came before and after it is "
            "not known: read at :00 or :30, or declare the quantity between two readings from a document"
        ),
        (
            "{time} の検針は30分の途中にあたり、その前後の量が分かりません。"
            "毎時0分・30分に読み取るか、書類に基づく二つの検針の間の数量を申告してください"
        ),
    ),
    "in_the_future": ("{time} is in the future", "{time} は未来の時刻です"),
    # what the book and the site file say already
    "said_already": (
        "entry {number} says this already, or says otherwise: withdraw it first",
        "記入 {number} に同じ内容か、異なる内容があります。先に取り消してください",
    ),
    "declared_in_site_file": (
        "site.toml declares this replacement already ({document})",
        "この計器交換は site.toml に記載済みです({document})",
    ),
    "no_entry": (
        "the book has no entry {number}; its last is {last}",
        "帳簿に記入 {number} はありません。最後の記入は {last} です",
    ),
    "is_withdrawal": (
        "entry {number} is a withdrawal: declare again what it withdrew, entry {withdrawn}",
        "記入 {number} は取消です。取り消した記入 {withdrawn} の内容を改めて申告してください",
    ),
    "is_closing": (
        "entry {number} closed a fiscal year, which stays so: close it again as the next revision",
        "記入 {number} は年度の締めで、取り消せません。次の改訂として締め直してください",
    ),
    "is_withdrawn": ("entry {number} is withdrawn already", "記入 {number} は取消済みです"),
    # registers that contradict each other
    "entry": ("entry {number}", "記入 {number}"),
    "register_span": ("{name} from {span}", "{name}({span})"),
    "register_span_of": ("{name} from {span} ({entries})", "{name}({span}、{entries})"),
    "register_fell": (
        "{where} would have fallen, and a counter does not: check the displays, or declare the new meter",
        "{where} の指示値が減ったことになります。積算計は減りません。指示値を確かめるか、計器交換を申告してください",
    ),
    "register_too_fast": (
        (
            "{where} would have risen faster than its declared maximum (a lower register counts as turned over): "
            "check the displays, or declare the new meter"
        ),
        (
            "{where} の指示値が、設定された最大値より速く増えたことになります(減った指示値は一巡したものとみなします)。"
            "指示値を確かめるか、計器交換を申告してください"
        ),
    ),
    "register_without_number": ("{where} has no number: {problem}", "{where} の数値が決まりません: {problem}"),
    # answers to findings
    "no_explanation": (
        "{key}: no explanation makes this right: mend what is missing or broken",
        "{key}: 説明では解消できません。不足や誤りそのものを直してください",
    ),
    "no_finding": ("there is no finding {key!r}", "指摘 {key!r} はありません"),
    "no_finding_in": (
        "there is no finding {key!r} in fiscal year {years}",
        "指摘 {key!r} はありません(調べた年度: {years})",
    ),
    "year": ("{year}", "{year}"),
    "year_not_drawn": ("{year} (which cannot be drawn: {said})", "{year}(集計できません)"),
    "nothing_open": (
        "{what}; nothing waits for an answer there",
        "{what}。説明を要する指摘はありません",
    ),
    "open_findings": ("{what}; open are {keys}", "{what}。未回答の指摘: {keys}"),
    "more_open_findings": (
        "{what}; open are {keys} and {more} more: see `atsuen close --check`",
        "{what}。未回答の指摘: {keys} ほか {more} 件(`atsuen close --check` で一覧できます)",
    ),
}

SENTENCES: Mapping[str, tuple[str, str]] = {**_FIELDS, **_TYPED, **_DECLARED}
