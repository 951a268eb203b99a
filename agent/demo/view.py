"""The live terminal view of the demonstration. Draws what it is given; reads nothing."""

from collections.abc import Iterable
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from agent.accounting.window import WindowFigures
from agent.bridge import Stats
from agent.demo.summary import Summary
from agent.live import LiveFigures, mean_power_kw
from agent.poll import EndpointHealth
from agent.publish import PublishStats
from agent.texts import Texts


def live_view(
    texts: Texts,
    local_time: str,
    figures: LiveFigures,
    endpoints: Iterable[EndpointHealth],
    *,
    publishing: PublishStats,
    bridge: Stats,
) -> RenderableType:
    """The whole screen."""
    parts = [_figures_table(texts, figures), _devices_table(texts, endpoints), _forwarding(texts, publishing, bridge)]
    return Panel(Group(*parts), title=texts("demo_title"), subtitle=local_time)


def plain_line(texts: Texts, local_time: str, figures: LiveFigures, publishing: PublishStats) -> str:
    """One line for a pipe."""
    values = _column(texts, figures.day)
    return f"{local_time}  {'  '.join(values)}  {texts('acknowledged')} {publishing.messages_acknowledged}"


def summary_view(texts: Texts, summary: Summary) -> RenderableType:
    """Every stream beside the truth, and the verdict."""
    table = Table(title=texts("demo_title"))
    table.add_column(texts("stream"))
    for key in ("measured", "truth", "difference", "energy", "co2"):
        table.add_column(texts(key), justify="right")
    for row in summary.streams:
        energy = "" if row.energy_gj is None else f"{row.energy_gj:,.2f} GJ"
        co2 = "" if row.co2_kg is None else f"{row.co2_kg:,.0f} kg"
        table.add_row(row.id, f"{row.measured:,.0f}", f"{row.truth:,.0f}", f"{row.difference:g}", energy, co2)
    counts = (
        f"{texts('frames')} {summary.frames_polled} / {summary.frames_durable}   "
        f"{texts('published')} {summary.messages_published} / "
        f"{texts('acknowledged')} {summary.messages_acknowledged}   {texts('missed')} {summary.missed_polls}"
    )
    verdict = f"[green]{texts('summary_ok')}[/]" if summary.holds else f"[red]{texts('summary_bad')}[/]"
    return Group(table, counts, verdict)


def _figures_table(texts: Texts, figures: LiveFigures) -> RenderableType:
    if figures.problem:
        return f"[red]{figures.problem}[/]"
    table = Table(expand=True, box=SIMPLE_HEAD)
    table.add_column("")
    windows = (("running", figures.running), ("half_hour", figures.last_half_hour), ("day", figures.day))
    for key, _ in windows:
        table.add_column(texts(key), justify="right")
    names = ("electricity", "gas", "production", "energy", "co2", "energy_intensity", "co2_intensity", "known")
    columns = [_column(texts, window) for _, window in windows]
    for index, name in enumerate(names):
        table.add_row(texts(name), *(column[index] for column in columns))
    return table


def _column(texts: Texts, window: WindowFigures | None) -> list[str]:
    """The eight figures of one window, as text with units."""
    undefined = texts("not_defined")
    if window is None or not window.known_share:
        return [undefined] * 8
    gas = [w for w in window.streams if w.stream.is_total and w.stream.carrier == "city_gas" and w.spanned_ms]
    gas_gj_per_h = sum((w.totals.energy_gj * 3_600_000 / w.spanned_ms for w in gas), Decimal(0))
    co2_kg = window.totals.co2_kg
    return [
        _with_unit(mean_power_kw(window), 0, "kW", undefined),
        f"{gas_gj_per_h:,.1f} GJ/h",
        _with_unit(window.production_t, 1, "t", undefined),
        f"{window.totals.energy_gj:,.1f} GJ",
        _with_unit(None if co2_kg is None else co2_kg / 1000, 2, "t", undefined),
        _with_unit(window.energy_intensity_gj_per_t, 2, "GJ/t", undefined),
        _with_unit(window.co2_intensity_t_per_t, 3, "t-CO2/t", undefined),
        f"{window.known_share:.0%}",
    ]


def _with_unit(value: Decimal | None, decimals: int, unit: str, undefined: str) -> str:
    return undefined if value is None else f"{value:,.{decimals}f} {unit}"


def _devices_table(texts: Texts, endpoints: Iterable[EndpointHealth]) -> RenderableType:
    """One row an endpoint: its devices, green while they answer, what they say otherwise."""
    table = Table(expand=True, box=SIMPLE_HEAD)
    table.add_column(texts("endpoint"))
    table.add_column(texts("devices"))
    table.add_column(texts("frames"), justify="right")
    table.add_column(texts("missed"), justify="right")
    for endpoint in endpoints:
        devices = endpoint.devices.values()
        states = [f"[red]{d.device}: {d.error}[/]" if d.error else f"[green]{d.device}[/]" for d in devices]
        frames = str(sum(device.frames for device in devices))
        table.add_row(endpoint.endpoint, " ".join(states), frames, str(endpoint.missed_polls))
    return table


def _forwarding(texts: Texts, publishing: PublishStats, bridge: Stats) -> RenderableType:
    waiting = publishing.messages_published - publishing.messages_acknowledged
    error = publishing.last_error or bridge.last_error
    line = (
        f"{texts('published')} {publishing.messages_published}   {texts('acknowledged')} "
        f"{publishing.messages_acknowledged}   {texts('backlog')} {waiting}"
    )
    return f"{line}   [red]{error}[/]" if error else line
