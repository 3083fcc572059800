"""A whole synthetic log: a world's innocent life, the misuse in it, and the labels.

The innocent part of a world is the same whatever misuse is planted, event for event.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from detectors.alerts import PatternCode
from detectors.errors import ConfigError
from detectors.events import Records, Relation

from .almanac import DAY, SECOND, Almanac, almanac
from .campaigns import CAMPAIGNS, Difficulty, Misuse, Setting
from .labels import Group, Label, Truth, labels
from .levels import Level
from .population import Population
from .randomness import I64, Dice, chance
from .render import Event, Renderer, event_keys
from .searches import SEARCH, Stage, plan
from .taste import Choice
from .worlds import WORLDS
from .worlds.founding import Cohort, Founding

FIRST_DAY = date(2025, 3, 3)
"""A Monday; ninety days from it see daylight saving time begin, and end in the south."""

FEWEST_ACTORS = 20
MOST_DAYS = 1000

SUSPICIOUSLY_OFTEN, ON_DAYS = 8, 3
"""Look-ups of one's own unverified face, and days, from which on they are labelled ambiguous."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to simulate. The same recipe always gives the same log.

    Attributes:
        world: a key of `WORLDS`.
        seed: which of its kind.
        actors: how many live in it; None for what is usual.
        days: length of the log.
        start: its first day, UTC.
        campaigns: 1 plants one or two campaigns of each pattern and difficulty; 0 none.
        patterns: only these; None for all.
        level: highest level of any tenant's log; None for each tenant's own.
        disorder: seconds by which an event may come late; 0 sorts by event time.
    """

    world: str
    seed: int
    actors: int | None = None
    days: int = 90
    start: date = FIRST_DAY
    campaigns: float = 1.0
    patterns: Collection[PatternCode] | None = None
    level: Level | None = None
    disorder: float = 0.0

    def checked(self) -> "Recipe":
        """Itself, if it can be simulated.

        Raises:
            ConfigError: a value is out of its range.
        """
        wrong = {
            f"world: {self.world!r}, expected one of {', '.join(WORLDS)}": self.world not in WORLDS,
            f"seed: {self.seed}, expected 0 or more": self.seed < 0,
            f"actors: {self.actors}, expected {FEWEST_ACTORS} or more": self.actors is not None
            and self.actors < FEWEST_ACTORS,
            f"days: {self.days}, expected 1 to {MOST_DAYS}": not 1 <= self.days <= MOST_DAYS,
            f"campaigns: {self.campaigns}, expected 0 or more": not self.campaigns >= 0,
            f"disorder: {self.disorder}, expected 0 or more": not self.disorder >= 0,
            f"patterns: {self.patterns}, expected some of {', '.join(CAMPAIGNS)}": not set(
                self.patterns or ()
            ).issubset(CAMPAIGNS),
        }
        for message, is_wrong in wrong.items():
            if is_wrong:
                raise ConfigError(f"simulate: {message}")
        return self


@dataclass(frozen=True, slots=True)
class Scenario:
    """A planned log, to be rendered.

    Attributes:
        recipe: of what.
        rows: all searches, `SEARCH`, in order of delivery.
        population: everybody.
        almanac: the calendar.
        truth: what is labelled.
        parameters: what makes this world differ from others of its kind.
    """

    recipe: Recipe
    rows: Records
    population: Population
    almanac: Almanac
    truth: Truth
    parameters: dict[str, float]

    def events(self) -> Iterator[Event]:
        """The query events in order of delivery."""
        ceiling = Level.L3 if self.recipe.level is None else self.recipe.level
        return Renderer(self.population, self.almanac, ceiling).events(self.rows)

    def labels(self) -> Iterator[Label]:
        """Meta line, campaigns, groups."""
        about: Label = {
            "world": self.recipe.world,
            "seed": self.recipe.seed,
            "parameters": dict(sorted(self.parameters.items())),
        }
        rows = self.rows[np.argsort(self.rows["time"], kind="stable")]
        return labels(self.population, self.almanac, rows, self.truth, about)


def build(recipe: Recipe) -> Scenario:
    """Plan a log.

    Raises:
        ConfigError: a value of the recipe is out of its range.
    """
    recipe.checked()
    kind = WORLDS[recipe.world]
    calendar = almanac(recipe.seed, recipe.start, recipe.days)
    founding = Founding.begin(recipe.world, recipe.seed, recipe.actors or kind.actors, calendar)
    world = kind.found(founding)
    ledger = _Ledger()
    groups: dict[str, Group] = {}
    misuses: list[Misuse] = []
    for number, cohort in enumerate(world.cohorts):
        rng = founding.stream("plan", cohort.name, number)
        rows = ledger.enter(plan(rng, world.stage, cohort.actors, cohort.rhythm, cohort.taste))
        if cohort.lookalike:
            _remember(groups.setdefault(cohort.name, Group()), world.stage, cohort, rows)
        misuses += _own_faces(world.stage, rows, first=len(misuses))
    for misuse in _plant(recipe, founding, world.stage, ledger.rows(), list(misuses)):
        misuse.rows["campaign"] = len(misuses)
        ledger.enter(misuse.rows)
        misuses.append(misuse)
    rows = ledger.rows()
    return Scenario(
        recipe=recipe,
        rows=rows[_delivery(founding.population, rows, recipe.disorder)],
        population=founding.population,
        almanac=calendar,
        truth=Truth(misuses, groups),
        parameters=founding.parameters.values,
    )


def generate(recipe: Recipe) -> Iterator[Event]:
    """The events of a log, each as it would be written, in order of delivery.

    Raises:
        ConfigError: a value of the recipe is out of its range.
    """
    return build(recipe).events()


class _Ledger:
    """All searches, with their ordinals: an actor's first one entered is 0."""

    def __init__(self) -> None:
        self._entries: list[Records] = [np.zeros(0, SEARCH)]
        self._counts = np.zeros(0, np.int64)

    def enter(self, rows: Records) -> Records:
        """Number the rows and keep them; the same rows."""
        actors = rows["actor"]
        self._counts.resize(max(len(self._counts), int(actors.max(initial=-1)) + 1), refcheck=False)
        order = np.argsort(actors, kind="stable")
        by_actor = actors[order]
        rank = np.arange(len(rows)) - np.searchsorted(by_actor, by_actor)
        rows["ordinal"][order] = self._counts[by_actor] + rank
        self._counts += np.bincount(actors, minlength=len(self._counts))
        self._entries.append(rows)
        return rows

    def rows(self) -> Records:
        """All of them, in the order of entry."""
        self._entries = [np.concatenate(self._entries)]
        return self._entries[0]


