"""The channels that a site file asks for."""

from agent.alerting.channel import Channel
from agent.alerting.notice import Wording
from agent.alerting.notify_mqtt import Connection, MqttChannel
from agent.settings.site import Site


def mqtt_of(site: Site, connection: Connection, wording: Wording) -> MqttChannel | None:
    """The channel of MQTT, unless the site does without."""
    if not site.file.notify.mqtt:
        return None
    return MqttChannel(connection, f"{site.file.mqtt.topic_root}/{site.file.site.id}/alerts", wording)


def channels_of(site: Site, connection: Connection, wording: Wording) -> tuple[Channel, ...]:
    """All channels."""
    notify, found = site.file.notify, list[Channel]()
    mqtt = mqtt_of(site, connection, wording)
    if mqtt is not None:
        found.append(mqtt)
    if notify.email is not None:
        from agent.alerting.notify_email import EmailChannel  # noqa: PLC0415 - SMTP, for a site that has it alone

        found.append(EmailChannel(notify.email, site.folder, wording))
    if notify.webhook is not None:
        from agent.alerting.notify_webhook import WebhookChannel  # noqa: PLC0415 - HTTPS, likewise

        found.append(WebhookChannel(notify.webhook, site.folder, wording))
    return tuple(found)
