"""The words of the pages, beside those of reports. Each has one key; both languages have every key."""

from agent.dashboard.manager_texts import MANAGER_TEXTS
from agent.reports.report_texts import ReportTexts
from agent.texts import LANGUAGES

DASHBOARD_TEXTS: dict[str, tuple[str, str]] = {
    "view_now": ("Now", "現在"),
    "view_year": ("Year", "年度"),
    "view_data": ("Data", "データ"),
    "view_devices": ("Devices", "機器"),
    "view_corrections": ("Corrections", "訂正"),
    "skip": ("Skip to content", "本文へ移動"),
    "views": ("Views", "画面"),
    "preferences": ("Display", "表示"),
    "theme": ("Appearance", "配色"),
    "theme_auto": ("as the device", "端末に合わせる"),
    "theme_light": ("light", "ライト"),
    "theme_dark": ("dark", "ダーク"),
    "language": ("Language", "言語"),
    "apply": ("Apply", "適用"),
    "log_in": ("Log in", "ログイン"),
    "log_out": ("Log out", "ログアウト"),
    "name": ("name", "氏名"),
    "password": ("password", "パスワード"),
    "wrong_password": ("Name or password is wrong.", "氏名またはパスワードが違います。"),
    "too_many_tries": ("Too many tries. Wait {wait} s.", "試行回数が多すぎます。{wait} 秒お待ちください。"),
    "nobody_can_log_in": (
        "Nobody can log in yet. `atsuen dashboard password NAME --role manager` prints a line for the file of people.",
        "ログインできる人が登録されていません。`atsuen dashboard password 氏名 --role manager` で登録行を作成します。",
    ),
    "people_mistake": (
        "The file of people has a mistake, so nobody can log in. The log of the dashboard says which.",
        "利用者ファイルに誤りがあるためログインできません。詳細はダッシュボードのログを参照してください。",
    ),
    "role_manager": ("manager", "管理者"),
    "role_reader": ("reader", "閲覧者"),
    "not_allowed": ("Only a manager may declare corrections.", "訂正を記帳できるのは管理者のみです。"),
    "window_hour": ("Last hour", "直近1時間"),
    "window_shift": ("Shift", "直"),
    "window_day": ("Today", "本日"),
    "window_time": ("{from} to {to}", "{from}~{to}"),
    "not_begun": ("first half hour still running", "最初の30分値を計測中"),
    "against_expected": ("product mix expects", "製品構成の想定"),
    "against_last_week": ("same time last week", "前週同時刻"),
    "against_target": ("target FY{year}", "{year}年度目標"),
    "no_production": ("no production", "生産なし"),
    "nothing_known": ("not known", "不明"),
    "power": ("Electric power", "電力"),
    "rate_city_gas": ("City gas", "都市ガス"),
    "rate_lpg": ("LPG", "LPG"),
    "rate_production": ("Production, last hour", "生産(直近1時間)"),
    "running_half_hour": ("Running half hour", "進行中の30分"),
    "running_energy": ("energy so far", "使用量"),
    "running_production": ("made so far", "生産量"),
    "minutes_of_30": ("{minutes} of 30 min", "30分中 {minutes} 分"),
    "at_this_moment": ("At this moment", "瞬時値"),
    "mean_of_a_minute": ("mean of the last minute", "直近1分間の平均"),
    "history": ("The last 24 hours by half hour", "直近24時間(30分ごと)"),
    "as_table": ("As a table", "表で見る"),
    "read_now": ("read {age} ago", "{age}前に計測"),
    "never_read": ("No readings are kept.", "計測値は保持されていません。"),
    "stale": (
        "The newest reading is of {time}, {age} ago. Is the agent running?",
        "最新の計測は {time}({age}前)です。エージェントは動作していますか。",
    ),
    "from_the_future": (
        "The newest reading is of {time}, which this machine's clock ({clock}) has not reached: check the clock.",
        "最新の計測は {time} で、この端末の時計({clock})より先です。時計を確認してください。",
    ),
    "connection_lost": ("Connection lost; trying again …", "接続が切れました。再接続中…"),
    "seconds": ("{n} s", "{n} 秒"),
    "minutes": ("{n} min", "{n} 分"),
    "hours": ("{n} h", "{n} 時間"),
    "days": ("{n} days", "{n} 日"),
    "no_journal": ("There is no journal to read yet", "記録がまだありません"),
    "no_figures": ("No figures", "数値がありません"),
    "error_title": ("That did not work", "処理できませんでした"),
    "error_asked": ("This cannot be shown as asked for", "指定の内容は表示できません"),
    "error_none": ("There is no such page", "ページがありません"),
    "error_bug": (
        "Something went wrong inside. It is in the log of the dashboard.",
        "内部で問題が発生しました。ダッシュボードのログに記録されています。",
    ),
    "go_back": ("Back to the first page", "最初の画面へ"),
    "year_to_date": ("drawn up to {time}", "{time} まで"),
    "year_over": ("whole year", "通年"),
    "previous_year": ("FY{year}", "{year}年度"),
    "against_last_year": ("same time last year", "前年同期"),
    "no_last_year": (
        "Nothing is known of the same time last year, so nothing is held against it.",
        "前年同期の数値がないため、前年との比較はありません。",
    ),
    "months_chart": ("By month", "月別"),
    "path": ("Path to {year}", "{year}年度への道筋"),
    "path_year": ("fiscal year", "年度"),
    "path_target": ("path", "目標"),
    "path_actual": ("actual", "実績"),
    "no_target": ("The site file states no target.", "目標が設定されていません。"),
    "statement_now": ("The statement as it stands", "現時点の年次報告"),
    "gate": ("What keeps the year from being closed", "締めに必要な事項"),
    "gate_look": ("Look through the ledger", "台帳を点検する"),
    "gate_open": ("Nothing keeps it from being closed.", "締めを妨げる事項はありません。"),
    "gate_count": ("{count} findings", "{count} 件"),
    "trace_link": ("trace", "根拠"),
    "calendar": ("How each stream is known, day by day", "系統別・日別の把握状況"),
    "calendar_all": ("≥ 99.5 % metered", "実測 99.5 %以上"),
    "calendar_most": ("≥ 90 %", "90 %以上"),
    "calendar_some": ("< 90 %", "90 %未満"),
    "calendar_none": ("nothing known", "不明"),
    "calendar_substituted": ("substituted or invoiced", "代替・請求値"),
    "calendar_future": ("not yet", "未到来"),
    "gaps": ("Days with gaps", "欠測のある日"),
    "gap_from": ("from", "自"),
    "gap_to": ("to", "至"),
    "gap_hours": ("missing h", "欠測 h"),
    "no_gaps": ("No day has a gap.", "欠測のある日はありません。"),
    "events_of_year": ("Falls, swaps, clock steps and other events", "減少・交換・時計修正などの事象"),
    "no_events": ("None.", "なし。"),
    "page_of": ("page {page} of {pages}", "{page} / {pages} ページ"),
    "earlier": ("earlier", "前へ"),
    "later": ("later", "次へ"),
    "no_entries": ("The book has no entries yet.", "帳簿にはまだ記入がありません。"),
    "share_known": ("metered", "実測"),
    "device_point": ("point", "計測点"),
    "device_value": ("value", "値"),
    "device_quality": ("quality", "品質"),
    "device_age": ("age", "経過"),
    "device_delay": ("source delay", "送信元の遅れ"),
    "device_answer": ("answers in", "応答時間"),
    "device_hour": ("last hour", "直近1時間"),
    "device_polls": ("{polls} polls, {bad} bad", "計測 {polls} 回、不良 {bad} 回"),
    "device_raw": ("raw", "生値"),
    "device_never": ("never read", "計測なし"),
    "state_good": ("reads well", "正常"),
    "state_late": ("late", "遅延"),
    "state_bad": ("not read", "計測不能"),
    "good": ("good", "良"),
    "uncertain": ("uncertain", "不確か"),
    "bad": ("bad", "不良"),
    "agent_state": ("Agent", "エージェント"),
    "agent_running": ("running", "動作中"),
    "agent_silent": (
        "no status since {time}: is it running?",
        "{time} 以降、状態の報告がありません",
    ),
    "agent_unknown": ("no status file is there", "状態ファイルなし"),
    "backlog_rows": ("rows not confirmed", "未確認の行"),
    "disk_free": ("disk free", "ディスク空き"),
    "journal_size": ("journal", "記録ファイル"),
    "frames_since": ("frames kept since", "計測値の保持開始"),
    "correct_title": ("Declare a correction", "訂正を記帳"),
    "correct_log_in": (
        "Log in to declare a correction. It goes into the book with your name and cannot be deleted, only withdrawn.",
        "記帳にはログインが必要です。記入には氏名が残り、削除はできません(取消のみ)。",
    ),
    "correct_declare": ("Declare", "記帳する"),
    "correct_done": ("In the book: {entry}", "記帳しました: {entry}"),
    "correct_kind": ("kind", "種類"),
    "correct_choose": ("Choose", "選択"),
    "field_reason": ("reason", "理由"),
    "field_document": ("document", "根拠資料"),
    "form_expired": (
        "This form is too old. Send it again.",
        "フォームの有効期限が切れました。もう一度送信してください。",
    ),
    "all_year": ("whole year", "通年"),
    "spans_by": ("by", "区切り"),
    "by_half-hour": ("half hour", "30分"),
    "by_day": ("day", "日"),
    "by_month": ("month", "月"),
}


DASHBOARD_TEXTS |= MANAGER_TEXTS


class DashboardTexts(ReportTexts):
    """The texts of one language with those of the pages among them."""

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in. Raises KeyError for a key that does not exist."""
        if key in DASHBOARD_TEXTS:
            return DASHBOARD_TEXTS[key][LANGUAGES.index(self.language)].format(**values)
        return ReportTexts.__call__(self, key, **values)

    def age(self, age_ms: int) -> str:
        """How long ago, in the unit that suits."""
        seconds = max(0, age_ms) // 1000
        for key, unit_s, below_s in (("seconds", 1, 120), ("minutes", 60, 7200), ("hours", 3600, 172_800)):
            if seconds < below_s:
                return self(key, n=seconds // unit_s)
        return self("days", n=f"{seconds // 86_400:,}")
