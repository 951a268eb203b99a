"""What streams supply and what streams use, and what is left between them. Knows no time but that of the lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.statement import StatementLine, residual


@dataclass(frozen=True, slots=True)
class Balance:
    """Streams that supply and streams that use, by their ids, all in one unit. Names may be empty."""

    id: str
    supply: tuple[str, ...]
    uses: tuple[str, ...]
    name_ja: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class Residual:
    """What a balance has left over, in the unit of its streams."""

    balance: Balance
    amount: Decimal
    unit: str


def draw_residuals(balances: Iterable[Balance], lines: Iterable[StatementLine]) -> tuple[Residual, ...]:
    """The residual of each balance. Raises KeyError for a stream without a line."""
    known = {line.stream.id: line for line in lines}
    found = []
    for balance in balances:
        supply, uses = [known[name] for name in balance.supply], [known[name] for name in balance.uses]
        found.append(Residual(balance, residual(supply, uses), supply[0].stream.unit))
    return tuple(found)
