"""The network thread of an MQTT connection: the only file that imports paho. Knows no publisher and no subscriber.

Whatever the thread learns goes to the event loop by `call_soon_threadsafe`, in the order in which it happened.
"""

import asyncio
import random
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.mqtt.message import Broker, ConnectionLost, Message, PublishRefused, Received, Tls

UNLIMITED = 65_535
"""The Receive Maximum that holds when the broker names none (MQTT 5, section 3.2.2.3.3)."""

POLL_S = 0.2
"""How long the network thread may take to notice that it is to stop."""

GOODBYE_S = 2.0
"""How long a broker that takes no more bytes may delay the end."""

OK = MQTTErrorCode.MQTT_ERR_SUCCESS

STEADY = 10
"""A connection that held for so many first pauses was a good one."""

PACKET_TOO_LARGE = {"Packet too large": [PacketTypes.CONNACK, PacketTypes.PUBACK, PacketTypes.DISCONNECT]}
ReasonCode.names = MappingProxyType({**ReasonCode.names, 0x95: PACKET_TOO_LARGE})
# Mosquitto 2.0 with `message_size_limit` acknowledges with 0x95, which MQTT 5 does not list for PUBACK (section
# 3.4.2.1). Paho would call that malformed and end the connection, and after the next one get the same answer again.


@dataclass(frozen=True, slots=True)
class Events:
    """What the network thread tells; each is called on the event loop."""

    accepted: Callable[[int, int, int | None], None]
    ready: Callable[[], None]
    ended: Callable[[str, int], None]
    acknowledged: Callable[[int, int, str], None]
    received: Callable[[Received], None]


class Pauses:
    """The pause before each attempt to connect.

    It doubles from attempt to attempt, up to the longest, and begins again after a connection that held for `STEADY`
    first pauses (5 s with the first pause of 0.5 s) from the broker's CONNACK on. Why this bound:

    - An ordinary cut (a restart of the broker, a switch, a radio link) comes after seconds or more of service. It
      costs half a second, however many there were before and however long the outage was that went before.
    - A broker that flaps (accepts and drops at once: it dies of its load, refuses what we do, or two clients with one
      id take the session from each other) never holds so long, and gets the full back-off. So in the long run a
      client opens one connection in five seconds at most, whatever the broker does.

    What counts is the time since CONNACK: a broker that takes long to refuse, or never answers, has served nothing.
    """

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._next_s = first_s

    def after(self, held_s: float) -> float:
        """The pause in seconds after a connection that held for so long (0: none came about)."""
        pause_s = self._first_s if held_s >= STEADY * self._first_s else self._next_s
        self._next_s = min(2 * pause_s, self._longest_s)
        return pause_s


