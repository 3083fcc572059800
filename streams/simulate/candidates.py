"""What a search returns: scores, the candidate list, and the person it is taken for.

The gallery's engine is deterministic: the same file gives the same scores and the same
look-alikes. Mated scores rise with the quality of the photo; the best impostor's score
rises with the logarithm of the gallery's size, and further ones fall with their rank, as
in NIST's 1:N reports. A low threshold therefore always returns somebody, and a poor photo
sometimes the wrong person first.
"""

from dataclasses import dataclass

import numpy as np

from detectors.events import CaptureClass, Operation, Records

from .population import Population
from .randomness import F64, I64, U64, Dice, fold

LISTED = 100
"""Candidate ids that an event carries at most."""

RANK_STEP = 0.03
"""How much impostor scores fall with each unit of the logarithm of the rank."""

# Mean quality of a photo by where it comes from (codes of `CaptureClass`).
_QUALITY = {
    CaptureClass.UNKNOWN: 0.62,
    CaptureClass.CCTV: 0.38,
    CaptureClass.LIVE: 0.70,
    CaptureClass.SOCIAL: 0.66,
    CaptureClass.DOCUMENT: 0.85,
}


@dataclass(frozen=True, slots=True)
class Results:
    """What n searches returned; meaningless where a search failed.

    Attributes:
        quality: of the photo, 0 to 1.
        top, second: best scores, 0 to 1; NaN where there is none.
        count: candidates on the page.
        person: who it was taken for, -1 for nobody.
        listed: people on the pages, one after the other; page i is
            `listed[bounds[i]:bounds[i + 1]]`.
        bounds: shape (n + 1,).
    """

    quality: F64
    top: F64
    second: F64
    count: I64
    person: I64
    listed: I64
    bounds: I64


def results(population: Population, rows: Records) -> Results:
    """What the searches `rows` return."""
    photo = Dice(fold(population.dice.bits("photo"), rows["photo"], rows["gallery"]))
    file = Dice(fold(photo.keys, rows["copy"]))
    size = population.gallery_sizes()[rows["gallery"]]
    base = np.array([_QUALITY[CaptureClass(code)] for code in range(len(_QUALITY))])
    quality = _squash(
        _unsquash(base[rows["capture"]]) + 0.6 * photo.normal("quality") + 0.1 * file.normal("q")
    )
    mate = _squash(0.3 + 4.2 * quality + 0.7 * photo.normal("mate") + 0.1 * file.normal("m"))
    mate = np.where(rows["made"] > 0, rows["made"], mate)
    impostor = 0.38 + 0.035 * np.log10(size) + 0.035 * photo.normal("impostor")
    known = rows["person"] >= 0
    threshold = rows["threshold"].astype(np.float64)

    # Impostors above the threshold: the score of rank r is impostor - RANK_STEP * ln(r).
    above = np.exp(np.clip((impostor - threshold) / RANK_STEP, -1.0, 12.0))
    impostors = np.minimum(np.where(impostor >= threshold, above, 0.0), size - 1).astype(np.int64)
    mated = known & (mate >= threshold)
    found = impostors + mated

    verifies = rows["operation"] == Operation.VERIFY
    score = np.where(known, mate, impostor)
    wins = mated & ((mate >= impostor) | verifies)
    position = np.where(mated & ~wins, np.minimum(impostors, 2), 0)
    page = np.clip(found - rows["offset"], 0, rows["limit"]).astype(np.int64)
    count = np.where(verifies, (score >= threshold).astype(np.int64), page)
    bounds = np.concatenate([[0], np.cumsum(np.minimum(count, LISTED))])
    listed = _list(photo, rows, size, bounds, np.where(mated, position, -1))

    best = np.where(wins, rows["person"], _look_alike(photo.keys, rows["person"], size, 0))
    top = np.where(wins, mate, impostor)
    second = np.where(wins, impostor, np.where(mated, mate, impostor - RANK_STEP))
    return Results(
        quality=quality,
        top=np.where(verifies, score, np.where(found > 0, top, np.nan)),
        second=np.where(verifies | (found <= 1), np.nan, second),
        count=count,
        person=np.where(verifies, rows["person"], np.where(found > 0, best, -1)),
        listed=listed,
        bounds=bounds,
    )


def _list(photo: Dice, rows: Records, size: I64, bounds: I64, position: I64) -> I64:
    row = np.repeat(np.arange(len(rows)), np.diff(bounds))
    rank = np.arange(len(row)) - bounds[row] + rows["offset"][row]
    impostor_rank = rank - ((position[row] >= 0) & (rank > position[row]))
    others = _look_alike(photo.keys[row], rows["person"][row], size[row], impostor_rank)
    return np.where(rank == position[row], rows["person"][row], others)


def _look_alike(photo: U64, person: I64, size: I64, rank: I64 | int) -> I64:
    """Who resembles a person at some rank.

    Ranks walk through the gallery at the person's own stride, so that nobody is on a list
    twice or beside themselves: `size` is a prime and one more (`gallery_size`), and the walk
    goes through the others, a prime number of them. Photos of one person enter the walk at
    different ranks, so their lists overlap.
    """
    known = person >= 0
    walk = Dice(np.where(known, fold(person, size), photo))
    others = size - 1
    entered = rank + Dice(photo).below("entry", 8)
    place = (
        walk.below("start", others) + entered * (1 + walk.below("stride", others - 1))
    ) % others
    return (np.where(known, person, walk.below("self", size)) + 1 + place) % size


def _squash(x: F64) -> F64:
    return 1.0 / (1.0 + np.exp(-x))


def _unsquash(p: F64) -> F64:
    return np.asarray(np.log(p / (1.0 - p)))
