"""The programs of a plant, and how each is started: broker, database, agent and bridge."""

import os
from pathlib import Path

from tests.agent.conftest import ATSUEN
from tests.faults.process import Process

ROOT = Path(__file__).parents[2]
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
"""Steps the clock of a running program; None where it is not installed."""

_OWN_BROKER_SETTINGS = {
    "listener",
    "allow_anonymous",
    "password_file",
    "acl_file",
    "persistence_location",
    "include_dir",
}


def make_processes(folder: Path, broker_port: int, database_port: int, clock_file: Path | None) -> dict[str, Process]:
    plain = {**os.environ, "LANG": "C.UTF-8"}
    agent = plain
    if clock_file is not None:
        agent = {
            **plain,
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(clock_file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    commands = {
        "broker": (["mosquitto", "-c", str(_broker_settings(folder, broker_port))], plain),
        "database": (_database_command(folder, database_port), plain),
        "agent": ([str(ATSUEN), "run", "-c", str(folder)], agent),
        "bridge": ([str(ATSUEN), "bridge", "-c", str(folder / "bridge")], plain),
    }
    return {
        name: Process(name, command, folder / f"{name}.log", environment)
        for name, (command, environment) in commands.items()
    }


def _broker_settings(folder: Path, port: int) -> Path:
    """The shipped settings of the broker, but for the places and the passwords of an installed system."""
    shipped = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8").splitlines()
    lines = [line for line in shipped if line.partition(" ")[0] not in _OWN_BROKER_SETTINGS]
    lines += [f"listener {port} 127.0.0.1", "allow_anonymous true", f"persistence_location {folder}/"]
    if os.geteuid() == 0:
        lines.append("user root")
    path = folder / "mosquitto.conf"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _database_command(folder: Path, port: int) -> list[str]:
    options = {
        "storageDataPath": folder / "data",
        "httpListenAddr": f"127.0.0.1:{port}",
        "retentionPeriod": "100y",
        "dedup.minScrapeInterval": "1ms",  # without it a repeated point is stored twice
        "search.latencyOffset": "0s",  # without it the last 30 s are hidden
        "memory.allowedBytes": "64MB",
        "loggerLevel": "ERROR",
    }
    return ["victoria-metrics", *(f"-{name}={value}" for name, value in options.items())]
