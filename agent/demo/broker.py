"""The broker inside the demonstration: iotcore, an optional extra, on 127.0.0.1 and in memory. Never for production."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "127.0.0.1"

_CONFIG = """\
id = 0
[router]
max_connections = 16
max_outgoing_packet_count = 200
max_segment_size = 4194304
max_segment_count = 10
[v5.1]
name = "v5"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1048576
max_inflight_count = 100
"""


class DemoBrokerMissing(Exception):  # noqa: N818 - says what is not there
    """The optional extra with the embedded broker is not installed."""


@contextmanager
def serve_broker(folder: Path, port: int | None) -> Iterator[int]:
    """Run the broker in a child process; gives its port. Raises DemoBrokerMissing or OSError for a taken port."""
    try:
        import iotcore  # noqa: PLC0415 - an optional extra, needed here only
    except ImportError:
        raise DemoBrokerMissing("the demonstration needs its broker: pip install 'atsuen[demo]'") from None
    chosen = port if port is not None else _free_port()
    config = folder / "broker.toml"
    config.write_text(_CONFIG.format(host=HOST, port=chosen), encoding="utf-8")
    broker = iotcore.Broker(config_path=str(config))
    broker.start()
    try:
        yield chosen
    finally:
        broker.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
