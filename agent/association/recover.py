"""Whether published sums give away what one participant stated: exact linear algebra over the rationals. Pure.

What is published are sums of participants' amounts with known coefficients. Whoever reads all of them can work out
every linear combination of them, and nothing else exactly. A secret (an amount, or a company's own total) is given away
when it is such a combination. Two amounts that enter every published sum alike can be exchanged unseen, so such amounts
are taken together first; what is left is small.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from agent.association.holdings import Item

Amounts = Mapping["Amount", Fraction]
"""A linear combination of amounts."""
_Row = dict[int, Fraction]
ONE, ZERO = Fraction(1), Fraction(0)


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """One number that one company stated: secret to everybody else."""

    company: str
    item: Item


@dataclass(frozen=True, slots=True)
class PublishedSum:
    """A published figure as a combination of amounts."""

    name: str
    parts: Amounts


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that can be worked out: whose, by whom (nobody in particular: by every reader), and from which sums."""

    company: str
    reader: str | None
    secret: Amounts
    sums: tuple[str, ...]


def find_leaks(
    sums: Sequence[PublishedSum], secrets: Iterable[Amounts] = (), readers: Iterable[str] = ()
) -> list[Leak]:
    """Every amount of a published sum, and every further secret, that can be worked out exactly.

    `readers` are companies that also know their own amounts. A secret is a combination of one company's amounts.
    """
    groups = _Groups.of(sums)
    by_company = _by_company([*({amount: ONE} for amount in sorted(groups.of_amount)), *secrets])
    leaks: list[Leak] = []
    for reader in (None, *sorted(set(readers))):
        exposed = groups.exposed_to(reader)
        if exposed:
            basis = _Basis.of([groups.row(published.parts, reader) for published in sums])
            wanted = (secret for company in sorted(exposed) for secret in by_company.get(company, []))
            leaks += _leaks_to(reader, sums, wanted, groups, basis)
    return leaks


def _by_company(secrets: Iterable[Amounts]) -> dict[str, list[Amounts]]:
    sorted_out: dict[str, list[Amounts]] = {}
    for secret in secrets:
        if secret:
            sorted_out.setdefault(next(iter(secret)).company, []).append(secret)
    return sorted_out


def _leaks_to(
    reader: str | None, sums: Sequence[PublishedSum], wanted: Iterable[Amounts], groups: "_Groups", basis: "_Basis"
) -> Iterator[Leak]:
    for secret in wanted:
        row = groups.secret_row(secret, reader)
        combination = None if row is None else basis.express(row)
        if combination is not None:
            names = tuple(sums[number].name for number in sorted(combination))
            yield Leak(next(iter(secret)).company, reader, secret, names)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Amounts that enter every sum with the same coefficient, numbered; how many of each are whose."""

    of_amount: Mapping[Amount, int]
    owners: Mapping[int, Counter[str]]

    @classmethod
    def of(cls, sums: Sequence[PublishedSum]) -> "_Groups":
        entries: dict[Amount, list[tuple[int, Fraction]]] = {}
        for number, published in enumerate(sums):
            for amount, coefficient in published.parts.items():
                if coefficient:
                    entries.setdefault(amount, []).append((number, coefficient))
        numbers: dict[tuple[tuple[int, Fraction], ...], int] = {}
        of_amount = {amount: numbers.setdefault(tuple(entry), len(numbers)) for amount, entry in entries.items()}
        owners: dict[int, Counter[str]] = {}
        for amount, group in of_amount.items():
            owners.setdefault(group, Counter())[amount.company] += 1
        return cls(of_amount, owners)

    def exposed_to(self, reader: str | None) -> set[str]:
        """The companies that alone stand behind a group for a reader: nobody else's secret can be worked out."""
        others = (owners.keys() - {reader} for owners in self.owners.values() if len(owners) <= 2)
        return {next(iter(names)) for names in others if len(names) == 1}

    def row(self, parts: Amounts, reader: str | None) -> _Row:
        """A sum over the groups that the reader does not know already."""
        row: _Row = {}
        for amount, coefficient in parts.items():
            group = self.of_amount.get(amount)
            if group is not None and coefficient and self.owners[group].keys() != {reader}:
                row[group] = coefficient
        return row

    def secret_row(self, secret: Amounts, reader: str | None) -> _Row | None:
        """A secret over groups; None when it is safe: no sum holds a part of it, or tells it from another's amount."""
        company = next(iter(secret)).company
        row: _Row = {}
        for amount, coefficient in secret.items():
            group = self.of_amount.get(amount)
            if group is None or row.setdefault(group, coefficient) != coefficient:
                return None
        held = Counter(self.of_amount[amount] for amount in secret)
        is_whole = all(
            self.owners[group].keys() - {reader} == {company} and self.owners[group][company] == held[group]
            for group in row
        )
        return row if is_whole else None


@dataclass(slots=True)
class _Basis:
    """Reduced rows by their leading column, each with how it is made of the sums."""

    rows: dict[int, tuple[_Row, _Row]]

    @classmethod
    def of(cls, rows: Sequence[_Row]) -> "_Basis":
        basis = cls({})
        for number, row in enumerate(rows):
            rest, made_of = basis.reduce(dict(row), {number: ONE})
            if rest:
                lead = min(rest)
                factor = ONE / rest[lead]
                basis.rows[lead] = _scaled(rest, factor), _scaled(made_of, factor)
        return basis

    def reduce(self, row: _Row, made_of: _Row) -> tuple[_Row, _Row]:
        """What is left of a row when the basis is taken off, and what that is made of."""
        pending = sorted(row)
        while pending:
            lead = pending.pop(0)
            coefficient = row.get(lead, ZERO)
            if coefficient and lead in self.rows:
                known, known_made_of = self.rows[lead]
                row = _plus(row, known, -coefficient)
                made_of = _plus(made_of, known_made_of, -coefficient)
                pending = sorted(column for column in row if column > lead)
        return row, made_of

    def express(self, row: _Row) -> set[int] | None:
        """The numbers of the sums that together give the row, or None when they do not."""
        rest, made_of = self.reduce(dict(row), {})
        return None if rest else set(made_of)


def _plus(row: _Row, other: _Row, factor: Fraction) -> _Row:
    total = dict(row)
    for column, coefficient in other.items():
        value = total.get(column, ZERO) + factor * coefficient
        if value:
            total[column] = value
        else:
            total.pop(column, None)
    return total


def _scaled(row: _Row, factor: Fraction) -> _Row:
    return {column: coefficient * factor for column, coefficient in row.items()}