class Network:
    """The thread that owns paho: it connects, serves until the connection ends, pauses, and so on until `stop`.

    Connections are numbered. Whatever the event loop wants to send names the connection that it means, so that nothing
    meant for an earlier one, above all an acknowledgement, reaches a later one, where packet ids mean other messages.
    """

    def __init__(self, broker: Broker, will: Message | None, events: Events) -> None:
        self._broker = broker
        self._will = will
        self._events = events
        self._stopping = threading.Event()
        self._sending = threading.Lock()
        self._number = 0
        self._reason = ""
        self._code = 0
        self._accepted_s: float | None = None
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._paho = self._configure()

    def _configure(self) -> "_Client":
        broker = self._broker
        client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        client.largest_packet_bytes = broker.maximum_packet_bytes
        client.username = broker.username
        client.password = broker.password
        client.connect_timeout = broker.connect_timeout_s
        client.max_inflight_messages = broker.window
        if broker.tls is not None:
            client.tls_set_context(_tls_context(broker, broker.tls))
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, 1, self._will.retain, None)
        session = _new_properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = broker.session_expiry_s
        session.ReceiveMaximum = broker.receive_maximum
        if broker.maximum_packet_bytes is not None:
            session.MaximumPacketSize = broker.maximum_packet_bytes
        client.connect_async(broker.host, broker.port, broker.keepalive_s, clean_start=False, properties=session)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        # With this callback set, paho leaves writing to the thread that calls loop(), and only wakes it.
        client.on_socket_register_write = lambda *_: None
        return client

    def stop(self) -> None:
        """Let `run` say goodbye to the broker and return."""
        self._stopping.set()

    def run(self, event_loop: asyncio.AbstractEventLoop) -> None:
        """Keep a connection up until `stop`. Runs in its own thread."""
        self._event_loop = event_loop
        pauses = Pauses(self._broker.first_pause_s, self._broker.longest_pause_s)
        try:
            while not self._stopping.is_set():
                reason = self._serve_one_connection()
                self._tell(self._events.ended, reason, self._code)
                held_s = 0.0 if self._accepted_s is None else time.monotonic() - self._accepted_s
                self._stopping.wait(pauses.after(held_s) * random.uniform(0.5, 1.0))  # noqa: S311 - spreads clients
        finally:
            self._paho.reinitialise()  # closes what is still open, paho's own wake-up sockets too

    def _serve_one_connection(self) -> str:
        """Connect, serve until the connection ends, and return why it ended."""
        self._reason, self._code, self._accepted_s = "", 0, None
        self._paho.oversized_bytes = 0
        try:
            self._paho.reconnect()
            self._loop_until_ended()
        except (OSError, UnicodeError) as error:  # a name that cannot be a host name is a UnicodeError
            self._reason = _describe(error)
        finally:
            with self._sending:
                self._number += 1
            self._paho.drop_out_messages()
        return self._reason or self._guess()

    def _guess(self) -> str:
        """What may lie behind a connection that ended without a reason."""
        if self._accepted_s is not None:
            return f"the connection broke; where this repeats, another client has the id {self._broker.client_id!r}"
        return "ended the connection without an answer; does it want TLS or not, a certificate, another port?"

    def _loop_until_ended(self) -> None:
        give_up_s: float | None = None
        while self._paho.loop(POLL_S) == OK:
            if not self._stopping.is_set() and not self._paho.oversized_bytes:
                continue
            if give_up_s is None:
                give_up_s = time.monotonic() + GOODBYE_S
                self._paho.disconnect(self._goodbye())
            elif time.monotonic() > give_up_s:
                return

    def _goodbye(self) -> ReasonCode:
        if self._paho.oversized_bytes:
            self._reason = (
                f"sends a packet of {self._paho.oversized_bytes} bytes although we take "
                f"{self._broker.maximum_packet_bytes} at most; it is not read: have the broker keep to the Maximum "
                "Packet Size of MQTT 5, or take the message away there"
            )
            return ReasonCode(PacketTypes.DISCONNECT, "Packet too large")
        name = "Normal disconnection" if self._will is None else "Disconnect with will message"
        return ReasonCode(PacketTypes.DISCONNECT, name)

    # The event loop calls these.

    def publish(self, number: int, message: Message) -> int:
        """Queue a message on this connection; returns its packet id. Raises ConnectionLost and PublishRefused."""
        with self._sending:
            if number != self._number:
                raise ConnectionLost(f"{self._broker}: the connection broke")
            try:
                sent = self._paho.publish(message.topic, message.payload, 1, message.retain, _properties(message))
            except ValueError as error:  # the topic has a wildcard, or the payload is beyond 256 MB
                raise PublishRefused(f"{self._broker}: {error}") from error
        if sent.rc != OK:
            raise ConnectionLost(f"{self._broker}: {paho.error_string(sent.rc)}")
        return int(sent.mid)

    def leave(self, number: int) -> None:
        """End this connection: the broker does not acknowledge."""
        with self._sending:
            if number == self._number:
                self._reason = f"does not acknowledge a message for {self._broker.ack_timeout_s:g} s"
                self._paho.disconnect(self._goodbye())

    def subscribe(self, number: int, topic_filters: Sequence[str]) -> None:
        """Ask for a subscription on this connection; a later connection asks again."""
        with self._sending:
            if number == self._number:
                self._paho.subscribe([(topic_filter, 1) for topic_filter in topic_filters])

    def _acknowledge(self, number: int, packet_id: int, qos: int) -> None:
        with self._sending:
            if number == self._number:
                self._paho.ack(packet_id, qos)

    # Paho calls these, in the network thread.

    def _tell(self, event: Callable[..., None], *facts: Any) -> None:
        if self._event_loop is not None:
            self._event_loop.call_soon_threadsafe(event, *facts)

    def _on_connect(
        self, _client: paho.Client, _data: Any, _flags: paho.ConnectFlags, code: ReasonCode, facts: Properties | None
    ) -> None:
        if code.is_failure:
            self._reason = f"refused us: {code}; check user name, password and client id {self._broker.client_id!r}"
            return
        self._accepted_s = time.monotonic()
        receive_maximum = getattr(facts, "ReceiveMaximum", UNLIMITED)
        self._tell(self._events.accepted, self._number, receive_maximum, getattr(facts, "MaximumPacketSize", None))

    def _on_disconnect(
        self, _client: paho.Client, _data: Any, flags: paho.DisconnectFlags, code: ReasonCode, _facts: Any
    ) -> None:
        if self._stopping.is_set():
            self._reason = "closed"
        elif flags.is_disconnect_packet_from_server:
            self._reason, self._code = f"ended the connection: {code}", code.value
        elif code == "Keep alive timeout":
            self._reason = f"does not answer for {self._broker.keepalive_s} s"

    def _on_subscribe(
        self, client: paho.Client, _data: Any, _id: int, codes: list[ReasonCode], _facts: Properties | None
    ) -> None:
        if all(code.value == 1 for code in codes):
            self._tell(self._events.ready)
            return
        self._reason = f"refused the subscription: {codes[0]}; the user {self._broker.username!r} needs read access"
        client.disconnect()

    def _on_publish(
        self, _client: paho.Client, _data: Any, packet_id: int, code: ReasonCode, facts: Properties | None
    ) -> None:
        detail = getattr(facts, "ReasonString", "")
        self._tell(self._events.acknowledged, packet_id, code.value, f"{code}{': ' if detail else ''}{detail}")

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        ack = partial(self._acknowledge, self._number, message.mid, message.qos)
        self._tell(self._events.received, Received(_message(message), message.qos, ack))


