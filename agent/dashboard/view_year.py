"""View 5, Year: the year so far against last year and the path to its target, the statement, and what keeps it open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from agent.accounting.gate import Finding
from agent.accounting.outlook import YearEnd, verdict
from agent.accounting.statement import Statement
from agent.accounting.target import TargetFigure, TargetPath
from agent.close import Gate
from agent.dashboard.forecast import Forecasts
from agent.dashboard.printing import difference, number
from agent.dashboard.setup import Setup
from agent.dashboard.texts import DashboardTexts
from agent.dashboard.whole_year import DrawnYear
from agent.query import TimeFigures
from agent.reports.columns import ratio, tonnes
from agent.reports.energy import site_span
from agent.reports.statement import statement_tables
from agent.reports.table import Column, Row, Table
from agent.reports.words import finding_details


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure of the year with what it is held against: (name, figure, difference, state)."""

    name: str
    value: str
    unit: str
    against: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A finding of the completeness gate in words, with what to do."""

    message: str
    advice: tuple[str, ...]
    key: str
    holds_up: bool
    can_be_answered: bool


def headlines(say: DashboardTexts, setup: Setup, year: DrawnYear, forecasts: Forecasts) -> list[Headline]:
    """The figures that a manager looks for first."""
    now, before = _figures(year.statement), _figures(year.before)
    expected = year.statement.expected_gj_per_t
    wanted: list[tuple[str, int, str, TargetFigure | None]] = [
        ("energy_intensity", 2, "GJ/t", TargetFigure.ENERGY_INTENSITY),
        ("co2_intensity", 3, "t-CO2/t", TargetFigure.CO2_INTENSITY),
        ("energy", 0, "GJ", None),
        ("co2", 0, "t-CO2", None),
        ("production", 0, "t", None),
    ]
    found = []
    for key, places, unit, figure in wanted:
        value, held = now[key], []
        if year.before is not None:
            held.append((say("against_last_year"), number(before[key], places), *_difference(key, value, before[key])))
        target = _target(setup.targets, figure, year.statement.fiscal_year)
        if target is not None:
            name = say("against_target", year=year.statement.fiscal_year)
            held.append((name, number(target, places), *difference(value, target)))
        if key == "energy_intensity" and expected is not None:
            held.append((say("against_expected"), number(expected, places), *difference(value, expected)))
        held += _forecast(say, forecasts, key, places)
        found.append(Headline(say(key), number(value, places), unit, tuple(held)))
    return found


_FORECAST = {
    "energy_intensity": TargetFigure.ENERGY_INTENSITY,
    "co2_intensity": TargetFigure.CO2_INTENSITY,
    "energy": TargetFigure.ENERGY,
    "co2": TargetFigure.CO2,
}


def _forecast(say: DashboardTexts, forecasts: Forecasts, key: str, places: int) -> list[tuple[str, str, str, str]]:
    """The year's end with its band, where anything can be said of it."""
    end = forecasts.get(_FORECAST[key]) if key in _FORECAST else None
    if not isinstance(end, YearEnd):
        return []
    estimate = end.estimate
    return [(say("year_end"), number(estimate.value, places), f"±{number(estimate.half_width, places)}", "")]


def tell_forecast(say: DashboardTexts, path: TargetPath, year: int, forecasts: Forecasts) -> str:
    """Where the year's end lies against the path, and on what that rests; empty for a year that is over."""
    end, target = forecasts.get(path.figure), path.at(year)
    if end is None or target is None:
        return ""
    if not isinstance(end, YearEnd):
        return say(f"forecast_{end.value}")
    places = _places(path.figure)
    estimate = end.estimate
    return say(
        f"verdict_{verdict(estimate, target).value}",
        value=number(estimate.value, places),
        low=number(estimate.low, places),
        high=number(estimate.high, places),
        target=number(target, places),
        method=say(f"forecast_{end.method.value}"),
        days=end.unknown_days,
    )


def year_months_table(say: DashboardTexts, months: TimeFigures, before: TimeFigures | None) -> Table:
    """Production and intensity by month, beside last year's where any is known; the table behind the chart."""
    columns = [
        Column("month", say("month")),
        Column("production_t", say("production"), 1, unit="t"),
        Column("energy_intensity_gj_per_t", say("energy_intensity"), 2, unit="GJ/t"),
    ]
    this_year, last_year = _month_rows(months), _month_rows(before)
    if any(made is not None or intensity is not None for _, made, intensity in last_year):
        columns += [
            Column("last_year_t", say("last_year_production"), 1, unit="t"),
            Column("last_year_gj_per_t", say("last_year_intensity"), 2, unit="GJ/t"),
        ]
    rows: list[Row] = []
    for now, past in zip_longest(this_year, last_year):
        name = now[0] if now else past[0]
        cells = (name, *(now[1:] if now else (None, None)), *(past[1:] if past else (None, None)))
        rows.append(cells[: len(columns)])
    return Table(say("months_chart"), tuple(columns), tuple(rows), "months_beside")


