"""The plan of a world: one row per request, compact; `render` turns rows into events.

A visit consists of tasks, a task is about one person, and takes one or more searches:
another photo, the same one again, the next page.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detectors.events import CaptureClass, Records

from .almanac import SECOND, Almanac
from .population import Population
from .randomness import F64, I64, U64, Dice, categories, fold, zipf_rank
from .rhythm import Rhythm, per, visits
from .taste import Caseload, Choice, Taste, weight_matrix

SEARCH = np.dtype(
    [
        ("time", "i8"),
        ("actor", "i4"),
        # Number of the request among the actor's, in order of planning.
        ("ordinal", "i4"),
        # A random number of the visit, for what lasts as long as one.
        ("visit", "u8"),
        ("slot", "u1"),
        ("operation", "u1"),
        ("gallery", "i4"),
        # The person on the photo, -1 if the gallery does not know them.
        ("person", "i8"),
        # The photo, and which copy of it (0 is the very same file).
        ("photo", "u8"),
        ("copy", "u1"),
        # The score that a probe made for the person gets; 0 for what the engine gives a photo.
        ("made", "f4"),
        ("capture", "u1"),
        ("relation", "u1"),
        ("limit", "i4"),
        ("offset", "i4"),
        ("threshold", "f4"),
        # Index into `PURPOSES`, -1 for none.
        ("purpose", "i1"),
        # The case that is named, -1 for none.
        ("case", "i8"),
        # One more than the actor whose place and machine it comes from, 0 for the actor's own.
        ("guest", "i4"),
        # Within a second of the actor's last request in this visit.
        ("hasty", "?"),
        # Labelled misuse that the search is part of, -1 if none.
        ("campaign", "i4"),
    ]
)

DEEPER = (1, 2, 2, 3, 4, 5, 20)
LOWER = (1.0, 0.9, 0.9, 0.85, 0.7, 0.5, 0.0)
"""What a deep search multiplies the usual limit and threshold by."""

FIRST_INCIDENT = 1 << 40
"""Case numbers from here on are of incidents, which take one task."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What all cohorts of a world share.

    Attributes:
        almanac: the calendar.
        shapes: of days, from `day_shapes`.
        population: everybody.
        popularity: exponent of the power law of popular people.
        news: whom everybody talks about, per planned local day; -1 for nobody.
        caseload: who works on what.
    """

    almanac: Almanac
    shapes: F64
    population: Population
    popularity: float
    news: I64
    caseload: Caseload


@dataclass(frozen=True, slots=True)
class _Tasks:
    """One entry per task: the actor's row in the cohort and in the population, when, how many.

    `cohort` is the number of actors in the cohort.
    """

    cohort: int
    owner: I64
    actor: I64
    time: I64
    day: I64
    turn: I64
    length: I64


def plan(
    rng: np.random.Generator, stage: Stage, actors: I64, rhythm: Rhythm, taste: Taste
) -> Records:
    """All searches of a cohort, as rows of `SEARCH` whose ordinals are to be set."""
    table = stage.population.actors[actors]
    when = visits(rng, rhythm, table, stage.almanac, stage.shapes)
    first = np.diff(when.visit, prepend=-1) != 0
    opens = first | (rng.random(len(first)) >= per(taste.again, when.owner))
    task, head = np.cumsum(opens) - 1, np.flatnonzero(opens)
    visit_of_task = when.visit[head]
    tasks = _Tasks(
        cohort=len(actors),
        owner=when.owner[head],
        actor=actors[when.owner[head]],
        time=when.time[head],
        day=when.day[head],
        turn=np.arange(len(head)) - np.searchsorted(visit_of_task, visit_of_task),
        length=np.diff(np.append(head, len(task))),
    )

    rows = blank(stage.population, actors[when.owner], when.time)
    _visit_columns(rng, rows, table, when.owner, first)
    _task_columns(rng, stage, rows, taste, tasks)
    rows["hasty"] = ~first & (np.diff(when.time, prepend=0) < SECOND)
    return rows


def blank(population: Population, actors: I64, times: I64) -> Records:
    """Searches as these actors usually make them, of nobody yet."""
    table = population.actors[actors]
    rows: Records = np.zeros(len(times), SEARCH)
    rows["time"] = times
    rows["actor"] = actors
    for column in ("gallery", "limit", "threshold"):
        rows[column] = table[column]
    for column in ("person", "purpose", "case", "campaign"):
        rows[column] = -1
    return rows


def draw_purposes(
    rng: np.random.Generator, population: Population, tenants: I64
) -> NDArray[np.int64]:
    """A purpose per search by its tenant's weights, -1 for none."""
    weights = population.purpose_weights()
    drawn = categories(rng.random(len(tenants)), weights, tenants)
    return np.where(drawn == weights.shape[1] - 1, -1, drawn)


def albums(holder: ArrayLike, person: ArrayLike) -> U64:
    """The photos of a person that somebody has, as a key (holder 0: that everybody has)."""
    return fold(holder, person)


def photos(album: U64, number: ArrayLike) -> U64:
    """The `number`th photo of each album."""
    return fold(album, number)


def copies(rng: np.random.Generator, n: int, resend: ArrayLike) -> NDArray[np.int64]:
    """Which copy of its photo each search sends; 0 with the chance `resend`."""
    return np.where(rng.random(n) < np.asarray(resend, np.float64), 0, rng.integers(1, 7, n))


def captures(photo: U64, weights: F64, rows: I64) -> I64:
    """Where each photo comes from, which is always the same for the same photo."""
    return categories(Dice(photo).uniform("capture"), weights, rows)


