"""Whether published sums give away what one participant stated: exact linear algebra over the rationals. Pure.

What is published are sums of participants' amounts with known coefficients. Whoever reads all of them can work out
every linear combination of them, and nothing else exactly. A secret (an amount, or a company's own total) is given away
when it is such a combination: a rounded coefficient might make a dependent sum look independent, so all are fractions.
Two amounts that enter every published sum alike can be exchanged unseen. Such amounts are taken together first, by sets
of companies and not one by one; what is left for the algebra is small, however many companies there are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from agent.association.holdings import Item

Amounts = Mapping["Amount", Fraction]
"""A linear combination of amounts."""
Secrets = Callable[[str], Iterable[Amounts]]
"""What of a company is secret besides its amounts: combinations of them, by the company's identifier."""
Secret = frozenset[tuple["Amount", Fraction]]
"""A secret that was worked out, to be found again."""
_Row = dict[int, Fraction]
_Column = tuple[tuple[int, Fraction], ...]
"""In which sums an amount stands, by their numbers, and with which coefficients."""
ONE, ZERO = Fraction(1), Fraction(0)
_FEW = 2
"""More owners than these cannot be told apart, even by one of them."""


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """One number that one company stated: secret to everybody else."""

    company: str
    item: Item


@dataclass(frozen=True, slots=True)
class Alike:
    """Amounts of one item that stand in a sum with the same coefficient, and whose they are."""

    item: Item
    coefficient: Fraction
    companies: frozenset[str]


class ByItem(Mapping[Amount, Fraction]):
    """A linear combination that is kept by item, for sums of thousands of companies. No amount is there twice."""

    __slots__ = ("alike",)

    def __init__(self, alike: Iterable[Alike]) -> None:
        self.alike = tuple(alike)

    @classmethod
    def of(cls, amounts: Amounts) -> "ByItem":
        """The same combination by item."""
        if isinstance(amounts, cls):
            return amounts
        companies: dict[tuple[Item, Fraction], list[str]] = {}
        for amount, coefficient in amounts.items():
            companies.setdefault((amount.item, coefficient), []).append(amount.company)
        return cls(Alike(*of, frozenset(names)) for of, names in companies.items())

    def __getitem__(self, amount: Amount) -> Fraction:
        for part in self.alike:
            if part.item == amount.item and amount.company in part.companies:
                return part.coefficient
        raise KeyError(amount)

    def __iter__(self) -> Iterator[Amount]:
        return (Amount(company, part.item) for part in self.alike for company in sorted(part.companies))

    def __len__(self) -> int:
        return sum(len(part.companies) for part in self.alike)


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

    @property
    def key(self) -> Secret:
        """What was worked out."""
        return frozenset(self.secret.items())


def no_secrets(_: str) -> Iterable[Amounts]:
    """Nothing is secret but the amounts themselves."""
    return ()


def find_leaks(
    sums: Sequence[PublishedSum], secrets: Secrets = no_secrets, readers: Iterable[str] = ()
) -> Iterator[Leak]:
    """Every amount of a published sum, and every further secret, that can be worked out exactly, one at a time.

    `readers` are companies that also know their own amounts; of each only what not every reader can work out is told.
    """
    groups = _Groups.of(sums)
    rows = groups.rows(len(sums))
    basis = _Basis.of(rows)
    told = set()
    for leak in _leaks_to(None, sums, secrets, groups, basis):
        told.add(leak.key)
        yield leak
    for reader in sorted(groups.few() & set(readers)):
        known = groups.of_alone(reader)
        own = _Basis.of([{n: part for n, part in row.items() if n not in known} for row in rows]) if known else basis
        yield from (leak for leak in _leaks_to(reader, sums, secrets, groups, own) if leak.key not in told)


