"""What one unit of a stream is worth: GJ, kg CO2 and yen. Knows factors and prices, and no alert."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from agent.accounting.interval import INTERVAL_MS, Method
from agent.accounting.prices import Price
from agent.accounting.streams import HalfHour, Stream
from agent.alerts.rules import Cost
from agent.site_factors import SiteFactors


class UnitCosts:
    """Costs of a unit under the site's live scheme and its dated prices."""

    def __init__(self, factors: SiteFactors, prices: Sequence[Price]) -> None:
        self._factors = factors
        self._prices = prices

    def price(self, stream: str, utc_s: int) -> Decimal | None:
        """Yen for a unit of a stream at a time; None where the site states none."""
        for each in self._prices:
            starts = each.from_utc_s is None or each.from_utc_s <= utc_s
            if each.stream == stream and starts and (each.to_utc_s is None or utc_s < each.to_utc_s):
                return each.yen_per_unit
        return None

    def of(self, stream: Stream, half_hour: HalfHour | None, utc_s: int) -> Cost:
        """The cost of one unit, as metered, at a time. `half_hour` gives a gas its pressure and temperature.

        GJ and CO2 are not known without a factor, or without the state of a gas that needs one.
        """
        price = self.price(stream.id, utc_s)
        yen = None if price is None else float(price)
        if half_hour is None and stream.line is not None:
            return Cost(None, None, yen)
        whole = half_hour or HalfHour(stream, utc_s, Decimal(1), Method.MEASURED, INTERVAL_MS, INTERVAL_MS)
        converted = self._factors.convert(replace(whole, amount=Decimal(1), start_utc_s=utc_s))
        if converted is None:
            return Cost(None, None, yen)
        return Cost(float(converted.energy_gj), None if converted.co2_kg is None else float(converted.co2_kg), yen)
