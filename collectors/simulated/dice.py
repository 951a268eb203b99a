"""Whole random numbers that depend on nothing but a key. Knows nothing of the mill."""

import struct
from hashlib import blake2b

_DRAWS = struct.Struct("<8Q")


class Dice:
    """A stream of draws; equal keys give equal streams on every machine and with every version of Python."""

    def __init__(self, *key: int | str) -> None:
        self._key = "/".join(map(str, key)).encode()
        self._blocks = 0
        self._pool: list[int] = []

    def between(self, low: int, high: int) -> int:
        """The next draw, evenly from low to high, both included."""
        if not self._pool:
            block = blake2b(self._key, salt=self._blocks.to_bytes(8, "little"), digest_size=_DRAWS.size)
            self._pool.extend(_DRAWS.unpack(block.digest()))
            self._blocks += 1
        return low + self._pool.pop() % (high - low + 1)

    def one_of(self, shares: tuple[int, ...]) -> int:
        """The index of one of the shares, each as likely as its size."""
        rest = self.between(0, sum(shares) - 1)
        for index, share in enumerate(shares):
            if rest < share:
                return index
            rest -= share
        raise AssertionError("a draw below the sum of the shares falls into one of them")
