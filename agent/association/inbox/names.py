"""What the roster calls companies and sites, in the reader's language. Knows no document."""

from agent.association.settings_tables import AssociationFile, CompanyTable, SiteTable


class Names:
    """The names of an association's companies and sites, each followed by its identifier in brackets."""

    def __init__(self, file: AssociationFile) -> None:
        self._companies = {company.id: company for company in file.company}
        self._sites = {(company.id, site.id): site for company in file.company for site in company.site}

    def company(self, company: str, language: str) -> str:
        """A company: `A社 (company_a)`, or its identifier alone where the roster has no name."""
        name = _name(self._companies.get(company), language)
        return f"{name} ({company})" if name else company

    def site(self, company: str, site: str, language: str) -> str:
        """A site: `A社 北工場 (company_a/north)`, or its identifiers alone where the roster has no name."""
        name, identifier = self.bare_site(company, site, language), f"{company}/{site}"
        return identifier if name == identifier else f"{name} ({identifier})"

    def bare_site(self, company: str, site: str, language: str) -> str:
        """A site without its identifiers, where the roster has a name."""
        names = _name(self._companies.get(company), language), _name(self._sites.get((company, site)), language)
        return f"{names[0] or company} {names[1] or site}" if any(names) else f"{company}/{site}"


def _name(table: CompanyTable | SiteTable | None, language: str) -> str:
    if table is None:
        return ""
    return table.name_ja if language == "ja" else table.name_en
