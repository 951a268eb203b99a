"""Texts of the book: entries, corrections, imports."""

TEXTS: dict[str, tuple[str, str]] = {
    "book_broken": (
        "The book was tampered with: {entries} entries, newest {head}",
        "帳簿は改変されています: {entries} 件、最新 {head}",
    ),
    "book_empty": ("Nothing was declared yet.", "帳簿にはまだ記入がありません。"),
    "book_head": ("newest hash {head}", "最新ハッシュ {head}"),
    "book_holds": (
        "The book holds: {entries} entries, newest {head}",
        "帳簿に改変はありません: {entries} 件、最新 {head}",
    ),
    "correct_appended": ("appended: {entry}", "記帳しました: {entry}"),
    "correct_close_again": (
        "fiscal year {year} is closed (entry {number}): close it again as revision {revision} with `atsuen close`",
        "{year}年度は締め済みです(記入 {number})。`atsuen close` で改訂 {revision} として締め直してください",
    ),
    "correct_reload": (
        "a running agent takes this over with `atsuen reload`",
        "稼働中のエージェントには `atsuen reload` で反映されます",
    ),
    "correct_would_append": ("would be appended: {entry}", "試行(記帳していません): {entry}"),
    "entry_answer": ("answer to {finding}", "指摘への回答 {finding}"),
    "entry_assertion": (
        "assertion: {stream} {from} to {to} is {quantity} {unit}{state} ± {tolerance_percent} %",
        "照合値: {stream} {from}~{to} {quantity} {unit}{state} ± {tolerance_percent} %",
    ),
    "entry_closing": (
        "closing of fiscal year {fiscal_year}, revision {revision}",
        "{fiscal_year}年度の締め 改訂 {revision}",
    ),
    "entry_exclusion": ("exclusion: {stream} {from} to {to}", "除外: {stream} {from}~{to}"),
    "entry_invoice": (
        "invoice: {stream} {from} to {to} is {quantity} {unit}{state}",
        "請求書: {stream} {from}~{to} {quantity} {unit}{state}",
    ),
    "entry_quantity": (
        "quantity: {point} {from} to {to} is {quantity} {unit}",
        "数量: {point} {from}~{to} {quantity} {unit}",
    ),
    "entry_reading": ("reading: {point} at {time} shows {register} {unit}", "検針: {point} {time} {register} {unit}"),
    "entry_replacement": (
        "meter replacement: {point} at {time}, old meter {old_end} {unit}, new meter {new_start} {unit}",
        "計器交換: {point} {time} 旧計器 {old_end} {unit}、新計器 {new_start} {unit}",
    ),
    "entry_substitution": ("substitution: {stream} {from} to {to} by {how}", "代替: {stream} {from}~{to} {how}"),
    "entry_withdrawal": ("withdrawal of entry {number}", "記入 {number} の取消"),
    "entry_withdrawn": ("withdrawn by {number}: {entry}", "取消済み(記入 {number}): {entry}"),
    "substitution_last_week": ("the same half hours of the week before", "前週同時刻"),
    "substitution_mean": ("the mean of the 28 days around", "前後計28日間の平均"),
    "substitution_value": ("{quantity} {unit}{state}, an engineer's value", "技術者の推定値 {quantity} {unit}{state}"),
    "import_applied": (
        "{new} new values are in the book of {site}; {known} were there already",
        "{site} の帳簿に {new} 件を記帳しました(既存 {known} 件)",
    ),
    "import_kind": ("kind", "種類"),
    "import_new": ("New values", "新しい値"),
    "import_sum": ("sum", "合計"),
    "import_to": ("to", "終了"),
    "import_values": ("values", "件数"),
    "import_would_apply": (
        "dry run: {new} new values, {known} in the book already; nothing was written, --apply does",
        "試行: 新規 {new} 件、既存 {known} 件。書き込みには --apply を付けてください",
    ),
}
