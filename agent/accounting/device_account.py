"""From the frames of one device to its half-hour intervals. Knows no storage: the caller keeps state and results."""

from collections.abc import Sequence

from agent.accounting.coil_account import CoilAccount, CoilRule
from agent.accounting.counter_account import CounterAccount
from agent.accounting.counters import Replacement
from agent.accounting.gauge_account import GaugeAccount
from agent.accounting.interval import Interval
from agent.accounting.point_account import STATE_BYTES, Outcome, PointAccount
from collectors.frame import Kind, Layout, Point


def _account(device: str, point: Point, gap_ms: int, replacements: Sequence[Replacement]) -> PointAccount | None:
    if point.kind is Kind.COUNTER:
        own = [swap for swap in replacements if (swap.device, swap.point) == (device, point.id)]
        return CounterAccount(device, point, gap_ms, own)
    if point.kind is Kind.GAUGE:
        return GaugeAccount(device, point, gap_ms)
    return None


class DeviceAccount:
    """The accounts of all counters and gauges of one device under one layout."""

    def __init__(
        self,
        layout: Layout,
        gap_ms: int,
        replacements: Sequence[Replacement] = (),
        coils: Sequence[CoilRule] = (),
    ) -> None:
        self.layout = layout
        accounts = [_account(layout.device, point, gap_ms, replacements) for point in layout.points]
        self._accounts = [(index, account) for index, account in enumerate(accounts) if account is not None]
        self._coils = [
            (
                layout.position[rule.number],
                layout.position[rule.weight.id],
                CoilAccount(layout.device, rule.as_point(), gap_ms),
            )
            for rule in coils
            if rule.device == layout.device
        ]

    def take(self, time_ms: int, values: Sequence[float], quality: Sequence[int], seq: int) -> Outcome:
        """Account for one frame. Points of bad quality are passed over; frames come in order of time.

        A second reading of the same moment says nothing new and is passed over too.
        """
        outcome = Outcome()
        for index, account in self._accounts:
            if quality[index] >> 30 == 0 and time_ms != account.running.last_ms:
                account.take(values[index], time_ms, seq, outcome)
        for number, weight, coil in self._coils:
            if quality[number] >> 30 == 0 and quality[weight] >> 30 == 0 and time_ms != coil.running.last_ms:
                coil.take_coil(values[number], values[weight], time_ms, seq, outcome)
        return outcome

    def running(self) -> list[Interval]:
        """The intervals as they stand now, not yet closed; points that have spanned no time are left out."""
        known = [account for account in self._every() if account.running.spanned_ms > 0]
        return [account.interval_of(account.running, account.running.last_raw) for account in known]

    @property
    def last_ms(self) -> int:
        """The time of the newest reading that was accounted for, 0 for none."""
        return max((max(account.running.last_ms, account.running.held_ms) for account in self._every()), default=0)

    @property
    def is_undecided(self) -> bool:
        """Whether a reading that contradicted the one before it waits for the next."""
        return any(account.running.held_seq for account in self._every())

    def pack_state(self) -> bytes:
        """The state of every account, in the order of the layout's points, then of the coils."""
        return b"".join(account.pack_state() for account in self._every())

    def _every(self) -> list[PointAccount]:
        return [account for _, account in self._accounts] + [coil for _, _, coil in self._coils]

    def load_state(self, packed: bytes, layout: Layout) -> bool:
        """Go on from a state packed under the same or an older layout; a point goes on if it is unchanged.

        False, and nothing is changed, for a state that another version of the program packed.
        """
        known = [point for point in layout.points if point.kind is not Kind.STATE]
        known += [coil.point for _, _, coil in self._coils]
        if len(packed) != len(known) * STATE_BYTES:
            return False
        states = {point: packed[i * STATE_BYTES : (i + 1) * STATE_BYTES] for i, point in enumerate(known)}
        for account in self._every():
            if account.point in states:
                account.load_state(states[account.point])
        return True
