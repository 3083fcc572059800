"""What happens at police agencies besides the daily work."""

from collections.abc import Iterator

import numpy as np

from ..randomness import I64
from ..rhythm import Hours, Rhythm
from ..taste import Choice, Lists, Taste
from .founding import Cohort, Founding
from .police_lives import EVIDENCE, Force, shifts


def famous_case(founding: Founding, force: Force, people: I64) -> Iterator[Cohort]:
    """A crime that everybody heard of: many officers at many agencies look the same people up."""
    rng = founding.stream("famous")
    span = founding.almanac.span
    table = founding.population.actors
    sharing = people[table["gallery"][people] == 0]
    for _ in range(int(rng.poisson(span / 60)) if len(sharing) else 0):
        heard = sharing[rng.random(len(sharing)) < rng.uniform(0.1, 0.4)]
        age = np.arange(span) - rng.integers(0, span)
        fading = np.where(age >= 0, np.exp(-age / rng.uniform(1.5, 8.0)), 0.0)
        visits = rng.lognormal(-1.2, 0.8, (len(heard), 1)) * fading
        hours, duty = shifts(rng, force, heard)
        who = rng.integers(0, founding.population.galleries[0].size, rng.integers(1, 3))
        if len(heard):
            rhythm = Rhythm(visits * duty, hours, size=1.6)
            taste = Taste(
                {Choice.INTEREST: 1.0},
                Lists.of([who] * len(heard)),
                photos=5.0,
                public_list=True,
                capture=EVIDENCE,
                incidents=0.5,
            )
            yield Cohort("famous_case", heard, rhythm, taste, lookalike=True)


def training_day(founding: Founding, force: Force, people: I64) -> Iterator[Cohort]:
    """An agency learns the tool: for hours everybody searches the same few test persons."""
    table = founding.population.actors
    for agency in range(len(force.sizes)):
        rng = founding.stream("training", agency)
        staff = people[table["tenant"][people] == agency]
        trained = staff[rng.random(len(staff)) < rng.uniform(0.3, 0.8)]
        if len(trained) and rng.random() < founding.almanac.days / 180:
            visits = np.zeros((len(trained), founding.almanac.span))
            visits[:, rng.integers(founding.almanac.span)] = 1.5
            size = founding.population.galleries[force.gallery[agency]].size
            test_persons = rng.integers(0, size, rng.integers(3, 7))
            taste = Taste(
                {Choice.INTEREST: 0.8, Choice.NOBODY: 0.2},
                Lists.of([test_persons] * len(trained)),
                photos=2.0,
                shared_photos=1.0,
                public_list=True,
            )
            rhythm = Rhythm(visits, Hours.OFFICE, dispersion=20.0, size=9.0)
            yield Cohort("training_day", trained, rhythm, taste, lookalike=True)
