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
    "alert_unmeasured": ("not measured", "未計測"),
    "alert_usual": ("usually in this time: {amounts}", "この時間の通常値: {amounts}"),
    "alert_usual_unknown": ("{stream}: not known", "{stream}: 不明"),
    "alert_usual_amount": ("{stream} {amount} {unit}", "{stream} {amount} {unit}"),
    "alert_hours": ("{hours} h {minutes} min", "{hours} 時間 {minutes} 分"),
    "alert_minutes": ("{minutes} min", "{minutes} 分"),
    "alert_cost_of_intensity": ("energy over the baseline", "ベースラインを超えたエネルギー"),
    "alert_cost_of_idle_burner": ("fuel burnt without charge", "装入なしで燃やした燃料"),
    "alert_cost_of_base_load": ("power over the limit, all weekend", "基準を超えた電力の週末分"),
    "alert_cost_of_demand": (
        "energy above the alarm's power; no charge for a passed contract in it",
        "警報値を超えた電力量、契約超過金は含まず",
    ),
    "alert_cost_of_residual": (
        "what is not accounted for beyond the allowed share",
        "許容割合を超える使途不明分",
    ),
    "alerts_history": ("What happened, newest first", "履歴(新しい順)"),
    "alerts_now": ("Alerts raised now", "発生中のアラート"),
    "alerts_none": ("No alert is raised.", "発生中のアラートはありません。"),
    "alerts_untold": (
        "{channel}: {waiting} events wait, {given_up} were given up: {error}",
        "{channel}: 未送信 {waiting} 件、送信断念 {given_up} 件: {error}",
    ),
    "alert_mail_subject": ("[{site}] {what}: {name}", "[{site}] {what}: {name}"),
    "alert_mail_subject_many": ("[{site}] {count} events of alerts", "[{site}] アラート {count} 件"),
    "alert_unwatched_too_few_points": (
        "Intensity is not watched: {points} periods of the baseline are known, {needed} are needed.",
        "原単位は監視していません: ベースラインの計測済み期間は {points}、{needed} 必要です。",
    ),
    "alert_unwatched_no_variation": (
        "Intensity is not watched: production was the same in all {points} periods of the baseline.",
        "原単位は監視していません: ベースラインの {points} 期間で生産量がすべて同じです。",
    ),
    "alert_unwatched_no_figures": (
        "Some rules are not watched: {detail}",
        "監視していないルールがあります: {detail}",
    ),
    "alert_yen": ("yen", "円"),
    "alert_what_it_is": ("what that is", "内容"),
}