def _remember(group: Group, stage: Stage, cohort: Cohort, rows: Records) -> None:
    """Label the actors of a cohort, and whom they look up for its sake."""
    galleries = stage.population.actors["gallery"]
    namespaces = stage.population.namespaces()
    group.actors.update(np.unique(rows["actor"]).tolist())
    interests = cohort.taste.interests
    if len(interests.people):
        owner, listed = np.repeat(cohort.actors, interests.lengths()), interests.people
    elif Choice.OWN_FACE in cohort.taste.choice:
        owner, listed = cohort.actors, stage.population.actors["self"][cohort.actors]
    else:
        return
    spaces = namespaces[galleries[owner]]
    group.people.update(zip(spaces.tolist(), listed.tolist(), strict=True))


def _own_faces(stage: Stage, rows: Records, first: int) -> list[Misuse]:
    """Actors who keep looking at what may be their own face: nobody can say from the log."""
    table = stage.population.actors
    own = (rows["person"] == table["self"][rows["actor"]]) & (rows["person"] >= 0)
    own &= rows["relation"] != Relation.SELF
    found: list[Misuse] = []
    for actor in np.unique(rows["actor"][own]).tolist():
        mine = np.flatnonzero(own & (rows["actor"] == actor))
        days = np.unique(rows["time"][mine] // DAY)
        if len(mine) >= SUSPICIOUSLY_OFTEN and len(days) >= ON_DAYS:
            rows["campaign"][mine] = first + len(found)
            namespace = stage.population.galleries[table["gallery"][actor]].namespace
            found.append(
                Misuse(
                    PatternCode.PERSISTENT_STALKING,
                    Difficulty.MODERATE,
                    rows[mine],
                    victims=((namespace, int(table["self"][actor])),),
                    ambiguous=True,
                )
            )
    return found


def _plant(
    recipe: Recipe,
    founding: Founding,
    stage: Stage,
    innocent: Records,
    ambiguous: Collection[Misuse],
) -> Iterator[Misuse]:
    """The campaigns of every pattern asked for, at every difficulty."""
    setting = Setting(
        almanac=founding.almanac,
        population=founding.population,
        innocent=innocent[np.lexsort((innocent["time"], innocent["actor"]))],
        cases_of=stage.caseload.of,
        taken={int(misuse.rows["actor"][0]) for misuse in ambiguous},
    )
    for pattern, campaign in CAMPAIGNS.items():
        if recipe.patterns is not None and pattern not in recipe.patterns:
            continue
        for difficulty in Difficulty:
            counting = founding.stream("campaigns", pattern, difficulty)
            wanted = recipe.campaigns * (1 + chance(counting, 0.5))
            for number in range(int(wanted) + chance(counting, wanted % 1)):
                rng = founding.stream("campaign", pattern, difficulty, number)
                misuse = campaign(rng, setting, difficulty)
                if misuse is not None:
                    yield misuse


def _delivery(population: Population, rows: Records, disorder: float) -> I64:
    """The order in which events are written: by time, or by time and a random delay."""
    if not disorder:
        return np.argsort(rows["time"], kind="stable")
    delay = -np.log(Dice(event_keys(population, rows)).uniform("delay")) * disorder / 4
    return np.argsort(rows["time"] + SECOND * np.minimum(delay, disorder), kind="stable")
