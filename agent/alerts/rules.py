"""What an alert rule says, and what is observed of it. Knows nothing of where observations come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    """What a rule watches, with the unit of its value."""

    INTENSITY = "intensity"
    """Energy over what the baseline expects, in %."""
    IDLE_BURNER = "idle_burner"
    """Fuel burnt without charge, per hour in the stream's unit."""
    BASE_LOAD = "base_load"
    """The least power of a weekend, in kW."""
    SILENT = "silent"
    """Seconds since a device last answered."""
    STUCK = "stuck"
    """Seconds since a register last moved, while it should."""
    DEMAND = "demand"
    """Where the running half hour's demand may end, in kW."""
    RESIDUAL = "residual"
    """What a balance does not account for, in % of its supply."""


TEXT_KEYS: Mapping[AlertKind, str] = {
    AlertKind.INTENSITY: "alert_intensity",
    AlertKind.IDLE_BURNER: "alert_idle_burner",
    AlertKind.BASE_LOAD: "alert_base_load",
    AlertKind.SILENT: "alert_silent",
    AlertKind.STUCK: "alert_stuck",
    AlertKind.DEMAND: "alert_demand",
    AlertKind.RESIDUAL: "alert_residual",
}
"""The text of an alert of each kind, with `name`, `value` and `limit` to fill in."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule: raised at `raise_at` and above, once that was observed for so long; cleared below `clear_at` likewise.

    `clear_at` is not above `raise_at`; between the two nothing changes.
    """

    id: str
    kind: AlertKind
    raise_at: float
    clear_at: float
    raise_after_s: int = 0
    clear_after_s: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Energy with its CO2 and money. What is None is not known, and stays so in every sum it enters."""

    energy_gj: float | None
    co2_kg: float | None
    yen: float | None

    def plus(self, other: "Cost") -> "Cost":
        """The sum of two costs."""
        return Cost(_sum(self.energy_gj, other.energy_gj), _sum(self.co2_kg, other.co2_kg), _sum(self.yen, other.yen))

    def times(self, factor: float) -> "Cost":
        """So many times the cost: with the cost of a unit, that of an amount."""
        return Cost(_product(self.energy_gj, factor), _product(self.co2_kg, factor), _product(self.yen, factor))


@dataclass(frozen=True, slots=True)
class UsualAmount:
    """What a stream or product usually comes to in some time, in its unit; None where the ledger has no such time."""

    stream: str
    unit: str
    amount: float | None
    energy_gj: float | None
    co2_kg: float | None


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Time [from, to) (UTC seconds) in which nobody knows what was used (未計測), and what usually is in such time.

    It is no cost, and enters no sum of costs.
    """

    from_utc_s: int
    to_utc_s: int
    usual: tuple[UsualAmount, ...] = ()


NO_COST = Cost(0.0, 0.0, 0.0)
COST_UNKNOWN = Cost(None, None, None)
"""Of what nobody can count: a silent meter, a factor that is missing."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen for a rule over [from, to) (UTC seconds). `value` is None when it is not known.

    `cost` is what went beyond what should be, in this time; `unmeasured` all the time, up to now, that a silent device
    or a stuck register leaves unknown.
    """

    rule: str
    from_utc_s: int
    to_utc_s: int
    value: float | None
    cost: Cost = COST_UNKNOWN
    unmeasured: Unmeasured | None = None


class Obstacle(StrEnum):
    """Why a rule cannot be watched."""

    TOO_FEW_POINTS = "too_few_points"
    """Its baseline has too few known periods."""
    NO_VARIATION = "no_variation"
    """Production was the same in all periods of its baseline."""
    NO_FIGURES = "no_figures"
    """Something that figures need is missing, such as a table of factors."""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A rule cannot be watched: why, how many periods its baseline knows, and what is missing, in words."""

    obstacle: Obstacle
    points: int = 0
    detail: str = ""


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _product(amount: float | None, factor: float) -> float | None:
    return None if amount is None else amount * factor
