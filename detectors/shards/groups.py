"""The shard of galleries, with the groups of accounts that search them."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels.groups import GroupState, observe_groups, pass_day
from ..kernels.hashing import EVENT_ROWS
from ..state.actors import DAY
from ..state.groups import GROUP, KINDS, LADDER, SCENE
from .batch import Stretch
from .retention import EVICTION_DAYS, crowded_out, staying
from .tables import Arrays, Held, Table, under

GROUP_DAYS: Final = 42
"""A group is forgotten after so many days without a search; a gallery after thrice as many."""

MOST_GROUPS: Final = 65_536
"""How many groups a shard holds."""


class GroupShard:
    """State of the galleries that fall here: what their accounts have in common."""

    def __init__(self, most: int = MOST_GROUPS) -> None:
        self.most = most
        self.ladders = Table(LADDER)
        self.scenes = Table(SCENE)
        self.groups = Table(GROUP)
        self.counts: NDArray[np.int64] = np.zeros(1, np.int64)
        self.evicted = 0
        self.crowded_out = 0

    def observe(self, order: NDArray[np.int64], stretch: Stretch) -> None:
        """Apply the events `order` and fill their group figures."""
        while len(order):
            done = observe_groups(
                order,
                stretch.batch.rows,
                stretch.actor_figures,
                self._state(EVENT_ROWS),
                self.most,
                self.counts,
                np.zeros(KINDS, np.uint64),
                stretch.group_figures,
            )
            order = order[done:]

    def begin(self, day: int) -> None:
        """Let a day begin: what the last one taught holds; look for idle rows once a week."""
        pass_day(self._state(0))
        if day % EVICTION_DAYS == 0:
            self.evict(day)

    def evict(self, today: int) -> None:
        """Forget what has been idle for long; if still too full, the longest idle."""
        for table, days in (
            (self.ladders, 3 * GROUP_DAYS),
            (self.groups, GROUP_DAYS),
            (self.scenes, 3 * GROUP_DAYS + EVICTION_DAYS),
        ):
            age = today - table.rows["last"][: len(table)] // DAY
            lifetime = np.full(len(age), days)
            kept = staying(age, lifetime, self.most)
            if kept is None:
                continue
            if table is self.groups:
                self.evicted += int(np.count_nonzero(~kept))
                self.crowded_out += int(np.count_nonzero(crowded_out(kept, age, lifetime)))
            table.keep(kept)

    def _state(self, more: int) -> GroupState:
        """The arrays, with room for so many galleries: hardly an event brings one."""
        return GroupState(
            ladders=self.ladders.view(more),
            scenes=self.scenes.view(more),
            groups=self.groups.view(min(KINDS * more, max(self.most - len(self.groups), 0))),
        )

    @property
    def untracked(self) -> dict[str, int]:
        """Events that there was no room for a group of."""
        return {"cohort": int(self.counts[0])}

    @property
    def tracked(self) -> dict[str, Held]:
        """How many, and the bytes that they take."""
        held = self.ladders.nbytes + self.scenes.nbytes + self.groups.nbytes
        return {"cohort": Held(len(self.groups), held, self.evicted, self.crowded_out)}

    def arrays(self) -> Arrays:
        """What a snapshot keeps."""
        kept: Arrays = {"counts": np.append(self.counts, (self.evicted, self.crowded_out))}
        for name, table in self._tables().items():
            kept |= {f"{name}.{key}": array for key, array in table.arrays().items()}
        return kept

    def load(self, kept: Mapping[str, NDArray[np.generic]]) -> None:
        """Take a snapshot's arrays over."""
        self.counts = kept["counts"][:1].astype(np.int64)
        self.evicted, self.crowded_out = map(int, kept["counts"][1:])
        for name, table in self._tables().items():
            table.load(under(kept, name))

    def _tables(self) -> dict[str, Table]:
        return {"ladders": self.ladders, "scenes": self.scenes, "groups": self.groups}
