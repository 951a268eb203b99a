"""Sheets are points without a meter: streams and products name them, and every mistake is told with its place."""

from decimal import Decimal
from pathlib import Path

import pytest

from agent.accounting.streams import PointRef
from agent.settings.mistakes import SettingsError
from agent.settings.site import Site, load_site
from collectors.frame import Kind, Point

SITE = """\
[site]
id = "mill"
scheme = "association"

[[sheet]]
id = "rolled"
name_ja = "圧延実績"
name_en = "rolled"
unit = "t"
kind = "quantity"

[[sheet]]
id = "water"
unit = "m3"
kind = "register"
modulus = 1000000

[[product]]
id = "plate"
unit = "t"
term = [{ point = "sheet.rolled" }]
"""

DEVICE = """\
[[endpoint]]
id = "room"
protocol = "modbus"
host = "127.0.0.1"
poll_s = 1.0
  [[endpoint.device]]
  id = "sheet"
    [[endpoint.device.point]]
    id = "energy"
    kind = "counter"
    unit = "kWh"
    address = 0
    type = "u32"
"""


def load(folder: Path, text: str) -> Site:
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return load_site(folder)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(folder, text)
    return str(caught.value).replace(str(folder / "site.toml"), "FILE").splitlines()


def test_a_product_needs_no_meter(tmp_path: Path) -> None:
    """A count is a millionth of the unit: six decimals are exact, and 10^6 m3 are 10^12 counts."""
    site = load(tmp_path, SITE)
    (term,) = site.products[0].terms
    assert (term.source, term.unit_per_count) == (PointRef("sheet", "rolled"), Decimal("0.000001"))
    assert site.points == {
        "sheet.rolled": Point("rolled", Kind.COUNTER, "t", Decimal("0.000001")),
        "sheet.water": Point("water", Kind.COUNTER, "m3", Decimal("0.000001"), 10**12),
    }
    assert site.layouts == {}


def test_a_site_without_sheets_may_have_a_device_of_that_name(tmp_path: Path) -> None:
    site = load(tmp_path, SITE[: SITE.index("[[sheet]]")] + DEVICE)
    assert list(site.points) == ["sheet.energy"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('id = "water"', 'id = "rolled"', "FILE:13:1: the id 'rolled' is taken (each sheet has its own)"),
        ('"register"', '"quantity"', "FILE:16:1: a quantity has no modulus (only a register turns over)"),
        ('unit = "m3"', 'unit = "m3/h"', "FILE:14:1: m3/h is a rate, not an amount (write down m3)"),
        ('"sheet.rolled"', '"sheet.roled"', "FILE:21:11: no point 'sheet.roled' (did you mean 'sheet.rolled'?)"),
        ('unit = "t"\nkind', 'unit = "kg"\nkind',
         "FILE:21:11: sheet.rolled counts kg, the stream t (the units must agree)"),
        ('"register"', '"counter"',
         "FILE:15:1: sheet.kind: Input should be 'register' or 'quantity' (it says 'counter')"),
        ("modulus = 1000000", "modulus = 0", "FILE:16:1: sheet.modulus: Input should be greater than 0 (it says 0)"),
        ('kind = "register"\n', "", "FILE:12:3: sheet.kind is missing (add the key 'kind')"),
        ("modulus", "modulo", "FILE:16:1: unknown key 'modulo' (did you mean 'modulus'?)"),
        ('unit = "m3"', 'unit = ""', "FILE:14:1: sheet.unit: String should have at least 1 character (it says '')"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in SITE
    assert mistakes(tmp_path, SITE.replace(old, new)) == [expected]


def test_a_device_that_is_called_as_the_sheets_are(tmp_path: Path) -> None:
    hint = "name the device otherwise, or take the [[sheet]] tables away"
    assert mistakes(tmp_path, SITE + DEVICE) == [f"FILE:5:3: a device is called 'sheet', as sheets are ({hint})"]
