"""Puts the bridge together from a site file: sink, place for refused lines, topics."""

import asyncio

from agent.bridge import BatchRules, Stats, run_bridge
from agent.bridge_status import tell_bridge_status
from agent.mqtt import MqttClient
from agent.settings.site import Site
from agent.sinks import Sink
from agent.sinks.files import FileRules, FileSink


def sink_of(site: Site) -> Sink:
    """The sink that the site file names. Raises SinkMisconfigured for a URL that is none."""
    if site.file.bridge.sink == "files":
        table = site.file.files
        return FileSink(site.path(table.folder), rules=FileRules(max_bytes=int(table.max_mb * 1e6), keep=table.keep))
    from agent.sinks.influx import InfluxSink  # noqa: PLC0415 - a heavy library, only where a database is used

    influx = site.file.influx
    return InfluxSink(
        influx.url,
        influx.org,
        influx.bucket,
        influx.token.get_secret_value(),
        ca_file=site.path(influx.ca_file) if influx.ca_file else None,
        read_timeout_s=influx.timeout_s,
    )


async def carry_lines(site: Site, client: MqttClient, stats: Stats) -> None:
    """Take lines from the broker to the site's sink, and tell how it goes and what is missing, until cancelled."""
    table = site.file.bridge
    sink = sink_of(site)
    refused = FileSink(site.path(table.refused), "refused", FileRules(remove_oldest=False))
    rules = BatchRules(max_lines=table.max_lines, max_wait_s=table.max_wait_s)
    topic_filter = f"{site.file.mqtt.topic_root}/+/lines"
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(run_bridge(client, sink, refused, topic_filter, table.group, batch=rules, stats=stats))
            group.create_task(tell_bridge_status(client.broker, site.file.mqtt.topic_root, stats))
    finally:
        await sink.close()
        await refused.close()
