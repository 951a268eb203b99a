"""What a dashboard is made from: the site, its `[dashboard]`, the targets and the shifts. Knows no web."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time

from agent.accounting.target import TargetPath
from agent.clock import Clock
from agent.settings.dashboard_rules import paths_of
from agent.settings.dashboard_table import DashboardTable
from agent.settings.site import Site


@dataclass(frozen=True, slots=True)
class Setup:
    """All that the pages depend on. `shift_starts` are local times of day."""

    site: Site
    clock: Clock
    table: DashboardTable = field(default_factory=DashboardTable)
    targets: Sequence[TargetPath] = ()
    shift_starts: Sequence[time] = (time(6), time(14), time(22))


def setup_of(site: Site, clock: Clock, port: int | None = None) -> Setup:
    """The dashboard that a site file describes, at its port or another."""
    table = site.file.dashboard
    return Setup(
        site,
        clock,
        table if port is None else table.model_copy(update={"port": port}),
        paths_of(site.file.target),
        site.file.shifts.starts,
    )