def _month_rows(drawn: TimeFigures | None) -> list[tuple[str, Decimal | None, Decimal | None]]:
    """Month, production and energy intensity."""
    if drawn is None:
        return []
    sites = [site_span(drawn.lines, drawn.products, index) for index in range(len(drawn.spans))]
    return [
        (span.name[5:], site.production_t, ratio(site.energy_gj, site.production_t))
        for span, site in zip(drawn.spans, sites, strict=True)
    ]


def _figures(statement: Statement | None) -> Mapping[str, Decimal | None]:
    """The figures of a year by the keys of their names; all unknown where there is no year."""
    if statement is None:
        return dict.fromkeys(("energy_intensity", "co2_intensity", "energy", "co2", "production"))
    co2_t = tonnes(statement.co2_kg)
    return {
        "energy_intensity": statement.per_tonne(statement.energy_gj),
        "co2_intensity": statement.per_tonne(co2_t),
        "energy": statement.energy_gj,
        "co2": co2_t,
        "production": _made(statement),
    }


def _difference(key: str, value: Decimal | None, base: Decimal | None) -> tuple[str, str]:
    """A difference; more production is neither better nor worse."""
    text, state = difference(value, base)
    return text, "" if key == "production" else state


def _made(statement: Statement) -> Decimal | None:
    """Production; unknown where nothing of it is."""
    return statement.production_t if any(s.is_known for line in statement.products for s in line.spans) else None


def _target(targets: Sequence[TargetPath], figure: TargetFigure | None, year: int) -> float | None:
    return next((path.at(year) for path in targets if path.figure is figure), None)


def path_table(
    say: DashboardTexts,
    path: TargetPath,
    actual: Sequence[tuple[int, Decimal | None]],
    running: int,
    forecasts: Forecasts,
) -> Table:
    """A target's path with the years that are known and the running one's end; the table behind its chart."""
    known, places, unit = dict(actual), _places(path.figure), _UNITS[path.figure]
    end = forecasts.get(path.figure)
    estimate = end.estimate if isinstance(end, YearEnd) else None
    columns = (
        Column("year", say("path_year")),
        Column("target", say("path_target"), places, unit=unit),
        Column("actual", say("path_actual"), places, unit=unit),
        Column("forecast", say("year_end"), places, unit=unit),
        Column("low", say("year_end_low"), places, unit=unit),
        Column("high", say("year_end_high"), places, unit=unit),
    )
    years = range(min([path.base_year, *known]), path.year + 1)
    ends = (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
    rows: list[Row] = [
        (
            say("fiscal_year_name", year=year),
            path.at(year),
            known.get(year),
            *(ends if year == running else (None, None, None)),
        )
        for year in years
    ]
    return Table(say("path", year=path.year), columns, tuple(rows), "path")


_UNITS = {
    TargetFigure.ENERGY_INTENSITY: "GJ/t",
    TargetFigure.CO2_INTENSITY: "t-CO2/t",
    TargetFigure.ENERGY: "GJ",
    TargetFigure.CO2: "t-CO2",
}


def _places(figure: TargetFigure) -> int:
    return {TargetFigure.ENERGY_INTENSITY: 2, TargetFigure.CO2_INTENSITY: 3}.get(figure, 0)


def tables_of(say: DashboardTexts, year: DrawnYear) -> list[Table]:
    """The statement as `atsuen statement` prints it."""
    return [table for table in statement_tables(say, year.statement, year.areas, year.residuals) if table.rows]


def tell_findings(say: DashboardTexts, names: Mapping[str, str], gate: Gate) -> list[Told]:
    """What keeps the year open, those that hold it up first; streams and products by their `names`."""
    ordered = sorted(gate.findings, key=lambda finding: not finding.holds_up)
    return [_told(say, names, finding) for finding in ordered]


def _told(say: DashboardTexts, names: Mapping[str, str], finding: Finding) -> Told:
    details = finding_details(say, names, {name: text for name, text in finding.details.items() if name != "key"})
    answered = finding.answer and finding.can_be_answered
    advice = say("finding_answer", answer=finding.answer) if answered else say(f"todo_{finding.kind.value}")
    message = say(f"finding_{finding.kind.value}", **details)
    return Told(message, (advice,), finding.key, finding.holds_up, finding.can_be_answered)


def figure_of(statement: Statement, figure: TargetFigure) -> Decimal | None:
    """A target's figure of a statement."""
    co2_t = tonnes(statement.co2_kg)
    return {
        TargetFigure.ENERGY_INTENSITY: statement.per_tonne(statement.energy_gj),
        TargetFigure.CO2_INTENSITY: statement.per_tonne(co2_t),
        TargetFigure.ENERGY: statement.energy_gj,
        TargetFigure.CO2: co2_t,
    }[figure]
