"""Replacements, balances and allocations name counters and streams that exist; every mistake is told with its place."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from agent.accounting.areas import Allocation
from agent.accounting.balances import Balance
from agent.accounting.counters import Replacement
from agent.settings.mistakes import SettingsError
from agent.settings.site import Site, load_site

SITE = """\
[site]
id = "mill"
scheme = "association"

[[endpoint]]
id = "room"
protocol = "modbus"
host = "127.0.0.1"
poll_s = 1.0
  [[endpoint.device]]
  id = "meter"
    [[endpoint.device.point]]
    id = "energy"
    kind = "counter"
    unit = "kWh"
    address = 0
    type = "u32"
    scale = "0.01"
    [[endpoint.device.point]]
    id = "power"
    kind = "gauge"
    unit = "kW"
    address = 10
    type = "f32"
    [[endpoint.device.point]]
    id = "heat"
    kind = "counter"
    unit = "GJ"
    address = 20
    type = "u32"

[[stream]]
id = "grid"
carrier = "electricity"
kind = "grid"
area = "site"
unit = "kWh"
term = [{ point = "meter.energy" }]

[[stream]]
id = "mill_power"
carrier = "electricity"
kind = "grid"
area = "mill"
unit = "kWh"
counts = "detail"
term = [{ point = "meter.power" }]

[[stream]]
id = "steam"
carrier = "steam"
area = "utilities"
unit = "GJ"
term = [{ point = "meter.heat" }]

"""
LINE = SITE.count("\n") + 1
"""Where an added table begins."""

REPLACEMENT = """\
[[replacement]]
point = "meter.energy"
at = 2023-10-02T09:12:00+09:00
old_end = "831.20"
new_start = "0.05"
document = "work order 2023-041"
"""


def load(folder: Path, added: str) -> Site:
    (folder / "site.toml").write_text(SITE + added, encoding="utf-8")
    return load_site(folder)


def mistakes(folder: Path, added: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, added)
    return str(caught.value).replace(str(folder / "site.toml"), "FILE").splitlines()


def test_a_replacement_is_declared_in_units_and_kept_in_raw_counts(tmp_path: Path) -> None:
    """The display showed 831.20 kWh and 0.05 kWh; a count is 0.01 kWh. 09:12 in Japan is 00:12 UTC."""
    at_ms = int(datetime(2023, 10, 2, 0, 12, tzinfo=UTC).timestamp()) * 1000
    expected = Replacement("meter", "energy", at_ms, 83120.0, 5.0, "work order 2023-041")
    assert load(tmp_path, REPLACEMENT).replacements == (expected,)


@pytest.mark.parametrize("name", ["meter.power", "meter.enrgy", "metre.energy"])
def test_only_a_counter_that_exists_can_be_replaced(tmp_path: Path, name: str) -> None:
    added = REPLACEMENT.replace("meter.energy", name)
    hint = "a replacement speaks of a counter, written device.point"
    assert mistakes(tmp_path, added) == [f"FILE:{LINE + 1}:1: no counter {name!r} ({hint})"]


@pytest.mark.parametrize("key", ["at", "old_end", "new_start", "document"])
def test_a_replacement_needs_all_that_was_written_down(tmp_path: Path, key: str) -> None:
    added = "".join(line for line in REPLACEMENT.splitlines(keepends=True) if not line.startswith(key))
    assert mistakes(tmp_path, added) == [f"FILE:{LINE}:3: replacement.{key} is missing (add the key {key!r})"]


def test_a_replacement_without_a_zone_is_refused(tmp_path: Path) -> None:
    (said,) = mistakes(tmp_path, REPLACEMENT.replace("+09:00", ""))
    assert said.startswith(f"FILE:{LINE + 2}:1: ")
    assert "timezone" in said


def test_a_balance_of_streams_of_one_unit(tmp_path: Path) -> None:
    table = '[[balance]]\nid = "power"\nname_ja = "受電"\nsupply = ["grid"]\nuses = ["mill_power"]\n'
    assert load(tmp_path, table).balances == (Balance("power", ("grid",), ("mill_power",), "受電", ""),)


@pytest.mark.parametrize(
    ("supply", "uses", "said"),
    [
        ('["grid"]', '["steam"]', [f"{LINE}:3: balance b mixes the units GJ, kWh (balance one unit at a time)"]),
        ('["grid"]', '["grid"]', [f"{LINE}:3: balance b names a stream twice"]),
        ('["grid", "grid"]', '["mill_power"]', [f"{LINE}:3: balance b names a stream twice"]),
        ('["gird"]', '["mill_power"]', [f"{LINE + 2}:1: no stream 'gird' (did you mean 'grid'?)"]),
        ('["grid"]', '["xyz"]', [f"{LINE + 3}:1: no stream 'xyz'"]),
    ],
)
def test_what_cannot_be_balanced(tmp_path: Path, supply: str, uses: str, said: list[str]) -> None:
    found = mistakes(tmp_path, f'[[balance]]\nid = "b"\nsupply = {supply}\nuses = {uses}\n')
    assert found == [f"FILE:{line}" for line in said]


def test_allocations_by_shares_and_by_streams(tmp_path: Path) -> None:
    by_shares = '[[allocation]]\nstream = "steam"\nshares = { mill = "0.6", site = "0.4" }\n'
    by_streams = '[[allocation]]\nstream = "steam"\nby = ["mill_power"]\n'
    assert load(tmp_path, by_shares).allocations == (
        Allocation("steam", {"mill": Decimal("0.6"), "site": Decimal("0.4")}, ()),
    )
    assert load(tmp_path, by_streams).allocations == (Allocation("steam", {}, ("mill_power",)),)


ONE_KEY = "allocation of steam: one key is needed (give shares, or by, not both)"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('stream = "steam"\n', f"{LINE}:3: {ONE_KEY}"),
        ('stream = "steam"\nshares = { mill = "1" }\nby = ["grid"]\n', f"{LINE}:3: {ONE_KEY}"),
        (
            'stream = "steam"\nshares = { mill = "0.7", site = "0.4" }\n',
            f"{LINE + 2}:1: shares of steam come to more than 1 (what is left stays where it is)",
        ),
        ('stream = "steem"\nby = ["grid"]\n', f"{LINE + 1}:1: no stream 'steem' (did you mean 'steam'?)"),
        ('stream = "steam"\nby = ["gridd"]\n', f"{LINE + 2}:1: no stream 'gridd' (did you mean 'grid'?)"),
    ],
)
def test_what_cannot_be_allocated(tmp_path: Path, keys: str, said: str) -> None:
    assert mistakes(tmp_path, f"[[allocation]]\n{keys}") == [f"FILE:{said}"]
