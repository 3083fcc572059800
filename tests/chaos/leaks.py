"""A search for plain ids in all that the service writes, however it is packed."""

from collections.abc import Iterator
from typing import Any, Final

import zstandard

from streams.checkpoints.records import read_part
from streams.kafka.topics import Topic

from .application import Application
from .reference import Units
from .story import MARKED_ACTOR, MARKED_SUBJECT

_PLAIN: Final = (MARKED_ACTOR.encode(), MARKED_SUBJECT.encode())
_FRAME: Final = bytes.fromhex("28b52ffd")
"""What a Zstandard frame begins with (RFC 8878)."""


def leaks(application: Application, units: Units, witness: str) -> list[str]:
    """Where plain ids stand, a sentence each; also if what does stand there is not found.

    Args:
        application: whose topics to look through.
        units: its state, as it is read back.
        witness: id of an event, which blocks do hold.
    """
    topics = application.topics
    states = (topics.actor_state, topics.subject_state, topics.network_state)
    found = [
        f"{topic.name} has a plain id in it"
        for topic in topics
        if topic is not topics.queries
        and any(
            plain in text
            for text in _texts(application, topic, topic in states)
            for plain in _PLAIN
        )
    ]
    if any(
        plain in array.tobytes()
        for unit in units.values()
        for array in unit.values()
        for plain in _PLAIN
    ):
        found.append("the state has a plain id in it")
    blocks = _texts(application, topics.actors, parts=False)
    if not any(witness.encode() in text for text in blocks):
        found.append("the search for plain ids is blind: it does not find the id of an event")
    return found


def _texts(application: Application, topic: Topic, parts: bool) -> Iterator[bytes]:  # noqa: FBT001
    """All bytes of a topic's records: keys, headers, values as they are and unpacked."""
    pieces: dict[int, bytes] = {}
    for record in application.records(topic):
        value = record.value or b""
        yield record.key or b""
        yield repr(record.headers).encode()
        yield value
        if parts and value:
            part = read_part(value)
            pieces[part.id] = pieces.get(part.id, b"") + part.data
        else:
            yield from _unpacked(value)
    for piece in pieces.values():
        yield from _unpacked(piece)


def _unpacked(value: bytes) -> Iterator[bytes]:
    at = value.find(_FRAME)
    if at >= 0:
        unpacker: Any = zstandard.ZstdDecompressor().decompressobj()
        try:
            yield unpacker.decompress(value[at:])
        except zstandard.ZstdError:
            # The rest of a segment whose beginning was deleted with the head of the log.
            return
