"""The body of a webhook, by the Standard Webhooks specification.

Source: github.com/standard-webhooks/standard-webhooks, "Payload structure".
"""

from typing import Any

import msgspec
import orjson

from streams.sinks.messages import Flood, Message


def webhook(message: Message) -> dict[str, Any]:
    """Type, time and the alert as it is in the topic; the same for every attempt."""
    content = message.content
    when = content.until if isinstance(content, Flood) else content.last_event_time
    return {"type": message.kind, "timestamp": when, "data": msgspec.to_builtins(content)}


def webhook_body(message: Message) -> bytes:
    """The webhook as it is signed and sent."""
    return orjson.dumps(webhook(message))
