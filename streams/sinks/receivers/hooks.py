"""Receivers of one HTTP request for each alert: signed webhooks, and chats."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import orjson
from standardwebhooks import Webhook as Signer

from streams.sinks.formats.slack import slack
from streams.sinks.formats.webhook import webhook_body
from streams.sinks.messages import Message, Outcome, Plain
from streams.sinks.posting import Poster

Clock = Callable[[], float]
"""Seconds since the epoch."""


class _Posts(Plain):
    def __init__(self, poster: Poster) -> None:
        self._poster = poster

    async def start(self) -> None:
        """Get ready to post."""
        await self._poster.start()

    async def stop(self) -> None:
        """Close connections."""
        await self._poster.stop()


class Webhook(_Posts):
    """A receiver by the Standard Webhooks specification.

    Args:
        poster: to its address.
        secrets: all that it may verify with.
        clock: the time that is signed; receivers refuse what is more than five minutes old.
    """

    def __init__(self, poster: Poster, secrets: Sequence[bytes], clock: Clock) -> None:
        super().__init__(poster)
        self._secrets = secrets
        self._clock = clock

    async def deliver(self, message: Message) -> Outcome:
        """Post it, signed at this moment with every secret."""
        body = webhook_body(message)
        return await self._poster.post(
            body, signed(message.key, body, self._secrets, self._clock())
        )


class Slack(_Posts):
    """An incoming webhook of Slack, Mattermost or what understands the same."""

    async def deliver(self, message: Message) -> Outcome:
        """Post it as a message."""
        return await self._poster.post(orjson.dumps(slack(message)))


def signed(key: str, body: bytes, secrets: Sequence[bytes], now: float) -> dict[str, str]:
    """The headers that say which webhook it is, when it was sent, and who sent it."""
    when = datetime.fromtimestamp(int(now), UTC)
    text = body.decode()
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": " ".join(Signer(each).sign(key, when, text) for each in secrets),
    }
