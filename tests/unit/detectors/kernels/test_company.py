"""How many accounts come back to one person, beside the same law in numbers."""

import math
from typing import Any

import numpy as np
import pytest

from detectors.kernels.company import (
    MOST_TAUGHT,
    PRIOR_LOGS,
    PRIOR_SHARED,
    SURE_KEPT,
    SURE_SHARED,
    fade_company,
    learn_company,
    surprise_of_company,
)
from detectors.state.subjects import CUSTOM


def custom(*persons: int) -> Any:
    """A tenant's law after a day on which so many accounts came back to each of the persons."""
    row = np.zeros(1, CUSTOM).view(np.recarray)[0]
    for accounts in persons:
        for returning in range(1, accounts + 1):
            learn_company(row, 1, returning)
    fade_company(row, 0.5)
    return row


def test_one_account_is_no_company() -> None:
    """That somebody comes back is for other figures to tell."""
    assert surprise_of_company(custom(), 1) == 0


def test_is_a_hurdle_and_a_tail() -> None:
    """Shares and means of the tenant's other persons, beside what is known beforehand."""
    row = custom(*[1] * 20, 2, 9, 5)

    hurdle = (SURE_KEPT * PRIOR_SHARED + 2) / (SURE_KEPT + 22)
    logs = math.log(8)
    mean = (SURE_SHARED * PRIOR_LOGS + logs) / (SURE_SHARED + 2)
    assert surprise_of_company(row, 5) == pytest.approx(-math.log(hurdle) + math.log(4) / mean)


def test_is_usual_where_lists_are_watched() -> None:
    """Six accounts at one person surprise less where five come back to most."""
    nats = [surprise_of_company(custom(*[n] * 40), 6) for n in (1, 2, 5)]

    assert nats[0] > nats[1] > nats[2]
    assert nats[2] < 2


def test_today_teaches_nothing_yet_and_fades() -> None:
    """What a day taught holds from the next one on."""
    row = custom(1, 2)
    learn_company(row, 1, 1)
    assert (row.kept, row.shared) == (2, 1)
    fade_company(row, 0.5)
    assert (row.kept, row.shared) == (2, 0.5)


def test_stars_teach_no_more_than_others() -> None:
    """Nor does anything but coming back."""
    star, person = custom(10 * MOST_TAUGHT), custom(MOST_TAUGHT)
    assert (star.kept, star.shared, star.company) == (person.kept, person.shared, person.company)
    learn_company(star, 0, 1)
    learn_company(star, -1, 1)
    assert star.today_kept == 0
