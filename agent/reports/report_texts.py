"""The words of reports for people, beside those of `agent.texts`. Each has one key; both languages have every key."""

from agent.texts import LANGUAGES, Texts

REPORT_TEXTS: dict[str, tuple[str, str]] = {
    "allowed_difference": ("allowed %", "許容差 %"),
    "amounts_by_month": ("Amounts by month, as metered", "月別使用量(計量値)"),
    "applies_to": ("applies to", "適用区分"),
    "assertions": ("Invoices and bills held against the figures", "請求書・検針票との照合"),
    "billed": ("billed", "請求値"),
    "book": ("Entries of the book", "帳簿の記載"),
    "booked": ("booked", "記載値"),
    "calculation": ("Quantities, energy and CO2", "熱量・CO2排出量の算定"),
    "calculation_note": (
        "Each quantity is in the unit and gas state of the heat factor. Months are added up before they are rounded.",
        "数量は単位発熱量の単位・気体の状態に換算した値です。端数処理は印刷時の一度だけです。",
    ),
    "chapter_book": ("Book and events", "帳簿・事象"),
    "chapter_completeness": ("Completeness", "把握状況"),
    "chapter_factors": ("Factors", "係数"),
    "chapter_months": ("By month", "月別"),
    "chapter_stream_months": ("Streams by month", "系統別・月別"),
    "chapter_streams": ("Streams", "系統別"),
    "chapter_summary": ("Summary", "総括"),
    "chart_co2": ("CO2 and CO2 intensity", "CO2排出量とCO2原単位"),
    "chart_energy": ("Energy and energy intensity", "エネルギー使用量とエネルギー原単位"),
    "chart_production": ("Production", "生産活動量"),
    "co2_by_month": ("CO2 by month, t-CO2", "月別CO2排出量(t-CO2)"),
    "co2_factor": ("CO2 factor", "排出係数"),
    "completeness": ("How the figures are known, % of the time", "把握方法の内訳(時間比 %)"),
    "concerns": ("concerns", "対象"),
    "corrected": ("rests on the book, entry {numbers}", "帳簿の記載による値(記載番号 {numbers})"),
    "detail": ("detail", "内容"),
    "device": ("device", "機器"),
    "differences": ("Booked quantities that do not fit what was measured", "計測値と合わない記載数量"),
    "document": ("document", "根拠資料"),
    "drawn_until": ("drawn up to", "集計期限"),
    "entries": ("entries", "記載番号"),
    "entry": ("entry", "番号"),
    "event": ("event", "事象"),
    "events": ("Events", "事象"),
    "factor_digest": ("digest of the factors (SHA-256)", "係数のダイジェスト(SHA-256)"),
    "factor_revision": ("factor revision", "係数の版"),
    "finding_differs": ("does not hold", "不一致"),
    "finding_holds": ("holds", "一致"),
    "finding_partly_missing": ("part of the time is missing", "一部欠測"),
    "fiscal_year": ("fiscal year", "年度"),
    "fiscal_year_name": ("FY{year}", "{year}年度"),
    "from": ("from", "自"),
    "heat_by_month": ("Energy by month, GJ", "月別エネルギー使用量(GJ)"),
    "heat_factor": ("heat factor", "単位発熱量"),
    "inner_streams": (
        "Streams in brackets look into the site and are not added to it.",
        "( )内の系統は内訳であり、合計に含みません。",
    ),
    "kind": ("kind", "区分"),
    "kind_answer": ("answer", "説明"),
    "kind_assertion": ("bill to hold against", "照合用請求値"),
    "kind_closing": ("year closed", "年度締め"),
    "kind_exclusion": ("excluded", "除外"),
    "kind_invoice": ("invoice", "請求値の採用"),
    "kind_quantity": ("quantity", "数量"),
    "kind_reading": ("reading", "検針"),
    "kind_replacement": ("meter replaced", "計器交換"),
    "kind_substitution": ("substitution", "代替"),
    "kind_withdrawal": ("withdrawal", "取消"),
    "known_as": ("known as", "把握方法"),
    "method_measured": ("measured", "実測"),
    "method_missing": ("missing", "欠測"),
    "method_recovered": ("recovered", "回復"),
    "method_substituted": ("substituted", "代替"),
    "month": ("month", "月"),
    "months": ("The site by month", "月別実績"),
    "none": ("none", "なし"),
    "number_given": ("given", "数値"),
    "our_figure": ("our figure", "当集計"),
    "person": ("person", "記載者"),
    "point": ("point", "計測点"),
    "problem_fall": ("the register fell", "指示値の減少"),
    "problem_no_counter": ("the point is no counter", "積算計ではない"),
    "problem_no_gas": ("a gas state for what is no gas", "気体以外に気体の状態"),
    "problem_no_quantity": ("no quantity is stated", "数量の記載なし"),
    "problem_no_such_point": ("no such point", "計測点なし"),
    "problem_no_such_stream": ("no such stream", "系統なし"),
    "problem_off_the_half_hour": ("not on :00 and :30", "毎時0分・30分以外"),
    "problem_too_fast": ("more than the plant can", "設備最大値の超過"),
    "problems": ("Entries that give no number", "数値にならない記載"),
    "production_by_month": ("Production by month, t", "月別生産量(t)"),
    "provisional": ("provisional: the year is not over", "暫定(年度途中)"),
    "reason": ("reason", "理由"),
    "result": ("result", "結果"),
    "scheme": ("scheme", "制度"),
    "site": ("site", "事業所"),
    "statement_title": ("Annual energy and CO2 statement", "エネルギー・CO2年次報告書"),
    "status": ("status", "状態"),
    "time_of_event": ("time", "日時"),
    "to": ("to", "至"),
    "total": ("total", "合計"),
    "withdrawn": ("withdrawn by {number}", "{number}により取消"),
    "written": ("written", "記載日時"),
    "year": ("year", "年度計"),
}


class ReportTexts(Texts):
    """The texts of one language with those of reports among them."""

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in. Raises KeyError for a key that does not exist."""
        if key in REPORT_TEXTS:
            return REPORT_TEXTS[key][LANGUAGES.index(self.language)].format(**values)
        return Texts.__call__(self, key, **values)


def report_texts(texts: Texts) -> ReportTexts:
    """The same language with the words of reports."""
    return ReportTexts(texts.language)
