"""Slows down whoever guesses: what fails again and again is closed for longer and longer. Knows no passwords."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 300.0
_FORGOTTEN_AFTER_S = 3600.0
_MOST_KEYS = 1000


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float
    closed_until_s: float


class Throttle:
    """Failures by key. The first `free_tries` cost nothing; each further one doubles the pause, from 5 s to 300 s."""

    def __init__(self, free_tries: int, steady_s: Callable[[], float]) -> None:
        self._free_tries = free_tries
        self._steady_s = steady_s
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """How long nothing is tried under a key; 0 when it may be."""
        found = self._failures.get(key)
        return 0.0 if found is None else max(0.0, found.closed_until_s - self._steady_s())

    def failed(self, key: str) -> None:
        """Count a failure. Those of more than an hour ago are forgotten."""
        now_s = self._steady_s()
        found = self._failures.pop(key, None)
        count = 1 if found is None or now_s - found.last_s > _FORGOTTEN_AFTER_S else found.count + 1
        beyond = count - self._free_tries
        pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(10, beyond)) if beyond >= 0 else 0.0
        self._failures[key] = _Failures(count, now_s, now_s + pause_s)
        while len(self._failures) > _MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)