class _Client(paho.Client):
    """Paho, that reads no packet larger than we take.

    Paho itself reads as much into memory as a packet announces, 256 MB at most. It asks `_sock_recv` for all that is
    left of a packet at once, so the packet is refused there before any of it is read; the connection can then only end.
    """

    largest_packet_bytes: int | None = None
    oversized_bytes = 0

    def _sock_recv(self, bufsize: int) -> bytes:
        if self.largest_packet_bytes is not None and bufsize > self.largest_packet_bytes:
            self.oversized_bytes = bufsize
            raise BlockingIOError
        return super()._sock_recv(bufsize)


class _TlsSocket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho would leave it open."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands. Raises OSError, with the socket closed."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _tls_context(broker: Broker, tls: Tls) -> ssl.SSLContext:
    """The context that trusts only the given CA. Raises ValueError naming the file that cannot be used."""
    try:
        for path in (tls.ca_file, tls.certificate_file, tls.key_file):
            if path is not None:
                path.read_bytes()
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.certificate_file is not None:
            context.load_cert_chain(tls.certificate_file, tls.key_file)
    except ssl.SSLError as error:
        files = ", ".join(str(path) for path in (tls.ca_file, tls.certificate_file, tls.key_file) if path)
        raise ValueError(f"{broker}: no usable certificate or key in {files}: {error.reason}") from error
    except OSError as error:
        raise ValueError(f"{broker}: cannot read {error.filename}: {error.strerror}") from error
    context.sslsocket_class = _TlsSocket
    return context


def _describe(error: OSError | UnicodeError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not hold: {error.verify_message}; check the CA file and the host name"
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]


def _new_properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho gives this constructor no types


def _properties(message: Message) -> Properties:
    properties = _new_properties(PacketTypes.PUBLISH)
    if message.content_type is not None:
        properties.ContentType = message.content_type
    if message.response_topic is not None:
        properties.ResponseTopic = message.response_topic
    if message.correlation is not None:
        properties.CorrelationData = message.correlation
    if message.expiry_s is not None:
        properties.MessageExpiryInterval = message.expiry_s
    for pair in message.user_properties:
        properties.UserProperty = pair
    return properties


def _message(received: paho.MQTTMessage) -> Message:
    facts = received.properties
    return Message(
        topic=received.topic,
        payload=bytes(received.payload),
        retain=received.retain,
        content_type=getattr(facts, "ContentType", None),
        response_topic=getattr(facts, "ResponseTopic", None),
        correlation=getattr(facts, "CorrelationData", None),
        expiry_s=getattr(facts, "MessageExpiryInterval", None),
        user_properties=tuple(getattr(facts, "UserProperty", ())),
    )
