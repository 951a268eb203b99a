"""Texts of alerts: what each kind says, and the lists of them."""

TEXTS: dict[str, tuple[str, str]] = {
    "alert_intensity": (
        "{name}: energy is {value} % over the baseline (limit {limit} %)",
        "{name}: エネルギーがベースラインを {value} % 上回っています(基準 {limit} %)",
    ),
    "alert_idle_burner": (
        "{name}: the burner takes {value} an hour without charge (limit {limit})",
        "{name}: 装入なしで燃焼中、毎時 {value}(基準 {limit})",
    ),
    "alert_base_load": (
        "{name}: the least power of the weekend was {value} kW (limit {limit} kW)",
        "{name}: 週末の最小電力が {value} kW(基準 {limit} kW)",
    ),
    "alert_silent": (
        "{name}: no answer for {value} minutes (limit {limit} minutes)",
        "{name}: {value} 分間応答がありません(基準 {limit} 分)",
    ),
    "alert_stuck": (
        "{name}: the register has not moved for {value} minutes (limit {limit} minutes)",
        "{name}: 指示値が {value} 分間動いていません(基準 {limit} 分)",
    ),
    "alert_demand": (
        "{name}: the half hour may end at {value} kW (alarm at {limit} kW)",
        "{name}: この30分のデマンドが {value} kW に達する見込み(警報 {limit} kW)",
    ),
    "alert_residual": (
        "{name}: {value} % of the supply is not accounted for (limit {limit} %)",
        "{name}: 供給量の {value} % が使用量と一致しません(基準 {limit} %)",
    ),
    "alert_raised": ("raised", "発生"),
    "alert_cleared": ("cleared", "解除"),
    "alert_withdrawn": ("withdrawn: the site has no such rule any more", "取消(設定から削除)"),
    "alert_since": ("since", "発生時刻"),
    "alert_at": ("time", "時刻"),
    "alert_cost": ("so far", "これまでの損失"),
    "alert_unknown": ("not known", "不明"),
    "alerts_history": ("What happened, newest first", "履歴(新しい順)"),
    "alerts_now": ("Alerts raised now", "発生中のアラート"),
    "alerts_none": ("No alert is raised.", "発生中のアラートはありません。"),
    "alerts_untold": (
        "{channel}: {waiting} events wait, {given_up} were given up: {error}",
        "{channel}: 未送信 {waiting} 件、送信断念 {given_up} 件: {error}",
    ),
    "alert_mail_subject": ("[{site}] {what}: {name}", "[{site}] {what}: {name}"),
    "alert_mail_subject_many": ("[{site}] {count} events of alerts", "[{site}] アラート {count} 件"),
    "alert_yen": ("yen", "円"),
}
