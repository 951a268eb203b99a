"""Leaves the agent's status beside its journal every few seconds, for pages: what only its memory knows."""

import asyncio

from agent.clock import Clock
from agent.dashboard.status_file import AgentStatus, DeviceStatus, write_status
from agent.run import Agent

_PAUSE_S = 2.0


async def keep_status(agent: Agent, clock: Clock) -> None:
    """Write the status until cancelled. A disk that takes no more of it holds up nothing."""
    journal = agent.site.path(agent.site.file.journal.path)
    while True:
        await asyncio.to_thread(write_status, journal, status_of(agent, clock.now_ms()))
        await asyncio.sleep(_PAUSE_S)


def status_of(agent: Agent, now_ms: int) -> AgentStatus:
    """How reading, storing and sending go now."""
    stats, healths = agent.publisher.stats, [poller.health for poller in agent.pollers]
    devices = {
        device.device: DeviceStatus(device.endpoint, device.frames, device.failures, device.error, device.answer_ms)
        for health in healths
        for device in health.devices.values()
    }
    return AgentStatus(
        now_ms,
        agent.recorder.durable_seq,
        stats.confirmed_seq,
        stats.backlog_rows,
        "" if agent.client.connected.is_set() else agent.client.last_error,
        agent.recorder.disk_error,
        {health.endpoint: health.missed_polls for health in healths},
        devices,
    )
