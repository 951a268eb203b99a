"""The smallest consumer that confirms: run by `drain.py` in a process of its own. Stores nothing.

    python bench/forwarding/consumer.py PORT BACKLOG_ROWS

Confirms every message until its standard input ends, then prints one line of JSON: how old the rows above
BACKLOG_ROWS were when they arrived.
"""

import asyncio
import json
import sys
import time

from agent.mqtt import Broker, Message, MqttClient, Subscription


async def confirm(client: MqttClient, messages: Subscription, backlog_rows: int, ages_ms: list[int]) -> None:
    """Answer every message, and keep the age of each live row."""
    async for received in messages:
        message = received.message
        name = (message.correlation or b"").decode()
        if int(name.partition("-")[0]) > backlog_rows:
            now_ms = time.time_ns() // 1_000_000
            lines = message.payload.splitlines()
            ages_ms += [now_ms - int(line.rpartition(b" ")[2]) for line in lines if line.startswith(b"reading")]
        if message.response_topic is not None:
            await client.send(Message(message.response_topic, b"accepted", correlation=message.correlation))
        received.ack()


async def main() -> None:
    """Confirm until standard input ends."""
    port, backlog_rows = map(int, sys.argv[1:])
    ages_ms: list[int] = []
    async with MqttClient(Broker("127.0.0.1", "consumer", port)) as client:
        messages = client.subscribe("atsuen/mill/lines")
        await client.connected.wait()
        print("ready", flush=True)
        confirming = asyncio.create_task(confirm(client, messages, backlog_rows, ages_ms))
        await asyncio.to_thread(sys.stdin.read)
        confirming.cancel()
        await asyncio.wait([confirming])
    ages_ms.sort()
    p99_ms = ages_ms[len(ages_ms) * 99 // 100] if ages_ms else None
    print(json.dumps({"live_rows": len(ages_ms), "live_p99_ms": p99_ms, "live_max_ms": max(ages_ms, default=None)}))


if __name__ == "__main__":
    asyncio.run(main())
