"""For tests that run the program as a user does."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import openpyxl
import pytest

ATSUEN = Path(sys.executable).parent / "atsuen"
SHEET_SITE = """\
[site]
id = "mill"
company = "company_a"
scheme = "association"

[journal]
path = "journal.sqlite3"

[[sheet]]
id = "coils"
unit = "t"
kind = "quantity"

[[sheet]]
id = "lpg"
unit = "kg"
kind = "quantity"

[[stream]]
id = "lpg_use"
carrier = "lpg"
area = "soaking"
unit = "kg"
term = [{ point = "sheet.lpg" }]

[[product]]
id = "coil"
unit = "t"
term = [{ point = "sheet.coils" }]
"""
"""A site that nobody reads: its fuel and its production come by sheet."""

Convert = Callable[[Path, str], Path]
Calc = Callable[[Path], list[list[list[float]]]]


def run_atsuen(
    arguments: Sequence[str | Path], limit_s: float = 90, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [str(ATSUEN), *map(str, arguments)]
    full = {**os.environ, "LANG": "C.UTF-8", **(environment or {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False, env=full)


def needed(program: str, package: str) -> str:
    """The path of a program; without it the test is left out, or fails where CI=true."""
    found = shutil.which(program)
    if found is None:
        leave_out(f"needs {program}: apt-get install {package}")
    return found


def leave_out(reason: str) -> NoReturn:
    """Leave a test out, or fail it where CI=true: there nothing is left out."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def convert_with_calc(tmp_path: Path) -> Convert:
    """Opens a workbook in LibreOffice Calc and saves it as another kind; gives the folder with the results."""
    soffice = needed("soffice", "libreoffice-calc-nogui")

    def convert(path: Path, kind: str) -> Path:
        folder = tmp_path / f"calc-{len(list(tmp_path.iterdir()))}"
        profile = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = [soffice, profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        assert folder.is_dir(), done.stdout + done.stderr
        return folder

    return convert


@pytest.fixture
def strip_values() -> Callable[[Path], Path]:
    """Makes a copy of a workbook without the values of its formulas, so that a reader has to compute them."""

    def strip(path: Path) -> Path:
        target = path.with_name(f"bare-{path.name}")
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
            for name in source.namelist():
                content = source.read(name)
                if name.startswith("xl/worksheets/sheet"):
                    content = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
                copy.writestr(name, content)
        return target

    return strip


@pytest.fixture
def calc(convert_with_calc: Convert, strip_values: Callable[[Path], Path]) -> Calc:
    """The numbers of a workbook by sheet and row, every formula computed again by LibreOffice Calc."""

    def numbers(path: Path) -> list[list[list[float]]]:
        folder = convert_with_calc(strip_values(path), "xlsx:Calc MS Excel 2007 XML")
        (computed,) = folder.iterdir()
        sheets = openpyxl.load_workbook(computed, data_only=True).worksheets
        return [[_numbers(row) for row in sheet.iter_rows(values_only=True)] for sheet in sheets]

    return numbers


def _numbers(row: Sequence[object]) -> list[float]:
    return [float(cell) for cell in row if isinstance(cell, int | float)]
