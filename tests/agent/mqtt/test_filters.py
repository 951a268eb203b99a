"""Topic filters, as the standard shows them."""

import pytest

from agent.mqtt.client import matches


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [  # the examples of MQTT 5, sections 4.7.1.2 and 4.7.1.3
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/#", "sport", True),
        ("#", "sport/tennis", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
    ],
)
def test_filters_match_as_the_standard_shows(topic_filter: str, topic: str, expected: bool) -> None:
    assert matches(topic_filter, topic) is expected
