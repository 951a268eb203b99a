"""The lines, to the letter: numbers are floats and never change type, a bad point has a code and no value."""

from decimal import Decimal

from agent.accounting.interval import Interval, Method
from agent.accounting.streams import HalfHour, PointRef, Stream, Term
from agent.lines import energy_line, interval_line, reading_line
from collectors.frame import Frame, Kind, Layout, Point, Quality

LAYOUT = Layout(
    "incoming",
    (
        Point("energy", Kind.COUNTER, "kWh", Decimal("0.01")),
        Point("power", Kind.GAUGE, "W", Decimal("0.1")),
        Point("pressure", Kind.GAUGE, "kPa", Decimal("0.3")),
        Point("running", Kind.STATE, ""),
    ),
)


def test_a_frame() -> None:
    frame = Frame.pack(LAYOUT, 1_696_287_000_123, [123_456_789, -5.0, 7.0, 1.0], [0, 0, 0, 0])
    line = reading_line("mill", frame, LAYOUT)
    pressure = repr(7.0 * 0.3)
    assert line == (
        f"reading,site=mill,device=incoming energy=1234567.89,power=-0.5,pressure={pressure},running=1.0 1696287000123"
    )


def test_a_bad_point_has_its_code_and_no_value_and_an_uncertain_one_has_both() -> None:
    quality = [Quality.BAD_TIMEOUT, 0x40900000, 0, 0]
    frame = Frame.pack(LAYOUT, 5, [float("nan"), 10.0, 0.0, 0.0], quality)
    assert reading_line("mill", frame, LAYOUT) == (
        "reading,site=mill,device=incoming energy_quality=2148139008i,power=1.0,power_quality=1083179008i,"
        "pressure=0.0,running=0.0 5"
    )


def test_a_frame_of_which_nothing_was_read_still_says_so() -> None:
    line = reading_line("mill", Frame.bad(LAYOUT, 5, Quality.BAD_NOT_CONNECTED), LAYOUT)
    assert line.startswith("reading,site=mill,device=incoming energy_quality=2156527616i,power_quality=2156527616i,")


def test_an_interval() -> None:
    interval = Interval("incoming", "energy", 1800, 100.0, 150.0, 50.0, Method.RECOVERED, 1_800_000, 60_500, 1, 2)
    assert interval_line("mill", interval) == (
        "interval,site=mill,device=incoming,point=energy opening_raw=100.0,closing_raw=150.0,advance_raw=50.0,"
        'spanned_s=1800.0,observed_s=60.5,method="recovered" 1800000'
    )


def test_a_half_hour_without_factors_has_an_amount_and_no_energy() -> None:
    stream = Stream("grid", "electricity", "site", "kWh", (Term(PointRef("incoming", "energy"), Decimal("0.01")),))
    half_hour = HalfHour(stream, 1800, Decimal("0.5"), Method.MEASURED, 1_800_000, 1_800_000)
    assert energy_line("mill", half_hour, None, None) == (
        "energy,site=mill,stream=grid,carrier=electricity,area=site "
        'amount=0.5,spanned_s=1800.0,observed_s=1800.0,method="measured" 1800000'
    )
