"""Decodes the worked examples of device profiles: register words from a maker's document to raw counts. Pure."""

import math
import struct
from collections.abc import Mapping

from collectors.frame import Quality
from collectors.modbus.registers import Place, compile_block, decode_block
from collectors.modbus.settings import DeviceSettings


def decode_example(device: DeviceSettings, words: Mapping[int, int]) -> dict[str, float]:
    """The raw count of every point whose registers are all among `words` (address → word), NaN for an invalid one.

    Points of which no register is given are left out. Raises ValueError when only a part of a point's registers is
    given and when a word is not one of 16 bits.
    """
    raw: dict[str, float] = {}
    for point in device.points:
        place = device.place(point)
        addresses = range(place.address, place.end)
        missing = [address for address in addresses if address not in words]
        if not missing:
            raw[point.id] = _decode(place, [words[address] for address in addresses])
        elif len(missing) < len(addresses):
            raise ValueError(f"device {device.id}: the example lacks the registers {missing} of point {point.id}")
    return raw


def _decode(place: Place, words: list[int]) -> float:
    try:
        data = struct.pack(f">{len(words)}H", *words)
    except struct.error:
        raise ValueError(f"register words are whole numbers from 0 to 65535, not {words}") from None
    values, quality = [math.nan], [int(Quality.GOOD)]
    decode_block(compile_block([(0, place)]), data, values, quality)
    return values[0]
