"""The words that stand around the tables of a printed form, in Japanese and English. Knows no figure.

Pillars are those of every industry's form (経団連カーボンニュートラル行動計画 フォローアップ 個別業種編).
"""

from collections.abc import Mapping
from typing import Literal

from agent.association.book import Rule
from agent.association.publish import Reason
from agent.association.settings_tables import Words

Language = Literal["ja", "en"]

CHAPTERS: Mapping[str, Words] = {
    "0": Words(ja="業界の概要・カバー率", en="The industry and its coverage"),
    "1": Words(ja="【第1の柱】国内事業活動からの排出抑制", en="First pillar: emissions at home"),
    "2": Words(ja="【第2の柱】主体間連携の強化", en="Second pillar: products and partners"),
    "3": Words(ja="【第3の柱】国際貢献の推進", en="Third pillar: contributions abroad"),
    "4": Words(ja="【第4の柱】革新的技術の開発", en="Fourth pillar: new technology"),
    "9": Words(ja="付表", en="Annex"),
}
"""By the number with which the sections of a chapter begin."""

CONTINUED = Words(ja="{name}(続き)", en="{name}, continued")
TREND = Words(ja="実績のトレンド", en="Trends")
TEXTS = Words(ja="記述", en="Texts")
NOTHING = Words(ja="該当なし", en="none")
SECTION = Words(ja="節", en="section")
ITEM = Words(ja="項目", en="item")
UNIT = Words(ja="単位", en="unit")
FISCAL_YEAR = Words(ja="年度", en="fiscal year")
TARGET_PATH = Words(ja="目標経路", en="target path")
PLANNED = Words(ja="計画の前提", en="plan's assumption")
FROM_PATH = Words(ja="経路との差", en="above the path")
PATH_NOTE = Words(
    ja="目標経路・計画の前提は、行動計画が示す基準年度値と目標年度値を結ぶ直線。行動計画に値のない指標には引かない。",
    en="Target path and assumption are straight lines from the plan's base to its target year. What the plan declares "
    "no values for has none.",
)
ASSOCIATION = Words(ja="業界団体", en="association")
DOCUMENTS = Words(ja="集計した報告", en="reports added up")
COUNTED = Words(ja="{companies}社 {documents}件", en="{documents}, from {companies} companies")
STATUS = Words(ja="状態", en="status")
COMPLETE = Words(ja="全報告を集計済み", en="complete")
OPEN = Words(ja="未完成: 未解決の指摘 {findings}件", en="not complete, open findings: {findings}")
FORM = Words(ja="様式", en="form")
RESULTS_OF = Words(ja="{year}年度実績", en="results of FY{year}")
BOTH_FIGURES = Words(
    ja="( )内は公表済みの値で、計算値と異なるもの。", en="In brackets: the published figure, where it differs."
)
SOURCE = Words(ja="出所: ", en="Source: ")
SEPARATOR = Words(ja="、", en=", ")
WITHHELD_IN_TEXT = Words(ja="×は秘匿した値。", en="× stands for what is withheld.")
GIVEN = Words(ja="様式の記載値", en="as given in the form")

SOURCES: Mapping[Rule, Words] = {
    Rule.SUBMISSIONS: Words(ja="参加企業の報告の集計", en="sums of the participants' reports"),
    Rule.HISTORY: Words(ja="過年度の集計値", en="totals of earlier years"),
    Rule.DECLARED: Words(ja="行動計画の記載値", en="as the plan declares"),
    Rule.INDUSTRY: Words(ja="業界全体の統計", en="statistics of the whole industry"),
}
"""Where figures come from; what is computed from them needs no source of its own."""

WITHHELD_FOR: Mapping[Reason, Words] = {
    Reason.FEW: Words(ja="秘匿: 該当する企業が少数のため", en="withheld: too few companies stand behind it"),
    Reason.DOMINANT: Words(ja="秘匿: 1社がほとんどを占めるため", en="withheld: one company has nearly all of it"),
    Reason.SECOND_LARGEST: Words(
        ja="秘匿: 2番目の企業から最大の企業の値が推測されるため",
        en="withheld: the second largest company could work out the largest",
    ),
    Reason.COMBINED: Words(
        ja="秘匿: 他の公表値との差から個社の値が分かるため",
        en="withheld: with other figures it would give one company away",
    ),
}
"""Beside a withheld cell: the kind of reason, never a number."""


def say(words: Words, language: Language) -> str:
    """The words in one language."""
    return words.ja if language == "ja" else words.en
