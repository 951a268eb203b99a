"""Brokers, messages and errors: the words of MQTT. Knows no library, no socket and no event loop."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

NO_MATCHING_SUBSCRIBERS = 0x10
"""What `publish` returns when the broker took the message and nobody had subscribed (MQTT 5, section 3.4.2.1)."""

LARGEST_PACKET_BYTES = 6_000_000
"""More than any message of Atsuen has: a submission is the largest, with 5.4 MB at most; lines have some kB."""


class MqttError(Exception):
    """A message could not be handed to the broker.

    The tree::

        MqttError
        ├── ConnectionLost    there is no connection, or it ended before the broker acknowledged
        └── PublishRefused    the broker does not take this message, now
            └── MessageTooLarge   nor later: it would take it in smaller parts
    """


class ConnectionLost(MqttError):  # noqa: N818 - the state of the connection, not only an error
    """There is no connection, or it ended before the broker acknowledged: it may have the message or not."""


class PublishRefused(MqttError):  # noqa: N818
    """The broker does not take this message: not authorised, quota exceeded. A person may change that."""


class MessageTooLarge(PublishRefused):
    """The message needs a packet of `size_bytes`; the broker takes `limit_bytes` at most (None: it did not say)."""

    def __init__(self, broker: "Broker", size_bytes: int, limit_bytes: int | None) -> None:
        limit = "" if limit_bytes is None else f" of {limit_bytes}"
        super().__init__(f"{broker}: {size_bytes} bytes do not fit its packets{limit}")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


@dataclass(frozen=True, slots=True)
class Tls:
    """The PEM files of a TLS connection; certificate and key only where the broker asks for them."""

    ca_file: Path
    certificate_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to speak to it.

    `client_id` names the session and is unique at the broker; `session_expiry_s` is how long the broker keeps
    subscription and messages while we are away. `window` is how many published messages may be unacknowledged,
    `receive_maximum` how many received ones. `maximum_packet_bytes` is the largest packet that we take (None: any): the
    broker is told, and a connection on which a larger one begins is left. A broker that does not acknowledge a message
    for `ack_timeout_s` is left and asked anew: on one connection nothing is sent twice (MQTT 5, section 4.4). Between
    attempts to connect the pause doubles from first to longest.
    """

    host: str
    client_id: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    keepalive_s: int = 30
    session_expiry_s: int = 7 * 86_400
    window: int = 20
    receive_maximum: int = 20
    maximum_packet_bytes: int | None = LARGEST_PACKET_BYTES
    connect_timeout_s: float = 5.0
    ack_timeout_s: float = 60.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0

    def __str__(self) -> str:
        return f"broker {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Message:
    """One application message with the MQTT 5 properties that we use."""

    topic: str
    payload: bytes
    retain: bool = False
    content_type: str | None = None
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry_s: int | None = None
    user_properties: tuple[tuple[str, str], ...] = ()

    def packet_bytes(self) -> int:
        """The size of the PUBLISH packet with QoS 1 that carries the message (MQTT 5, section 3.3)."""
        properties = sum(
            3 + len(value)
            for value in (_utf8(self.content_type), _utf8(self.response_topic), self.correlation)
            if value is not None
        )
        properties += 5 * (self.expiry_s is not None)
        properties += sum(5 + len(name.encode()) + len(value.encode()) for name, value in self.user_properties)
        rest = 2 + len(self.topic.encode()) + 2 + _varint_bytes(properties) + properties + len(self.payload)
        return 1 + _varint_bytes(rest) + rest


def _utf8(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _varint_bytes(value: int) -> int:
    """How many bytes a Variable Byte Integer takes: seven bits in each (section 1.5.5)."""
    return max(1, -(-value.bit_length() // 7))


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the broker, which keeps it until `ack` is called.

    After a lost connection `ack` does nothing: the broker sends the message again.
    """

    message: Message
    qos: int
    ack: Callable[[], None] = field(repr=False, compare=False)
