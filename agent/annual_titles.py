"""The headings of the year's file in English and Japanese, and the Japanese names of its choices."""

from collections.abc import Mapping

TABLES: Mapping[str, str] = {
    "measures": "対策",
    "best_practices": "BAT・ベストプラクティス",
    "offices": "オフィス",
    "logistics": "物流",
    "credits": "クレジット・証書",
    "texts": "記述",
    "general": "全般",
}
"""Names of sheets in a workbook: the key, and its Japanese title."""

HEADINGS: Mapping[str, str] = {
    "category": "区分",
    "title": "名称",
    "investment_million_yen": "投資額(百万円)",
    "co2_reduction_t": "年間CO2削減量(t)",
    "is_planned": "次年度以降の予定",
    "years_in_use": "使用期間(年)",
    "adopted_percent": "普及率(%)",
    "adopted_2030_percent": "2030年度普及率(%)",
    "obstacles": "課題",
    "floor_area_m2": "床面積(m2)",
    "energy_kl_coe": "原油換算(kL)",
    "co2_t": "CO2(t)",
    "transport_tonne_km": "輸送量(トンキロ)",
    "energy_gj": "エネルギー(GJ)",
    "kind": "種類",
    "use": "取扱い",
    "quantity": "数量",
    "unit": "単位",
    "note": "備考",
    "topic": "項目",
    "text": "内容",
    "item": "事項",
    "value": "値",
    "fiscal_year": "年度",
    "practice_cases": "省エネ事例件数",
    "invested_in_solar": "太陽光発電への投資",
    "uses_hydro": "水力発電の利用",
}

CHOICES: Mapping[str, str] = {
    "furnaces": "溶解炉・均熱炉などの改修及び熱回収高効率化等",
    "efficient_equipment": "高効率・省エネ性の高い機器への更新等",
    "lighting": "省エネ照明導入",
    "inverters": "機器のインバーター化、高効率化",
    "operation": "操業管理等の見直し・最適化による省エネ",
    "existing_equipment": "既存設備の改善、配管の集約化等",
    "compressed_air": "圧縮空気使用量削減対策の強化",
    "other": "その他",
    "j_credit": "J-クレジット",
    "jcm": "二国間クレジット(JCM)",
    "green_power": "グリーン電力証書",
    "green_heat": "グリーン熱証書",
    "non_fossil": "非化石証書",
    "acquired": "取得",
    "retired": "無効化",
    "created": "創出",
    "production": "生産活動量",
    "energy": "エネルギー",
    "co2": "CO2",
    "measures": "対策",
    "renewables": "再生可能エネルギー",
    "outlook": "見通し",
    "true": "はい",
    "false": "いいえ",
}
"""Values of a closed set, as a Japanese reader may write them."""
