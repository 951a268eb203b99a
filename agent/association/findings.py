"""What is wrong with or missing from the participants' documents, said to the officer in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to settle. `key` is stable: kind, company, site and detail. What is said follows the site's name."""

    key: str
    company: str
    site: str
    said_ja: str
    said_en: str

    @property
    def text_ja(self) -> str:
        """In Japanese, the site called by its identifiers."""
        return self.text("ja", f"{self.company}/{self.site}")

    @property
    def text_en(self) -> str:
        """In English, the site called by its identifiers."""
        return self.text("en", f"{self.company}/{self.site}")

    def text(self, language: str, who: str) -> str:
        """In a language, the site called as `who` says."""
        return who + (self.said_ja if language == "ja" else self.said_en)


def _of(kind: str, company: str, site: str, texts: tuple[str, str], detail: str = "") -> Finding:
    key = ":".join(part for part in (kind, company, site, detail) if part)
    return Finding(key, company, site, *texts)


def no_factor(company: str, site: str, line: str, problem: str) -> Finding:
    """A line to which the association's factors cannot be applied."""
    ja = f" の系統 {line} に統一係数を適用できません。{problem}"
    return _of("no_factor", company, site, (ja, f", line {line}: {problem}"), line)


def not_on_roster(company: str, site: str) -> Finding:
    """A document of a site that the settings do not name as a participant's."""
    ja = " は参加事業所として登録されていません。集計に含めません。"
    en = " is not on the roster as a participant's site: not counted. Add it to association.toml."
    return _of("not_on_roster", company, site, (ja, en))


def other_year(company: str, site: str, fiscal_year: int) -> Finding:
    """A document of another fiscal year."""
    ja = f" の報告は{fiscal_year}年度のものです。集計に含めません。"
    return _of("other_year", company, site, (ja, f" reports fiscal year {fiscal_year}: not counted."))


def second_document(company: str, site: str, revision: int) -> Finding:
    """A site's second document in the same aggregation."""
    ja = f" の報告が重複しています(改訂{revision})。後のものは集計に含めません。"
    en = f" was given twice (revision {revision}): the second is not counted. Pass the newest one only."
    return _of("second_document", company, site, (ja, en), str(revision))


def provisional(company: str, site: str, through: str | None) -> Finding:
    """A document that is not final."""
    until = f" ({through})" if through else ""
    ja = f" の報告は暫定値です{until}。"
    return _of("provisional", company, site, (ja, f" is provisional{until}: the totals are too."))


def not_submitted(company: str, site: str) -> Finding:
    """A participant's site without a document: no industry total is complete without it."""
    ja = " の報告がありません。業界合計は未完成です。"
    return _of("not_submitted", company, site, (ja, " has not submitted: the totals lack it."))
