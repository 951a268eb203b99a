"""What operators read, in English and Japanese. Each text has one key; both languages have every key."""

import locale
import os
from dataclasses import dataclass

LANGUAGES = ("en", "ja")

_TEXTS: dict[str, tuple[str, str]] = {
    "acknowledged": ("messages stored", "保存確認済み"),
    "allocated": ("allocated", "配賦"),
    "amount": ("amount", "使用量"),
    "area": ("area", "区域"),
    "areas": ("Areas, shared utilities allocated, GJ", "区域別(共用設備配賦後、GJ)"),
    "backlog": ("waiting", "未送信"),
    "balance": ("balance", "収支"),
    "balances": ("Balances", "収支"),
    "basis": ("basis", "根拠"),
    "carrier": ("carrier", "エネルギー種別"),
    "check_bad": ("{count} mistakes", "誤り {count} 件"),
    "check_ok": (
        "{folder}: no mistakes; {devices} devices, {points} points",
        "{folder}: 誤りなし(機器{devices}台、計測点{points})",
    ),
    "co2": ("CO2", "CO2排出量"),
    "co2_intensity": ("CO2 intensity", "CO2原単位"),
    "crude_oil_equivalent": ("crude-oil equivalent", "原油換算"),
    "day": ("today", "本日"),
    "demo_start": (
        "Simulated mill, {speed:g} times real time. Modbus and OPC UA on 127.0.0.1, data in {folder}",
        "模擬圧延工場({speed:g}倍速)。Modbus・OPC UA は 127.0.0.1、データは {folder}",
    ),
    "demo_title": ("Atsuen · simulated aluminium rolling mill", "圧延 · アルミニウム圧延工場(模擬)"),
    "devices": ("devices", "機器"),
    "difference": ("difference", "差"),
    "electricity": ("electric power (mean)", "電力(平均)"),
    "electricity_intensity": ("electricity intensity", "電力原単位"),
    "electricity_used": ("electricity used", "電力使用量"),
    "endpoint": ("connection", "接続"),
    "energy": ("energy", "エネルギー"),
    "energy_by_time": ("Energy by time", "時間別エネルギー"),
    "energy_intensity": ("energy intensity", "エネルギー原単位"),
    "expected_intensity": ("expected from the product mix", "製品構成からの想定原単位"),
    "factors": ("Factors used", "使用係数"),
    "figure": ("figure", "項目"),
    "frames": ("frames", "フレーム"),
    "gas": ("city gas (mean)", "都市ガス(平均)"),
    "half_hour": ("last half hour", "直近30分"),
    "known": ("known", "把握率"),
    "ledger_broken": (
        "The ledger does not hold: {rows} rows in {seals} seals, newest {head}",
        "台帳は改変されています: {seals} 封印、{rows} 行、最新 {head}",
    ),
    "ledger_holds": (
        "The ledger holds: {rows} rows in {seals} seals, newest {head}",
        "台帳に改変はありません: {seals} 封印、{rows} 行、最新 {head}",
    ),
    "measured": ("measured", "計測値"),
    "measured_share": ("measured %", "実測 %"),
    "missed": ("missed polls", "周期遅れ"),
    "missing_share": ("missing %", "欠測 %"),
    "not_defined": ("–", "–"),
    "own_energy": ("own", "直接"),
    "product": ("product", "製品"),
    "production": ("production", "生産量"),
    "published": ("messages sent", "送信"),
    "quantity": ("quantity", "種類"),
    "recovered_share": ("recovered %", "回復 %"),
    "residual": ("residual", "残差"),
    "recovered": ("recovered", "回復"),
    "running": ("running half hour", "現在の30分"),
    "source": ("source", "出典"),
    "statement": ("{site} · FY{year} · scheme {scheme}", "{site} · {year}年度 · 制度 {scheme}"),
    "simulating": ("simulating the year", "年度を模擬中"),
    "stream": ("stream", "系統"),
    "streams": ("Streams", "系統別"),
    "substituted_share": ("substituted %", "代替 %"),
    "summary_bad": ("Not all figures agree with the simulator's truth.", "模擬工場の真値と一致しない値があります。"),
    "summary_ok": (
        "Every register agrees with the simulator's truth; everything read is stored.",
        "全ての計器が模擬工場の真値と一致し、計測値は全て保存されました。",
    ),
    "time": ("from", "開始"),
    "truth": ("truth", "真値"),
    "unit": ("unit", "単位"),
    "year_against_truth": ("The year against the truth · {readings} readings", "真値との照合 · 計測 {readings} 回"),
    "year_fails": (
        "The ledger and the truth differ; {listed} events and gaps are listed.",
        "台帳と真値が一致しません。記録された事象・欠測は {listed} 件です。",
    ),
    "year_holds": (
        "Measured + recovered = truth for every register; all {listed} listed events and gaps were planted.",
        "全ての計器で 実測+回復=真値。記録された事象・欠測 {listed} 件は全て仕込んだものです。",
    ),
    "value": ("value", "値"),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in. Raises KeyError for a key that does not exist."""
        return _TEXTS[key][LANGUAGES.index(self.language)].format(**values)


def texts_for(language: str | None) -> Texts:
    """The texts of a language, or of the locale when none is named; English where that is neither."""
    if language is None:
        named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
        language = "ja" if named.startswith("ja") or (locale.getlocale()[0] or "").startswith("ja") else "en"
    return Texts(language)
