"""History as the first checkpoints: what `replay --save-state` wrote, in the state topics."""

from pathlib import Path
from typing import Any

import msgspec
import zstandard

from detectors.errors import ConfigError, SnapshotError
from detectors.shards.batch import SHARDS
from detectors.shards.tables import Arrays, under
from detectors.snapshot import unpack
from streams.kafka.topics import Topics
from streams.settings import Settings

from .control import Board
from .keeper import Durability, Keeper
from .stations import Station
from .worker import STAGES


class _About(msgspec.Struct):
    """What is said of a whole state, as far as it matters here."""

    today: int
    shards: int
    key: str = ""


async def bootstrap(state: Path, settings: Settings, topics: Topics, durability: Durability) -> int:
    """Write a state into the state topics, where there is none yet.

    What was begun and broken off is finished by a second call.

    Returns:
        How many of the units were written; 0 if all of them had state.

    Raises:
        ConfigError: the file cannot be read.
        SnapshotError: it is no state, or one of another version or pseudonym key.
        BrokerError: the broker fails or refuses.
    """
    about, arrays = _read(state, durability)
    written = 0
    for kind, make in STAGES.items():
        state_topic = {
            "actor": topics.actor_state,
            "subject": topics.subject_state,
            "network": topics.network_state,
            "cohort": topics.cohort_state,
        }[kind]
        for number in range(state_topic.partitions):
            stage = make(
                settings.detection,
                settings.config_hash,
                _unnamed,
                range(number, SHARDS, state_topic.partitions),
            )
            station = Station(stage, number, state_topic.partitions, Board())
            keeper = await Keeper.open(station, state_topic.name, durability)
            try:
                lacking = keeper.lacking()
                station.load({shard: _unit(kind, shard, about, arrays) for shard in lacking})
                for group in keeper.groups(lacking):
                    await keeper.save(group)
                written += len(lacking)
            finally:
                await keeper.close()
    return written


def _read(state: Path, durability: Durability) -> tuple[_About, Arrays]:
    try:
        packed = state.read_bytes()
    except OSError as error:
        raise ConfigError(f"{state}: cannot be read: {error.strerror}") from error
    try:
        blob = zstandard.ZstdDecompressor().decompress(packed)
    except zstandard.ZstdError as error:
        raise SnapshotError(f"{state}: no state that replay --save-state wrote") from error
    plain, arrays = unpack(blob)
    about = msgspec.convert(plain, _About)
    if about.key != durability.fingerprint:
        raise SnapshotError(
            f"{state}: was made with another pseudonym key, or with --pseudonyms none"
        )
    if about.shards != SHARDS:
        raise SnapshotError(f"{state}: has {about.shards} shards, this program {SHARDS}")
    return about, arrays


def _unit(kind: str, shard: int, about: _About, arrays: Arrays) -> tuple[dict[str, Any], Arrays]:
    """As a checkpoint has it: nothing has been read of any topic yet."""
    return (
        {"today": about.today, "position": 0, "seen": []},
        under(arrays, f"{kind}.{shard}"),
    )


def _unnamed(kind: str, pseudonym: tuple[int, int]) -> str:
    """Nothing is judged here, so nobody has to be named."""
    raise NotImplementedError(kind, pseudonym)
