"""From the wire to frames: one folder a protocol. Knows bytes and quality, nothing of energy."""
