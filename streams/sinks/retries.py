"""One message until it is delivered or given up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_result,
    stop_after_attempt,
    wait_random_exponential,
)

from streams.settings.sinks import Sink

from .messages import Message, Outcome, Receiver

_LOGGER = logging.getLogger(__name__)

BROKEN = Outcome("internal_error", lasting=True)
"""A fault of ours; the alert that brought it out must not stop the others."""

Sleep = Callable[[float], Awaitable[None]]


class Result(NamedTuple):
    """How it ended.

    Attributes:
        outcome: of the last attempt.
        attempts: how many there were.
    """

    outcome: Outcome
    attempts: int


async def insist(
    receiver: Receiver,
    message: Message,
    sink: Sink,
    on_retry: Callable[[Outcome], None] = lambda _: None,
    sleep: Sleep = asyncio.sleep,
) -> Result:
    """Deliver, waiting longer and longer after failures, each time a random part of it.

    Exponential backoff with full jitter: Brooker, "Exponential Backoff And Jitter", AWS
    Architecture Blog, 2015. A receiver may ask for a longer wait.
    """
    jitter = wait_random_exponential(
        multiplier=sink.backoff.total_seconds(), max=sink.longest_backoff.total_seconds()
    )
    attempts = 0

    async def attempt() -> Outcome:
        nonlocal attempts
        attempts += 1
        return await _attempt(receiver, message, sink)

    retrying = AsyncRetrying(
        retry=retry_if_result(lambda outcome: not (outcome.delivered or outcome.lasting)),
        stop=stop_after_attempt(sink.attempts),
        wait=lambda state: max(jitter(state), _last(state).wait),
        before_sleep=lambda state: on_retry(_last(state)),
        retry_error_callback=_last,
        sleep=sleep,
    )
    outcome: Outcome = await retrying(attempt)
    return Result(outcome, attempts)


async def _attempt(receiver: Receiver, message: Message, sink: Sink) -> Outcome:
    try:
        return await receiver.deliver(message)
    except Exception:
        _LOGGER.exception("sink %s: cannot deliver", sink.name)
        return BROKEN


def _last(state: RetryCallState) -> Outcome:
    if state.outcome is None:
        raise RuntimeError("there was no attempt")
    outcome: Outcome = state.outcome.result()
    return outcome
