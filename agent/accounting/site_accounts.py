"""The accounts of all devices of a site, and how a fresh one is made. Knows no storage."""

from collections.abc import Mapping, Sequence

from agent.accounting.coil_account import CoilRule
from agent.accounting.counters import Replacement
from agent.accounting.device_account import DeviceAccount
from agent.accounting.interval import Interval
from collectors.frame import Layout


class SiteAccounts:
    """One account a device, by device id."""

    def __init__(self, gap_ms: int, replacements: Sequence[Replacement] = (), coils: Sequence[CoilRule] = ()) -> None:
        self._gap_ms = gap_ms
        self._declared = (replacements, coils)
        self._accounts: dict[str, DeviceAccount] = {}

    def __getitem__(self, device: str) -> DeviceAccount:
        return self._accounts[device]

    def __setitem__(self, device: str, account: DeviceAccount) -> None:
        self._accounts[device] = account

    def make(self, layout: Layout) -> DeviceAccount:
        """A fresh account under what is declared now; it is not one of the site's yet."""
        return DeviceAccount(layout, self._gap_ms, *self._declared)

    def adopt(
        self, layouts: Mapping[str, Layout], replacements: Sequence[Replacement], coils: Sequence[CoilRule]
    ) -> None:
        """Go on with other layouts and declarations; points that are unchanged keep their running half hour."""
        self._declared = (replacements, coils)
        for device, layout in layouts.items():
            account = self.make(layout)
            before = self._accounts.get(device)
            if before is not None:
                account.load_state(before.pack_state(), before.layout)
            self._accounts[device] = account

    @property
    def is_undecided(self) -> bool:
        """Whether a reading of any device waits for the next one to say what it means."""
        return any(account.is_undecided for account in self._accounts.values())

    def running(self) -> list[Interval]:
        """The half hours of all points as they stand now."""
        return [interval for account in self._accounts.values() for interval in account.running()]
