"""How long it takes to close a fiscal year of a site with 500 points, and to trace a figure, as commands.

    python bench/accounting/close_year.py [--points N] [--gas N] [--folder DIR]

Prints one line of JSON. A folder that `year_statement.py --folder DIR` has left is not filled again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from year_statement import electricity, fill, gas

CLOSE_LIMIT_S, TRACE_LIMIT_S = 10.0, 1.0
PROFILE = """\
maker = "Atsuen"
model = "benchmark {kind}"
protocol = "modbus"
source = "bench/accounting/close_year.py"

[modbus]
function = 3
word_order = "high-first"
"""
COUNTER = """
[[point]]
id = "{id}"
kind = "counter"
unit = "{unit}"
address = {address}
type = "u32"
scale = "{scale}"
modulus = 4294967296
"""
GAUGE = """
[[point]]
id = "{id}"
kind = "gauge"
unit = "{unit}"
address = {address}
type = "s16"
scale = "0.1"
"""
EXAMPLE = """
[[example]]
registers = [{{ address = 0, words = [0, 1{more}] }}]
values = {{ {values} }}
"""


def write_site(folder: Path, meters: int, gas_meters: int) -> None:
    """The site whose journal `year_statement.fill` writes."""
    devices = folder / "devices"
    devices.mkdir(parents=True, exist_ok=True)
    power = PROFILE.format(kind="meter") + COUNTER.format(id="energy", unit="kWh", address=0, scale="0.1")
    (devices / "meter.toml").write_text(power + EXAMPLE.format(more="", values="energy = 1"))
    burner = PROFILE.format(kind="gas meter") + COUNTER.format(id="volume", unit="m3", address=0, scale="1")
    burner += GAUGE.format(id="pressure", unit="kPa", address=2) + GAUGE.format(
        id="temperature", unit="degC", address=3
    )
    values = "volume = 1, pressure = 2, temperature = 3"
    (devices / "burner.toml").write_text(burner + EXAMPLE.format(more=", 2, 3", values=values))
    (folder / "site.toml").write_text("\n".join(_site(meters, gas_meters)))
    (folder / "years").mkdir(exist_ok=True)
    (folder / "years" / "2023.toml").write_text("fiscal_year = 2023\n")


def _site(meters: int, gas_meters: int) -> list[str]:
    lines = ['[site]\nid = "bench"\ncompany = "bench"\nscheme = "association"\n[journal]\npath = "journal.sqlite3"']
    names = [(f"meter_{i}", "meter") for i in range(meters)] + [(f"gas_{i}", "burner") for i in range(gas_meters)]
    for number, start in enumerate(range(0, len(names), 200)):
        lines += [f'[[endpoint]]\nid = "gateway_{number}"\nprotocol = "modbus"\nhost = "127.0.0.1"\nport = 1502']
        units = enumerate(names[start : start + 200], 1)
        devices = ", ".join(f'{{ id = "{name}", unit = {unit}, profile = "{kind}" }}' for unit, (name, kind) in units)
        lines += [f"poll_s = 60\ndevice = [{devices}]"]
    for i in range(meters):
        counts = "total" if i == 0 else "detail"
        lines += [f'[[stream]]\nid = "power_{i}"\ncarrier = "electricity"\nkind = "grid"\narea = "site"\nunit = "kWh"']
        lines += [f'counts = "{counts}"\nterm = [{{ point = "meter_{i}.energy" }}]']
    for i in range(gas_meters):
        state = f'gauge_pressure_kpa = "gas_{i}.pressure", temperature_c = "gas_{i}.temperature"'
        lines += [f'[[stream]]\nid = "gas_{i}"\ncarrier = "city_gas"\narea = "site"\nunit = "m3"']
        lines += [f'gas = {{ meter = "uncorrected", {state} }}\nterm = [{{ point = "gas_{i}.volume" }}]']
    return lines


def run(folder: Path, *words: str) -> float:
    """Seconds that a command takes. Raises CalledProcessError when it fails."""
    began = time.perf_counter()
    command = [str(Path(sys.executable).parent / "atsuen"), words[0], *words[1:], "-c", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def measure(points: int, gas_streams: int, folder: Path) -> dict[str, object]:
    """Seconds for `close` and for `trace` of an electricity and of a gas stream."""
    meters = points - 3 * gas_streams
    path = folder / "journal.sqlite3"
    if not path.exists():
        fill(path, [*map(electricity, range(meters)), *map(gas, range(gas_streams))])
    write_site(folder, meters, gas_streams)
    why = ("--person", "bench", "--reason", "bench", "--document", "bench")
    run(folder, "correct", "answer", "no_production", *why)
    year = ("--fiscal-year", "2023")
    closed = run(folder, "close", *year, "--approved-by", "bench", "--reason", "measured")
    traced = max(run(folder, "trace", line, *year) for line in ("power_0", "gas_0"))
    return {
        "what": f"closing a year of {points} points",
        "close_seconds": round(closed, 2),
        "close_limit_seconds": CLOSE_LIMIT_S,
        "trace_seconds": round(traced, 2),
        "trace_limit_seconds": TRACE_LIMIT_S,
        "holds": closed <= CLOSE_LIMIT_S and traced <= TRACE_LIMIT_S,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--gas", type=int, default=5, help="uncorrected gas meters, three points each")
    parser.add_argument("--folder", type=Path, help="where to leave journal and site; else they are deleted")
    asked = parser.parse_args()
    if asked.folder is not None:
        asked.folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(measure(asked.points, asked.gas, asked.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(asked.points, asked.gas, Path(folder))))


if __name__ == "__main__":
    main()
