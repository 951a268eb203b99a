"""One task for each endpoint: keep time, poll, record. Here, and only here, a collector's error becomes a bad frame."""

from dataclasses import dataclass, field

import structlog

from agent.clock import Clock
from agent.recorder import Recorder
from agent.settings.endpoints import Endpoint
from agent.timekeeper import Timekeeper
from collectors.collector import Collector, CollectorError, EndpointLost
from collectors.frame import Frame, Layout

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 300.0


@dataclass(slots=True)
class DeviceHealth:
    """How reading a device goes.

    `error` is empty while it answers, `answer_ms` is how long its last answer took, `pause_until_s` is on the steady
    clock.
    """

    endpoint: str
    device: str
    frames: int = 0
    failures: int = 0
    error: str = ""
    last_frame: Frame | None = None
    answer_ms: float | None = None
    pause_s: float = 0.0
    pause_until_s: float = 0.0


@dataclass(slots=True)
class EndpointHealth:
    """How polling an endpoint goes."""

    endpoint: str
    devices: dict[str, DeviceHealth] = field(default_factory=dict)
    missed_polls: int = 0


class Poller:
    """Polls the devices of one endpoint at a fixed pace. A missed tick is counted, not made up."""

    def __init__(self, endpoint: Endpoint, clock: Clock, keeper: Timekeeper, recorder: Recorder) -> None:
        self._collector: Collector = endpoint.protocol.open_collector(endpoint.settings, keeper.now_ms)
        self._poll_s = endpoint.poll_s
        self._clock = clock
        self._keeper = keeper
        self._recorder = recorder
        devices = {device: DeviceHealth(endpoint.id, device) for device in endpoint.layouts}
        self.health = EndpointHealth(endpoint.id, devices)

    async def run(self) -> None:
        """Poll until cancelled, then close the collector."""
        try:
            due_s = self._clock.steady_s()
            while True:
                await self._poll_all()
                due_s = self._next_tick(due_s)
                await self._clock.sleep_until(due_s)
        finally:
            await self._collector.close()

    def _next_tick(self, due_s: float) -> float:
        """The next tick of the pace; those that have passed already are missed."""
        behind = int((self._clock.steady_s() - due_s) / self._poll_s)
        self.health.missed_polls += max(0, behind)
        return due_s + (max(0, behind) + 1) * self._poll_s

    async def _poll_all(self) -> None:
        """Poll every device that is not paused. A lost endpoint is asked once, by its first device."""
        lost: EndpointLost | None = None
        for health in self.health.devices.values():
            layout = self._collector.layouts[health.device]
            if lost is not None:
                self._fail(health, layout, lost)
            elif self._clock.steady_s() >= health.pause_until_s:
                lost = await self._poll_one(health, layout)

    async def _poll_one(self, health: DeviceHealth, layout: Layout) -> EndpointLost | None:
        asked_s = self._clock.steady_s()
        try:
            frame = await self._collector.poll(health.device)
        except CollectorError as error:
            self._fail(health, layout, error)
            return error if isinstance(error, EndpointLost) else None
        if health.error:
            log.info("device_answers_again", endpoint=health.endpoint, device=health.device)
        health.error, health.pause_s = "", 0.0
        health.frames += 1
        health.last_frame = frame
        health.answer_ms = (self._clock.steady_s() - asked_s) * 1000
        self._recorder.record(frame)
        return None

    def _fail(self, health: DeviceHealth, layout: Layout, error: CollectorError) -> None:
        """Record that nothing was read, and leave the device alone for a while that doubles up to five minutes."""
        if not health.error:
            log.warning(
                "device_not_read",
                endpoint=health.endpoint,
                device=health.device,
                reason=error.reason,
                hint=error.hint,
            )
        health.failures += 1
        health.error = error.reason
        health.pause_s = min(max(_FIRST_PAUSE_S, self._poll_s, health.pause_s * 2), _LONGEST_PAUSE_S)
        health.pause_until_s = self._clock.steady_s() + health.pause_s
        self._recorder.record(Frame.bad(layout, self._keeper.now_ms(), error.quality))