def _leaks_to(
    reader: str | None, sums: Sequence[PublishedSum], secrets: Secrets, groups: "_Groups", basis: "_Basis"
) -> Iterator[Leak]:
    for company in sorted(groups.exposed_to(reader)):
        for secret in (*groups.amounts_of(company), *secrets(company)):
            row = groups.secret_row(company, secret, reader)
            combination = None if row is None else basis.express(row)
            if combination is not None:
                names = tuple(sums[number].name for number in sorted(combination))
                yield Leak(company, reader, secret, names)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Amounts that enter every sum with the same coefficient, numbered by their column.

    `of_item` has the groups that amounts of an item are in, and whose those are; `owners` tells how many amounts of a
    group are whose, where it has few owners.
    """

    columns: Mapping[_Column, int]
    of_item: Mapping[Item, tuple[tuple[int, frozenset[str]], ...]]
    owners: Mapping[int, Counter[str]]

    @classmethod
    def of(cls, sums: Sequence[PublishedSum]) -> "_Groups":
        standing: dict[Item, list[tuple[int, Alike]]] = {}
        for number, published in enumerate(sums):
            for part in ByItem.of(published.parts).alike:
                if part.coefficient and part.companies:
                    standing.setdefault(part.item, []).append((number, part))
        columns: dict[_Column, int] = {}
        of_item = {
            item: tuple((columns.setdefault(column, len(columns)), names) for column, names in _split(parts).items())
            for item, parts in standing.items()
        }
        return cls(columns, of_item, _owners(of_item))

    def rows(self, count: int) -> list[_Row]:
        """Each sum over the groups."""
        rows: list[_Row] = [{} for _ in range(count)]
        for column, group in self.columns.items():
            for number, coefficient in column:
                rows[number][group] = coefficient
        return rows

    def few(self) -> set[str]:
        """The companies that stand behind a group with few owners: any other reader knows no more than everybody."""
        return {name for owners in self.owners.values() for name in owners}

    def of_alone(self, reader: str) -> set[int]:
        """The groups that a reader knows, because they are all its own."""
        return {group for group, owners in self.owners.items() if owners.keys() == {reader}}

    def exposed_to(self, reader: str | None) -> set[str]:
        """The companies that alone stand behind a group for a reader: nobody else's secret can be worked out."""
        others = (owners.keys() - {reader} for owners in self.owners.values())
        return {next(iter(names)) for names in others if len(names) == 1}

    def amounts_of(self, company: str) -> Iterator[Amounts]:
        """Each amount of a company that is in a sum, as a secret of its own."""
        items = (item for item, groups in self.of_item.items() if any(company in names for _, names in groups))
        return ({Amount(company, item): ONE} for item in sorted(items))

    def secret_row(self, company: str, secret: Amounts, reader: str | None) -> _Row | None:
        """A company's secret over groups; None when it is safe: no sum holds a part of it, or it hides in a group."""
        row: _Row = {}
        held: Counter[int] = Counter()
        for amount, coefficient in secret.items():
            group = self._group(amount)
            if group is None or row.setdefault(group, coefficient) != coefficient:
                return None
            held[group] += 1
        is_whole = all(self._is_whole(group, company, count, reader) for group, count in held.items())
        return row if is_whole else None

    def _group(self, amount: Amount) -> int | None:
        groups = self.of_item.get(amount.item, ())
        return next((group for group, names in groups if amount.company in names), None)

    def _is_whole(self, group: int, company: str, count: int, reader: str | None) -> bool:
        """Whether all amounts of a group that a reader does not know are so many of a company."""
        owners = self.owners.get(group, Counter())
        return owners.keys() - {reader} == {company} and owners[company] == count


def _split(parts: Sequence[tuple[int, Alike]]) -> dict[_Column, frozenset[str]]:
    """The companies that have an item, by their column: those that stand in the same sums, with the same coefficients.

    Sums of one year have the same companies, so that hardly ever anything is split.
    """
    split: dict[_Column, frozenset[str]] = {(): frozenset().union(*(part.companies for _, part in parts))}
    for number, part in parts:
        finer: dict[_Column, frozenset[str]] = {}
        for column, names in split.items():
            finer[*column, (number, part.coefficient)] = names & part.companies
            finer[column] = names - part.companies
        split = {column: names for column, names in finer.items() if names}
    return split


def _owners(of_item: Mapping[Item, Iterable[tuple[int, frozenset[str]]]]) -> dict[int, Counter[str]]:
    """How many amounts of a group are whose, for the groups that have few owners."""
    owners: dict[int, Counter[str]] = {}
    crowded: set[int] = set()
    for groups in of_item.values():
        for group, names in groups:
            if len(names) > _FEW:
                crowded.add(group)
            else:
                owners.setdefault(group, Counter()).update(names)
    return {group: names for group, names in owners.items() if group not in crowded and len(names) <= _FEW}


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
