"""What happens at the customers of an API gateway besides their business."""

from collections.abc import Iterator

import numpy as np

from detectors.events import CaptureClass, Operation

from ..almanac import DAY
from ..randomness import I64
from ..rhythm import Hours, Rhythm, spells
from ..taste import Choice, Taste
from .founding import Cohort, Founding
from .gateway_lives import Clientele, in_business, regulars

ENTRY_DAYS = 4
"""How long a new customer enters its people."""


def load_test(
    founding: Founding, clientele: Clientele, developers: I64, services: I64
) -> Iterator[Cohort]:
    """For a day or two the same few photos again and again, as fast as it goes."""
    rng = founding.stream("load_test")
    share = founding.parameters.uniform("share_load_testing", 0.1, 0.4)
    testing = np.union1d(
        developers[rng.random(len(developers)) < share],
        services[rng.random(len(services)) < share / 6],
    )
    if not len(testing):
        return
    n = len(testing)
    days = spells(rng, (n, founding.almanac.span), 0.4, 1.6)
    rhythm = Rhythm(
        visits=1.2 * days * (in_business(clientele, testing) > 0),
        hours=Hours.OFFICE,
        size=np.minimum(rng.lognormal(5.0, 0.8, n), 1500),
        gap=rng.lognormal(-1.0, 0.8, n),
        gap_sigma=0.4,
    )
    taste = Taste(
        {Choice.INTEREST: 0.8, Choice.NOBODY: 0.2},
        regulars(rng, clientele, testing, 2, 15),
        again=0.0,
        photos=1.0,
        resend=1.0,
        paging=0.0,
        deep=0.0,
    )
    yield Cohort("load_test", testing, rhythm, taste, lookalike=True)


def onboarding(founding: Founding, clientele: Clientele, services: I64) -> Iterator[Cohort]:
    """A new customer enters its people in the first days, and looks some of them up."""
    rng = founding.stream("onboarding")
    almanac = founding.almanac
    tenant = founding.population.actors["tenant"][services]
    joined = np.array(clientele.joined)[tenant]
    new, joined = services[joined > 0], joined[joined > 0]
    if not len(new):
        return
    age = np.arange(almanac.span) - 1 - ((joined - almanac.start) // DAY)[:, None]
    rhythm = Rhythm(
        visits=np.where((age >= 1) & (age < 1 + ENTRY_DAYS), 0.7, 0.0),
        hours=Hours.OFFICE,
        size=np.minimum(rng.lognormal(4.3, 0.9, len(new)), 800),
        gap=rng.lognormal(-0.5, 0.8, len(new)),
        gap_sigma=0.5,
    )
    taste = Taste(
        {Choice.STRANGER: 1.0},
        again=0.05,
        operations={Operation.ENROL: 0.85, Operation.IDENTIFY: 0.15},
        capture={CaptureClass.DOCUMENT: 0.8, CaptureClass.LIVE: 0.2},
        deep=0.0,
    )
    yield Cohort("onboarding", new, rhythm, taste, lookalike=True)
