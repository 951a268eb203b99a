"""What operators read, in English and Japanese. Each text has one key; both languages have every key."""

import locale
import os
from dataclasses import dataclass

LANGUAGES = ("en", "ja")

_TEXTS: dict[str, tuple[str, str]] = {
    "acknowledged": ("messages stored", "保存確認済み"),
    "backlog": ("waiting", "未送信"),
    "check_ok": (
        "{folder}: no mistakes; {devices} devices, {points} points",
        "{folder}: 誤りなし(機器{devices}台、計測点{points})",
    ),
    "check_bad": ("{count} mistakes", "誤り {count} 件"),
    "co2": ("CO2", "CO2排出量"),
    "co2_intensity": ("CO2 intensity", "CO2原単位"),
    "day": ("today", "本日"),
    "demo_start": (
        "Simulated mill, {speed:g} times real time. Modbus and OPC UA on 127.0.0.1, data in {folder}",
        "模擬圧延工場({speed:g}倍速)。Modbus・OPC UA は 127.0.0.1、データは {folder}",
    ),
    "demo_title": ("Atsuen · simulated aluminium rolling mill", "圧延 · アルミニウム圧延工場(模擬)"),
    "devices": ("devices", "機器"),
    "difference": ("difference", "差"),
    "electricity": ("electric power (mean)", "電力(平均)"),
    "endpoint": ("connection", "接続"),
    "energy": ("energy", "エネルギー"),
    "energy_intensity": ("energy intensity", "エネルギー原単位"),
    "frames": ("frames", "フレーム"),
    "gas": ("city gas (mean)", "都市ガス(平均)"),
    "half_hour": ("last half hour", "直近30分"),
    "known": ("known", "把握率"),
    "measured": ("measured", "計測値"),
    "missed": ("missed polls", "周期遅れ"),
    "not_defined": ("–", "–"),
    "production": ("production", "生産量"),
    "published": ("messages sent", "送信"),
    "running": ("running half hour", "現在の30分"),
    "stream": ("stream", "系統"),
    "summary_bad": ("Not all figures agree with the simulator's truth.", "模擬工場の真値と一致しない値があります。"),
    "summary_ok": (
        "Every register agrees with the simulator's truth; everything read is stored.",
        "全ての計器が模擬工場の真値と一致し、計測値は全て保存されました。",
    ),
    "truth": ("truth", "真値"),
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
