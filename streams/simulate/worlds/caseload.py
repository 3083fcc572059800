"""Criminal cases: who works on which, since when, and on whom."""

from dataclasses import dataclass, field

import numpy as np

from ..almanac import DAY
from ..randomness import F64, I64


@dataclass(slots=True)
class Cases:
    """All cases of a world, and whose they are. A case's number is its index.

    Interest in a case halves every so often from its opening to its close.
    """

    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    half_life: list[float] = field(default_factory=list)
    people: list[list[int]] = field(default_factory=list)
    _work: dict[int, list[tuple[int, float]]] = field(default_factory=dict)

    def open(self, opened: float, days: float, half_life_days: float, people: list[int]) -> int:
        """A case opened at `opened` (milliseconds) for so many days; its number."""
        self.opened.append(int(opened))
        self.closed.append(int(opened + days * DAY))
        self.half_life.append(half_life_days * DAY)
        self.people.append(people)
        return len(self.opened) - 1

    def join(self, case: int, actor: int, weight: float) -> None:
        """An actor works on a case, with this weight against the actor's others."""
        self._work.setdefault(actor, []).append((case, weight))

    def of(self, actor: int) -> list[int]:
        """The cases that an actor works on at some time."""
        return [case for case, _ in self._work.get(actor, ())]

    def assign(self, rng: np.random.Generator, actors: I64, times: I64) -> tuple[I64, I64]:
        """For each task its case and person; both -1 where the actor has no case then."""
        case = np.full(len(times), -1)
        person = np.full(len(times), -1)
        if not self.opened:
            return case, person
        opened, closed = np.array(self.opened), np.array(self.closed)
        half_life = np.array(self.half_life)
        drawn = rng.random(len(times))
        for actor in np.unique(actors).tolist():
            work = self._work.get(actor)
            if work is None:
                continue
            mine = np.flatnonzero(actors == actor)
            number = np.array([entry[0] for entry in work])
            age = times[mine, None] - opened[number]
            open_then = (age >= 0) & (times[mine, None] < closed[number])
            fading = np.exp2(-np.maximum(age, 0) / half_life[number])
            weight: F64 = np.cumsum(open_then * fading * [entry[1] for entry in work], axis=1)
            busy = weight[:, -1] > 0
            column = (weight < (drawn[mine] * weight[:, -1])[:, None]).sum(axis=1)
            case[mine[busy]] = number[column[busy]]
        worked = np.flatnonzero(case >= 0)
        leaning = rng.random(len(worked)) ** 2
        person[worked] = [
            self.people[number][int(lean * len(self.people[number]))]
            for number, lean in zip(case[worked].tolist(), leaning.tolist(), strict=True)
        ]
        return case, person
