"""How well a figure is known, as shares of time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.accounting.interval import Method

_CLASS: Mapping[Method, str] = {
    Method.MEASURED: "measured",
    Method.WRAPPED: "measured",
    Method.REPLACED: "measured",
    Method.INTEGRATED: "measured",
    Method.RECOVERED: "recovered",
    Method.SUBSTITUTED: "substituted",
    Method.MISSING: "missing",
}


@dataclass(frozen=True, slots=True)
class Shares:
    """Milliseconds of register time by how they are known; what is expected and not there is missing."""

    expected_ms: int = 0
    measured_ms: int = 0
    recovered_ms: int = 0
    substituted_ms: int = 0

    @property
    def missing_ms(self) -> int:
        """Time that no figure accounts for."""
        return max(0, self.expected_ms - self.measured_ms - self.recovered_ms - self.substituted_ms)

    def share(self, part_ms: int) -> float:
        """A part as a share of the expected time, 0 to 1; 0 when nothing is expected."""
        return part_ms / self.expected_ms if self.expected_ms else 0.0

    @classmethod
    def of(cls, expected_ms: int, spanned_ms: Iterable[tuple[Method, int]]) -> "Shares":
        """The shares of a time, from spanned times by method."""
        sums = {"measured": 0, "recovered": 0, "substituted": 0, "missing": 0}
        for method, part_ms in spanned_ms:
            sums[_CLASS[method]] += part_ms
        return cls(expected_ms, sums["measured"], sums["recovered"], sums["substituted"])

    @classmethod
    def total(cls, parts: Iterable["Shares"]) -> "Shares":
        """The shares of several times together."""
        every = list(parts)
        if len(every) == 1:
            return every[0]
        return cls(
            sum(part.expected_ms for part in every),
            sum(part.measured_ms for part in every),
            sum(part.recovered_ms for part in every),
            sum(part.substituted_ms for part in every),
        )
