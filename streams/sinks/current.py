"""The last revision of every alert, read once to its end."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer

from detectors.alerts import Alert

_DECODER = msgspec.json.Decoder(Alert)


async def current_alerts(options: Mapping[str, Any], topic: str) -> AsyncIterator[Alert]:
    """Each alert of the compacted topic, as it is at this moment; some come more than once.

    Raises:
        KafkaError: the brokers do not answer.
    """
    consumer = AIOKafkaConsumer(topic, **options, auto_offset_reset="earliest")
    try:
        await consumer.start()
        places = consumer.assignment()
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    try:
                        yield _DECODER.decode(record.value or b"")
                    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                        continue  # A tombstone, or not ours.
    finally:
        await consumer.stop()
