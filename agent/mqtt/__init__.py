"""MQTT 5 for asyncio: one connection that keeps itself up. Knows nothing of lines, journals or databases."""

from agent.mqtt.client import MqttClient, Subscription
from agent.mqtt.message import (
    NO_MATCHING_SUBSCRIBERS,
    Broker,
    ConnectionLost,
    Message,
    MessageTooLarge,
    MqttError,
    PublishRefused,
    Received,
    Tls,
)

__all__ = [
    "NO_MATCHING_SUBSCRIBERS",
    "Broker",
    "ConnectionLost",
    "Message",
    "MessageTooLarge",
    "MqttClient",
    "MqttError",
    "PublishRefused",
    "Received",
    "Subscription",
    "Tls",
]