def _visit_columns(
    rng: np.random.Generator, rows: Records, table: Records, owner: I64, first: NDArray[np.bool_]
) -> None:
    visit = np.cumsum(first) - 1
    starts = owner[first]
    rows["visit"] = rng.integers(1 << 63, size=len(starts), dtype=np.uint64)[visit]
    rows["slot"] = categories(rng.random(len(starts)), table["slot"].astype(float), starts)[visit]


def _task_columns(
    rng: np.random.Generator, stage: Stage, rows: Records, taste: Taste, tasks: _Tasks
) -> None:
    n = tasks.cohort
    count = len(tasks.owner)
    task = np.repeat(np.arange(count), tasks.length)
    step = np.arange(len(task)) - (np.cumsum(tasks.length) - tasks.length)[task]
    owner = tasks.owner[task]
    choice = categories(rng.random(count), weight_matrix(taste.choice, len(Choice), n), tasks.owner)
    person, case = _people(rng, stage, taste, tasks, choice)
    rows["person"] = person[task]
    operations = weight_matrix(taste.operations, 8, n)
    rows["operation"] = categories(rng.random(count), operations, tasks.owner)[task]

    relation = np.zeros(count, np.int64)
    relation[choice == Choice.OWN_FACE] = taste.own_relation
    relation[(choice == Choice.INTEREST) | (choice == Choice.ROUND)] = taste.list_relation
    rows["relation"] = relation[task]

    table = stage.population.actors[tasks.actor]
    rows["purpose"] = draw_purposes(rng, stage.population, table["tenant"])[task]
    incident = (case < 0) & (rng.random(count) < per(taste.incidents, tasks.owner))
    case[incident] = FIRST_INCIDENT + rng.integers(1 << 40, size=int(incident.sum()))
    case[rng.random(count) >= table["discipline"]] = -1
    rows["case"] = case[task]

    deep = rng.random(count) < per(taste.deep, tasks.owner)
    largest = np.array([tenant.max_limit for tenant in stage.population.tenants])
    times = rng.choice(DEEPER, count)
    raised = np.minimum(table["limit"] * times, largest[table["tenant"]])
    rows["limit"] = np.where(deep, np.maximum(raised, table["limit"]), table["limit"])[task]
    lowered = table["threshold"] * rng.choice(LOWER, count)
    rows["threshold"] = np.where(deep, lowered, table["threshold"])[task]
    pages = (rng.random(count) < per(taste.paging, tasks.owner))[task]
    rows["offset"] = np.where(pages, rows["limit"] * np.minimum(step, 9), 0)

    album, public = _albums(rng, taste, tasks, person, choice)
    few = np.maximum(per(taste.photos, owner), 1.0)
    number = np.floor(few * rng.random(len(task)) ** 2).astype(np.int64)
    once = (choice == Choice.STRANGER) | (choice == Choice.NOBODY)
    number = np.where(once[task], np.minimum(step, rng.integers(1, 4, count)[task]), number)
    number[pages] = 0
    rows["photo"] = photos(album[task], number)
    rows["copy"] = np.where(pages, 0, copies(rng, len(task), per(taste.resend, owner)))
    capture = captures(rows["photo"], weight_matrix(taste.capture, 5, n), owner)
    rows["capture"] = np.where(public[task], CaptureClass.SOCIAL, capture)


def _people(
    rng: np.random.Generator, stage: Stage, taste: Taste, tasks: _Tasks, choice: I64
) -> tuple[I64, I64]:
    table = stage.population.actors[tasks.actor]
    size = stage.population.gallery_sizes()[table["gallery"]]
    drawn = rng.random(len(choice))
    popular = (table["locality"] + zipf_rank(drawn, size, stage.popularity)) % size
    news = stage.news[tasks.day]
    stranger = (drawn * size).astype(np.int64)
    person = np.select(
        [choice == Choice.OWN_FACE, choice == Choice.POPULAR, choice == Choice.NEWS],
        [table["self"], popular, np.where(news >= 0, news, popular)],
        np.where(choice == Choice.NOBODY, -1, stranger),
    )
    length = taste.interests.lengths()
    for kind in (Choice.INTEREST, Choice.ROUND):
        of_kind = np.flatnonzero(choice == kind)
        owner = tasks.owner[of_kind]
        position = (
            tasks.turn[of_kind] % length[owner]
            if kind is Choice.ROUND
            else (length[owner] * drawn[of_kind] ** 1.5).astype(np.int64)
        )
        person[of_kind] = taste.interests.at(owner, position)

    case = np.full(len(choice), -1)
    of_case = np.flatnonzero(choice == Choice.CASE)
    case[of_case], suspect = stage.caseload.assign(rng, tasks.actor[of_case], tasks.time[of_case])
    person[of_case] = np.where(case[of_case] >= 0, suspect, stranger[of_case])
    return person, case


def _albums(
    rng: np.random.Generator, taste: Taste, tasks: _Tasks, person: I64, choice: I64
) -> tuple[U64, NDArray[np.bool_]]:
    """Each task's album, and whether it is one that everybody has."""
    famous = (choice == Choice.POPULAR) | (choice == Choice.NEWS)
    famous |= taste.public_list & (choice == Choice.INTEREST)
    public = famous & (rng.random(len(person)) < taste.shared_photos)
    # What actors do besides their usual life, they do with other photos.
    holder = fold(rng.integers(1 << 63, size=1, dtype=np.uint64), tasks.actor)
    album = albums(np.where(public, np.uint64(0), holder), person)
    once = (choice == Choice.STRANGER) | (choice == Choice.NOBODY)
    return np.where(once, rng.integers(1 << 63, size=len(person), dtype=np.uint64), album), public
