"""A unit: one virtual shard with the episodes of its entities.

It is what is kept, moved between workers and restored as one.
"""

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from .alerts import Alert, PatternCode
from .episodes import EpisodeBook
from .events import Records
from .shards.daily import Daily
from .shards.tables import Arrays, Held, under
from .tails import TAIL, tail_of

NEVER: Final = -1
"""The day of a unit that no day has begun for."""

MOST_EMPTY_DAYS: Final = 400
"""After so many days without an event nothing is left that one more could change."""


class Shard(Protocol):
    """State of the entities whose pseudonyms fall into one shard."""

    @property
    def tracked(self) -> dict[str, Held]:
        """Entities by kind."""

    @property
    def untracked(self) -> dict[str, int]:
        """Events by the kind of entity that there was no room for."""

    def begin(self, day: int) -> None:
        """Let a day begin."""

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""


class Unit:
    """One shard, and a book of episodes per pattern that is judged on its kind.

    Attributes:
        today: the day that is being filled (days since the epoch, UTC), or `NEVER`.
        tails: `TAIL` rows as they were when the last days began.

    Args:
        shard: of one kind.
        books: by pattern.
        places: of the patterns among all.
    """

    def __init__(
        self,
        shard: Shard,
        books: Mapping[PatternCode, EpisodeBook],
        places: Mapping[PatternCode, int],
    ) -> None:
        self.shard = shard
        self.books = books
        self.today = NEVER
        self.tails = Daily(TAIL)
        self._places = places

    def begin(self, day: int) -> list[Alert]:
        """Let `day` begin, if it has not; quiet episodes close."""
        if day <= self.today:
            return []
        first, self.today = self.today == NEVER, day
        if first:
            return []
        self.shard.begin(day)
        alerts = [alert for book in self.books.values() for alert in book.advance(day)]
        tail = tail_of({self._places[code]: book.reached for code, book in self.books.items()})
        # Nothing, after nothing, is not worth a word: units that know nothing stay alike.
        if len(tail) or len(self.tail(day)):
            self.tails.put(day, tail)
        return alerts

    def tail(self, day: int) -> Records:
        """The `TAIL` rows as they were when `day` began."""
        return self.tails.at(day)

    def arrays(self) -> Arrays:
        """What a snapshot keeps, beside `today`."""
        kept = {f"shard.{key}": array for key, array in self.shard.arrays().items()}
        for code, book in self.books.items():
            kept |= {f"{code.value}.{key}": array for key, array in book.arrays().items()}
        return kept | {f"tails.{key}": array for key, array in self.tails.arrays().items()}

    def load(self, kept: Mapping[str, NDArray[np.generic]], today: int) -> None:
        """Take a snapshot over.

        Raises:
            SnapshotError: it was laid out by another version.
            KeyError: it lacks what this version keeps.
        """
        self.today = today
        self.shard.load(under(kept, "shard"))
        for code, book in self.books.items():
            book.load(under(kept, code.value))
        self.tails.load(under(kept, "tails"))


def days_to_begin(today: int, day: int) -> range:
    """The days that begin so that `day` does, given the one that is being filled."""
    return range(day if today == NEVER else max(today + 1, day - MOST_EMPTY_DAYS), day + 1)
