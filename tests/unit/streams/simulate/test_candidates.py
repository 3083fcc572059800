"""Candidate lists are those of one engine over one gallery."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import Operation, Records
from streams.simulate.candidates import results
from streams.simulate.networks import Networks
from streams.simulate.population import Gallery, Population, gallery_size
from streams.simulate.randomness import Dice, fold
from streams.simulate.searches import SEARCH


def gallery_of(size: int) -> Population:
    """One gallery of about so many people."""
    population = Population(Dice(fold(np.array([7]))), Networks())
    population.galleries.append(Gallery(namespace=0, size=gallery_size(size)))
    return population


def searches(n: int, **columns: object) -> Records:
    """`n` identifications, each with a photo of its own."""
    rows: Records = np.zeros(n, SEARCH)
    rows["photo"] = fold(np.arange(n))
    rows["limit"] = 10
    for name, value in columns.items():
        rows[name] = value
    return rows


@given(st.integers(60, 5000), st.integers(-1, 59), st.integers(1, 50))
def test_nobody_is_on_a_list_twice(size: int, person: int, limit: int) -> None:
    """Threshold 0 fills the list with distinct people, with the one on the photo among them."""
    found = results(gallery_of(size), searches(20, person=person, limit=limit, threshold=0.0))

    for low, high in zip(found.bounds, found.bounds[1:], strict=False):
        page = found.listed[low:high]
        assert len(page) == limit
        assert len(np.unique(page)) == limit
        assert person < 0 or limit < 3 or person in page


def test_pages_continue_each_other() -> None:
    """The second page begins where the first ended, and shares nobody with it."""
    rows = searches(2, person=5, threshold=0.0)
    rows["photo"] = rows["photo"][0]
    rows["offset"] = [0, 10]
    found = results(gallery_of(10_000), rows)

    assert len(np.unique(found.listed)) == 20
    assert found.person[0] == found.person[1]


def test_a_high_threshold_finds_fewer() -> None:
    """And of strangers nobody."""
    rows = searches(3000, person=np.where(np.arange(3000) % 2, 17, -1), limit=50)
    counts = []
    for threshold in (0.0, 0.55, 0.7, 0.9):
        rows["threshold"] = threshold
        counts.append(results(gallery_of(100_000), rows).count.mean())

    assert counts == sorted(counts, reverse=True)
    rows["threshold"] = 0.8
    found = results(gallery_of(100_000), rows)
    assert (found.person[rows["person"] < 0] == -1).mean() > 0.99
    assert (found.person[rows["person"] == 17] == 17).mean() > 0.6


def test_verification_is_about_the_claimed_person() -> None:
    """Whether or not the face agrees."""
    rows = searches(500, person=9, threshold=0.95, operation=Operation.VERIFY)
    found = results(gallery_of(1000), rows)

    assert (found.person == 9).all()
    assert set(found.count.tolist()) == {0, 1}


def test_lists_of_one_person_overlap() -> None:
    """Two photos of the same person bring mostly the same look-alikes; two persons others."""
    rows = searches(3, person=[3, 3, 4], threshold=0.0, limit=50)
    found = results(gallery_of(1_000_000), rows)
    first, second, third = (
        set(found.listed[low:high].tolist())
        for low, high in zip(found.bounds, found.bounds[1:], strict=False)
    )

    assert len(first & second) > 35
    assert len(first & third) < 5


def test_gallery_sizes_are_one_more_than_a_prime() -> None:
    """So that a walk through the others meets everybody."""
    assert [gallery_size(about) for about in (4, 9, 13, 1000)] == [4, 12, 14, 1010]
