"""The site at this moment: what the newest readings say, and the windows of closed half hours that lead up to it.

Closed half hours come from the same query as `atsuen energy`; what runs comes from the accounts and frames that the
agent has committed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.accounting.calendar import fiscal_year_of
from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import INTERVAL_S, Interval
from agent.accounting.now import day_so_far, rolling_hour, shift_so_far, week_before
from agent.accounting.spans import Span
from agent.accounting.statement import KG_PER_T, StatementLine
from agent.accounting.streams import FindInterval, find_among
from agent.accounting.target import TargetFigure
from agent.accounting.window import WindowFigures, figures_over
from agent.alerting.store import alerts_path, read_alerts
from agent.alerts.machine import RuleState
from agent.dashboard.demand import DemandDay, DemandMoment, DemandReader
from agent.dashboard.figures import Figures
from agent.dashboard.journal_view import JournalView
from agent.dashboard.rates import Rate, Rates, sum_by_carrier
from agent.dashboard.setup import Setup
from agent.query import TimeFigures
from agent.reports.columns import ratio
from agent.reports.energy import SiteSpan, site_span
from agent.settings.mistakes import SettingsError
from agent.site_factors import SiteFactors

HISTORY_S = 86_400
_PER_HOUR = 3_600 // INTERVAL_S


@dataclass(frozen=True, slots=True)
class Readings:
    """The newest readings. `newest_ms` is 0 where no frame is kept; `running` is None without factors."""

    time_ms: int
    newest_ms: int
    rates: tuple[Rate, ...]
    production: Rate | None
    running: WindowFigures | None
    problem: str
    demand: DemandMoment | None = None
    raised: tuple[RuleState, ...] = ()

    @property
    def every_rate(self) -> tuple[Rate, ...]:
        """The rates of all carriers, then that of production where the site makes something."""
        return (*self.rates, self.production) if self.production else self.rates


@dataclass(frozen=True, slots=True)
class Window:
    """Closed half hours that lead up to now, beside the week before and what may be expected of them."""

    span: Span
    site: SiteSpan | None
    last_week: SiteSpan | None
    expected_gj_per_t: Decimal | None
    target_gj_per_t: float | None
    target_co2_t_per_t: float | None


@dataclass(frozen=True, slots=True)
class Now:
    """All of the first page. `history` is the site by half hour, for a day back.

    `last_week` is what each carrier's rate was in the half hour a week before the running one.
    """

    readings: Readings
    windows: tuple[Window, ...]
    history: tuple[tuple[Span, SiteSpan], ...]
    problem: str
    last_week: tuple[Rate, ...] = ()


class NowReader:
    """Reads the newest readings; called in the thread that reads the journal."""

    def __init__(self, setup: Setup, view: JournalView) -> None:
        self._setup = setup
        self._site = setup.site
        self._view = view
        self._factors = SiteFactors(setup.site)
        self._demand = DemandReader(setup, view)
        self._alerts = alerts_path(setup.site.path(setup.site.file.journal.path))

    def read(self) -> Readings:
        """The newest readings. Raises StorageError."""
        now_ms = self._setup.clock.now_ms()
        newest = self._view.newest(list(self._site.layouts))
        newest_ms = max((frame.time_ms for _, frame in newest.values()), default=0)
        rates = Rates(self._view, newest, now_ms)
        find = find_among(self._intervals())
        return Readings(
            now_ms,
            newest_ms,
            tuple(rates.by_carrier([stream for stream in self._site.streams if stream.is_total])),
            rates.production(self._site.products),
            self._running(now_ms // 1000, find),
            self._factors.problem,
            self._demand.moment(now_ms, find, rates),
            tuple(read_alerts(self._alerts, 0).state.raised()),
        )

    def demand_day(self) -> DemandDay:
        """The half hours of the day. Raises StorageError, or KeyError where the site has no `[demand]`."""
        return self._demand.day(self._setup.clock.now_ms() // 1000)

    def _running(self, now_utc_s: int, find: FindInterval) -> WindowFigures | None:
        start = now_utc_s - now_utc_s % INTERVAL_S
        factors = self._factors.at(start)
        if factors is None:
            return None
        try:
            return figures_over(self._site.streams, self._site.products, [start], find, factors)
        except ValueError:  # a carrier without a factor: the statement names it
            return None

    def _intervals(self) -> list[Interval]:
        gap_ms = int(self._site.file.journal.gap_s * 1000)
        found: list[Interval] = []
        for row in self._view.accounts():
            account = DeviceAccount(row.layout, gap_ms, self._site.replacements, self._site.coils)
            if account.load_state(row.account.state, row.layout):
                found += account.running()
        return found


async def draw_now(setup: Setup, figures: Figures, readings: Readings) -> Now:
    """The first page. A missing factor leaves the windows unknown, and says so."""
    zone, now = setup.site.file.site.zone, readings.time_ms // 1000
    leading = [rolling_hour(now), shift_so_far(now, zone, setup.shift_starts), day_so_far(now, zone)]
    closed = figures.closed_utc_s()
    history = [Span("", start, start + INTERVAL_S) for start in range(closed - HISTORY_S, closed, INTERVAL_S)]
    start = now - now % INTERVAL_S
    past = week_before(Span("", start, start + INTERVAL_S), zone)
    wanted = [*leading, *(week_before(span, zone) for span in leading), *history, past]
    sites, problem, last_week = {}, "", tuple[Rate, ...]()
    spans = sorted({(s.start_utc_s, s.end_utc_s) for s in wanted if s.start_utc_s < s.end_utc_s})
    try:
        drawn = await figures.over([Span("", *ends) for ends in spans], figures.totals)
        sites = {
            (s.start_utc_s, s.end_utc_s): (site_span(drawn.lines, drawn.products, i), _expected(setup, drawn, i))
            for i, s in enumerate(drawn.spans)
        }
        last_week = _rates_of(drawn.lines, spans.index((past.start_utc_s, past.end_utc_s)))
    except (ValueError, SettingsError) as error:
        problem = str(error).splitlines()[0]
    windows = tuple(_window(setup, span, week_before(span, zone), sites.get) for span in leading)
    known = ((span, sites.get((span.start_utc_s, span.end_utc_s))) for span in history)
    course = tuple((span, site[0]) for span, site in known if site)
    return Now(readings, windows, course, problem or readings.problem, last_week)


def _rates_of(lines: Sequence[StatementLine], index: int) -> tuple[Rate, ...]:
    """What was taken an hour in a half hour, by carrier; None where a stream of it is not known."""
    spans = ((line.stream, line.spans[index]) for line in lines)
    rates = ((stream, span.amount * _PER_HOUR if span.is_known else None) for stream, span in spans)
    return tuple(sum_by_carrier(rates))


_Sites = Callable[[tuple[int, int]], "tuple[SiteSpan, Decimal | None] | None"]


def _window(setup: Setup, span: Span, before: Span, find: _Sites) -> Window:
    now, last_week = find((span.start_utc_s, span.end_utc_s)), find((before.start_utc_s, before.end_utc_s))
    year = fiscal_year_of(span.start_utc_s, setup.site.file.site.zone)
    targets = {path.figure: path.at(year) for path in setup.targets}
    return Window(
        span,
        now[0] if now else None,
        last_week[0] if last_week else None,
        now[1] if now else None,
        targets.get(TargetFigure.ENERGY_INTENSITY),
        targets.get(TargetFigure.CO2_INTENSITY),
    )


def _expected(setup: Setup, drawn: TimeFigures, index: int) -> Decimal | None:
    """What the products made lead one to expect, in GJ/t; None unless all of them have a benchmark."""
    benchmarks = setup.site.expected_gj_per_t
    tonnes = {line.stream.id: _tonnes(line, index) for line in drawn.products}
    made = {name: amount for name, amount in tonnes.items() if amount is not None and amount > 0}
    if None in tonnes.values() or not made or not made.keys() <= benchmarks.keys():
        return None
    return ratio(
        sum((amount * benchmarks[name] for name, amount in made.items()), Decimal(0)), sum(made.values(), Decimal(0))
    )


def _tonnes(line: StatementLine, index: int) -> Decimal | None:
    span = line.spans[index]
    if not span.is_known:
        return None
    return span.amount / KG_PER_T if line.stream.unit == "kg" else span.amount
