"""Everything that a form is printed from, and the names under which its tables ask for figures. Reads no file.

A figure is asked for by a name and a column key. Keys of a year: `base` and `target` (as the plan declares them),
`year`, `year-1`, `year+1`, `base_year` or a fiscal year (unrounded, from the history or from the documents).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from agent.association.history_tables import HistoryYear, PublishedFigure
from agent.association.industry import Industry
from agent.association.settings_tables import ElectricityEnd, IndustryTable, PlanTable, PracticeTable
from agent.association.years import Origin, YearFigures, declared_figures, history_figures, submitted_figures

_RELATIVE = re.compile(r"^year([+-][1-9])?$")
_ABSOLUTE = re.compile(r"^[12][0-9]{3}$")
NOTHING = YearFigures(Origin.UNKNOWN)


class Rule(StrEnum):
    """How a figure came about; it stands beside every cell."""

    DECLARED = "declared"
    HISTORY = "history"
    SUBMISSIONS = "submissions"
    INDUSTRY = "industry"
    """Stated in the settings for the whole industry: nobody submits it."""
    RATIO = "ratio"
    CHANGE = "change"
    DIFFERENCE = "difference"
    DIFFERENCE_OF_PRINTED = "difference_of_printed"
    LOG_POINTS = "log_points"
    PLAN = "plan"
    """The plan's own formula, on its declared base and target."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Figure:
    """A value in its base unit, how it came about, and the totals of this year's documents that it rests on."""

    value: Decimal | None
    rule: Rule
    totals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Book:
    """What a form is printed from: the industry's year, the plan, the history, and what nobody submits."""

    industry: Industry
    plan: PlanTable
    history: Mapping[int, HistoryYear]
    whole: IndustryTable | None
    published: tuple[PublishedFigure, ...] = ()
    practices: tuple[PracticeTable, ...] = ()
    minimum_contributors: int = 3
    electricity_end: ElectricityEnd = "receiving"
    _years: dict[str, YearFigures] = field(default_factory=dict, repr=False, compare=False)

    @property
    def fiscal_year(self) -> int:
        """The year of the results."""
        return self.industry.fiscal_year

    def year(self, key: str) -> YearFigures:
        """The figures of a column; a year that nothing is known of has none. Raises KeyError for no year's key."""
        if key not in self._years:
            self._years[key] = self._read_year(key)
        return self._years[key]

    def fiscal_year_of(self, key: str) -> int:
        """The fiscal year of a column key. Raises KeyError for no year's key."""
        fixed = {"base": self.plan.base_year, "base_year": self.plan.base_year, "target": self.plan.target_year}
        if key in fixed:
            return fixed[key]
        if _RELATIVE.match(key):
            return self.fiscal_year + int(key.removeprefix("year") or 0)
        if _ABSOLUTE.match(key):
            return int(key)
        raise KeyError(key)

    def _read_year(self, key: str) -> YearFigures:
        if key in {"base", "target"}:
            return declared_figures(self.plan.base if key == "base" else self.plan.target)
        fiscal_year = self.fiscal_year_of(key)
        if fiscal_year == self.fiscal_year:
            return submitted_figures(self.industry)
        return history_figures(self.history[fiscal_year]) if fiscal_year in self.history else NOTHING


Compute = Callable[[Book, str, int | None], Figure]
"""A figure of a book for a column key. Decimals are given where operands are rounded before they are subtracted."""


@dataclass(frozen=True, slots=True)
class FigureKind:
    """What a name stands for: the base unit (empty: any), how to compute it, and the column keys that it knows.

    No keys at all means that the key names a year. A figure `of_one_year` is the same in the forms of later years.
    """

    unit: str
    compute: Compute
    keys: tuple[str, ...] | None = None
    of_one_year: bool = False


def is_year_key(key: str) -> bool:
    """Whether a column key names a year."""
    return key in {"base", "target", "base_year"} or bool(_RELATIVE.match(key) or _ABSOLUTE.match(key))
