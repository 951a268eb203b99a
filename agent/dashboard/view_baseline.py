"""The part of view 4 that holds energy against production: the line (EnB), the indicator (EnPI), the sum of savings."""

from dataclasses import dataclass

from agent.accounting.baseline import Baseline, Refused
from agent.dashboard.baselines import DrawnBaseline
from agent.dashboard.printing import number
from agent.dashboard.texts import DashboardTexts
from agent.reports.table import Column, Row, Table


@dataclass(frozen=True, slots=True)
class BaselineShown:
    """The baseline in words: (name, value) pairs, what speaks against it, and the table that both charts rest on."""

    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    table: Table | None


def show_baseline(say: DashboardTexts, drawn: DrawnBaseline | None) -> BaselineShown:
    """What the page says of the baseline."""
    if drawn is None:
        return BaselineShown((), (say("baseline_none"),), None)
    if isinstance(drawn.fitted, Refused):
        why = say(f"baseline_{drawn.fitted.reason.value}", points=drawn.fitted.points)
        return BaselineShown((), (why,), None)
    weak = tuple(say(f"weak_{weakness.value}") for weakness in drawn.fitted.weaknesses)
    return BaselineShown(_facts(say, drawn, drawn.fitted), weak, _table(say, drawn, drawn.fitted))


def _facts(say: DashboardTexts, drawn: DrawnBaseline, line: Baseline) -> tuple[tuple[str, str], ...]:
    sign = "+" if line.slope_gj_per_t >= 0 else "−"
    equation = f"{number(line.base_load_gj, 0)} GJ {sign} {number(abs(line.slope_gj_per_t), 2)} GJ/t × t"
    facts = [
        (say("enb"), equation),
        ("R²", number(line.r_squared, 3)),
        (say("enb_points"), str(line.points)),
    ]
    if drawn.enpi is not None and drawn.enpi.ratio is not None:
        facts.append((say("enpi"), number(drawn.enpi.ratio, 3)))
        saved = drawn.enpi.expected_gj - drawn.enpi.actual_gj
        facts.append((say("enpi_saved"), f"{number(saved, 0)} GJ"))
    if drawn.savings:
        facts.append((say("cusum_now"), f"{number(drawn.savings[-1].sum_gj, 0)} GJ"))
    return tuple(facts)


def _table(say: DashboardTexts, drawn: DrawnBaseline, line: Baseline) -> Table:
    columns = (
        Column("from", say("time")),
        Column("production_t", say("production"), 1, unit="t"),
        Column("energy_gj", say("energy"), 1, unit="GJ"),
        Column("expected_gj", say("enb_expected"), 1, unit="GJ"),
        Column("saving_gj", say("saving"), 1, unit="GJ"),
        Column("sum_gj", say("cusum"), 1, unit="GJ"),
        Column("reference", say("enb_reference")),
        Column("measures", say("measures_done")),
        Column("note", say("enb_note")),
    )
    rows: list[Row] = []
    for each in drawn.savings:
        point = each.point
        made = point.production_t
        is_reference = point.start_utc_s < drawn.end_utc_s
        beyond = say("enb_beyond") if made is not None and not each.is_covered else ""
        rows.append(
            (
                point.name,
                made,
                point.energy_gj,
                line.expected_gj(made) if made is not None else None,
                each.saving_gj,
                each.sum_gj,
                say("yes") if is_reference else "",
                ", ".join(measure.name for measure in each.measures),
                beyond,
            )
        )
    return Table(say("enb_title"), columns, tuple(rows), "baseline")
