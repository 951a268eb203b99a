"""Each client library is imported in one file, and a protocol that is not configured costs no import."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMPORTERS = {
    "pymodbus": {"collectors/modbus/client.py", "collectors/simulated/modbus_server.py"},
    "asyncua": {"collectors/opcua/client.py", "collectors/simulated/opcua_server.py"},
    "paho": {"agent/mqtt/network.py"},
    "influxdb_client": {"agent/sinks/influx.py"},
    "iotcore": {"agent/demo/broker.py"},
    "argon2": {"agent/web/passwords.py"},
    "joserfc": {"agent/submission/sign.py"},
    "openpyxl": {"agent/sheets/xlsx_file.py"},
    "uvicorn": {"agent/web/server.py"},
    "xlsxwriter": {"agent/reports/workbook.py"},
    "tree_sitter": {"agent/settings/toml_source.py"},
}


def importers_of(library: str) -> set[str]:
    found = set()
    for package in ("agent", "collectors"):
        for path in (ROOT / package).rglob("*.py"):
            if library in imported_by(path.read_text(encoding="utf-8")):
                found.add(path.relative_to(ROOT).as_posix())
    return found


def imported_by(source: str) -> set[str]:
    """The top-level packages that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_each_client_library_is_imported_in_its_file_alone() -> None:
    assert {library: importers_of(library) for library in IMPORTERS} == IMPORTERS


def test_a_planted_import_is_found() -> None:
    assert imported_by("def f():\n    from paho.mqtt import client\n") == {"paho"}


def test_reading_a_site_imports_no_protocol_and_no_database() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nimport agent.cli\nfrom agent.settings.site import load_site\n"
        "load_site(Path('configs/demo'))\n"
        "print(sorted({'asyncua', 'pymodbus', 'influxdb_client', 'iotcore'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
