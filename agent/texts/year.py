"""Texts of the year: the completeness gate, closing, restatement, tracing a figure."""

TEXTS: dict[str, tuple[str, str]] = {
    "change_title": ("What would change in fiscal year {year}", "{year}年度の変更点"),
    "close_after": ("after", "変更後"),
    "close_before": ("before", "変更前"),
    "close_change": ("change", "差"),
    "close_differences": (
        "Revision {revision} of fiscal year {year} differs from the one before",
        "{year}年度 改訂{revision}の前版との差異",
    ),
    "close_done": (
        "Fiscal year {year} is closed as revision {revision}: {file}",
        "{year}年度を改訂{revision}として締めました: {file}",
    ),
    "close_field": ("field", "欄"),
    "close_line": ("line", "行"),
    "close_provisional": (
        "Provisional figures of fiscal year {year}, revision {revision}: {file}",
        "{year}年度の速報値(改訂{revision}): {file}",
    ),
    "close_refused": (
        "Fiscal year {year} stays open: {count} findings are to be resolved or answered.",
        "{year}年度は締められません。解決または回答が必要な指摘が {count} 件あります。",
    ),
    "close_unchanged": (
        "Nothing has changed since revision {revision}: {file}",
        "改訂{revision}から変更はありません: {file}",
    ),
    "close_would": (
        "The gate holds: fiscal year {year} can be closed.",
        "条件を満たしています。{year}年度は締められます。",
    ),
    "finding_answer": ("answered: {answer}", "回答済み: {answer}"),
    "finding_assertion_fails": (
        "{line}: {document} (entry {entry}) says {stated}, the figures say {found} ({percent} %)",
        "{line}: {document}(記入{entry})は {stated}、集計値は {found}({percent} %)",
    ),
    "finding_conflict": (
        "{line}: the book says {stated} (entry {entry}), the meter {found}",
        "{line}: 帳簿は {stated}(記入{entry})、計器は {found}",
    ),
    "finding_head_missing": (
        "the ledger does not have the hash noted for {closing} ({head}): cut off, replaced or written anew",
        "{closing} として控えたハッシュが台帳にありません({head}): 欠落、差し替えまたは書き直し",
    ),
    "finding_ledger_broken": ("the record does not hold: {reason}", "記録が改変されています: {reason}"),
    "finding_ledger_loss": (
        "damage found on {when} took of the ledger: {lost}; {rows} rows of seals {seals} are no longer proved singly",
        "{when} 発見の損傷による台帳の欠損: {lost}。封印 {seals} の {rows} 行は個別に証明できません",
    ),
    "finding_month_incomplete": (
        "{line} in {span}: {metered} % metered, {missing} % missing; {least} % are needed",
        "{line} {span}: 計測 {metered} %、欠測 {missing} %(必要 {least} %)",
    ),
    "finding_no_annual_data": ("there is no {file}", "{file} がありません"),
    "finding_no_energy": ("{line} has no energy: {reason}", "{line} の熱量が算定できません: {reason}"),
    "finding_no_production": ("no production is known", "生産量が不明です"),
    "finding_not_over": ("fiscal year {year} is not over", "{year}年度は終わっていません"),
    "finding_unexplained": (
        "{point} in {span}: {count} × {event} ({first}); it concerns {lines}",
        "{point} {span}: {event} {count} 件({first})。関係する行: {lines}",
    ),
    "finding_year_incomplete": (
        "{line} in {span}: {metered} % metered, {missing} % missing; {least} % are needed",
        "{line} {span}: 計測 {metered} %、欠測 {missing} %(必要 {least} %)",
    ),
    "init_bad_id": (
        "{id!r} is no identifier: small letters, digits and _, a letter first",
        "{id!r} は識別子として使えません(英小文字で始まる英小文字・数字・_)",
    ),
    "init_id": ("The site's identifier (small letters)?", "サイト識別子(英小文字)は?"),
    "init_name_en": ("Its name in English?", "英語名は?"),
    "init_name_ja": ("Its name in Japanese?", "日本語名は?"),
    "init_next": (
        "Next: describe what is read in {folder}/site.toml, then: atsuen check -c {folder}",
        "次に {folder}/site.toml に読み取る機器を記述し、atsuen check -c {folder} で確認してください",
    ),
    "init_scheme": ("The scheme of live figures ({schemes})?", "常時表示に使う制度は?({schemes})"),
    "init_wrote": ("wrote {file}", "作成: {file}"),
    "report_written": ("wrote {file}", "作成: {file}"),
    "todo_answer": (
        "explain it: atsuen correct answer '{finding}' --reason …",
        "説明を記帳: atsuen correct answer '{finding}' --reason …",
    ),
    "todo_assertion_fails": (
        "check the bill; correct the figure with `atsuen correct`, or explain the difference",
        "請求書を確認し、`atsuen correct` で訂正するか、差異を説明してください",
    ),
    "todo_conflict": (
        "withdraw the wrong entry, or explain the difference",
        "誤った記入を取り消すか、差異を説明してください",
    ),
    "todo_head_missing": (
        "put the newest copy of the journal back; where there is none, explain what became of it",
        "台帳の最新の控えを戻してください。控えがなければ経緯を説明してください",
    ),
    "todo_ledger_broken": ("restore journal and book from a copy", "台帳・帳簿を控えから戻してください"),
    "todo_ledger_loss": (
        "put a copy from before the damage back, or fill the gap (`atsuen import`, `atsuen correct`), then explain",
        "損傷前の控えを戻すか、`atsuen import`・`atsuen correct` で補い、説明してください",
    ),
    "todo_month_incomplete": (
        "fill the gap: `atsuen import` readings or an invoice, or `atsuen correct substitute`, then explain",
        "`atsuen import` で検針値・請求書を取り込むか `atsuen correct substitute` で代替し、説明してください",
    ),
    "todo_no_annual_data": (
        "write it: configs/templates/year.toml is the template; or explain that there is nothing to state",
        "雛形 configs/templates/year.toml から作成するか、該当なしと説明してください",
    ),
    "todo_no_energy": ("add the factor or the readings", "係数または計測値を追加してください"),
    "todo_no_production": (
        "import it: `atsuen import production.xlsx`; or explain a year without production",
        "`atsuen import` で生産量を取り込むか、生産がなかった理由を説明してください",
    ),
    "todo_not_over": ("provisional figures: --provisional", "速報値は --provisional"),
    "todo_unexplained": (
        "declare a replacement or a substitution for that time, or explain it",
        "計器交換または代替値を記帳するか、説明してください",
    ),
    "todo_year_incomplete": (
        "fill the gap: `atsuen import` readings or an invoice, or `atsuen correct substitute`, then explain",
        "`atsuen import` で検針値・請求書を取り込むか `atsuen correct substitute` で代替し、説明してください",
    ),
    "trace_advance": ("advance, counts", "増分(カウント)"),
    "trace_closing": ("closing register", "終了指示値"),
    "trace_half_hours": ("half hours", "30分値"),
    "trace_opening": ("opening register", "開始指示値"),
    "trace_per_count": ("unit per count", "1カウント当り"),
    "trace_point": ("point", "計測点"),
    "trace_registers": ("Registers", "計器"),
    "trace_frames": ("journal sequence", "記録番号"),
    "trace_spans": ("{line} over time, {unit}", "{line} の推移({unit})"),
}
