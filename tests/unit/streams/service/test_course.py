from dataclasses import dataclass, field

import numpy as np

from detectors.config import Budget, Detection
from detectors.guidance import Change, Guidance
from detectors.lessons import Lesson
from detectors.shards.batch import SHARDS
from detectors.stages import ActorStage
from detectors.state.actors import DAY
from detectors.units import NEVER
from streams.blocks import encode
from streams.service.control import Board
from streams.service.course import Course
from streams.service.stations import Station
from tests.logs import at, name_of, search

from .cluster import append
from .test_stations import rows

FIRST = at(0) // DAY


@dataclass
class Guide:
    """Says what it is told to.

    Attributes:
        begun: the newest day that has begun.
        asked: the days that somebody wanted to begin.
        heard: what somebody judges by.
        changes: what holds from which day on.
    """

    begun: int = NEVER
    asked: list[int] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    changes: dict[int, Guidance] = field(default_factory=dict)

    def has_begun(self, day: int) -> bool:
        """As told."""
        return day <= self.begun

    def begin(self, day: int) -> None:
        """Note it."""
        self.asked.append(day)

    def at(self, day: int) -> Guidance:
        """The last change until then."""
        return self.changes[max(since for since in self.changes if since <= day)]

    def judged_by(self, config_hash: str) -> None:
        """Note it."""
        self.heard.append(config_hash)


def held(budget: float, name: str) -> Guidance:
    """To judge by this."""
    return Guidance(Change(Detection(budget=Budget(budget)), name), Lesson())


def guided(guide: Guide, board: Board | None = None) -> Station:
    """A station of actors that heeds a guide."""
    stage = ActorStage(Detection(), "file", name_of, range(SHARDS))
    return Station(stage, 0, 1, board or Board(), Course(stage, guide))


def test_no_day_is_judged_before_it_is_settled() -> None:
    """The station waits and asks for it; then it goes on from where it was."""
    guide = Guide(changes={0: held(1.0, "old")})
    one, topic = guided(guide), []  # type: ignore[var-annotated]
    append(topic, encode(rows(search(at(0), "a"), search(at(1), "a"))))
    one.take(topic)

    assert one.run().rows == 0
    assert one.parked
    assert guide.asked == [FIRST]
    guide.begun = FIRST
    assert one.run().rows == 1
    assert one.parked
    guide.begun = FIRST + 1
    assert one.run().rows == 1
    assert (one.parked, guide.asked) == (False, [FIRST, FIRST + 1])


def test_a_stage_is_told_once_of_each_change() -> None:
    """On the day from which it holds, in its scales and in what alerts bear."""
    guide = Guide(begun=FIRST + 9, changes={0: held(1.0, "old"), FIRST + 2: held(9.0, "new")})
    one, topic = guided(guide), []  # type: ignore[var-annotated]
    append(topic, encode(rows(*(search(at(day), "a") for day in range(2)))))
    one.take(topic)
    one.run()
    (book, *_) = one.stage.units[0].books.values()
    before = book.calibration.allowed
    append(topic, encode(rows(*(search(at(day), "a") for day in range(2, 5)), first=9)))
    one.take(topic)
    one.run()

    assert guide.heard == ["old", "new"]
    assert book.config_hash == "new"
    assert np.isclose(book.calibration.allowed, 9 * before)


def test_a_station_that_was_restored_judges_as_it_did() -> None:
    """Though nothing new begins, and not before it is known what was decided for its day."""
    guide = Guide(begun=FIRST, changes={0: held(9.0, "new")})
    board, topic = Board(), []  # type: ignore[var-annotated]
    one = guided(guide, board)
    append(topic, encode(rows(search(at(0), "a"))))
    one.take(topic)
    one.run()
    kept = {number: (one.about(number), unit.arrays()) for number, unit in one.stage.units.items()}
    later = Guide(changes=guide.changes)
    again = guided(later, board)
    again.load(kept)
    append(topic, encode(rows(search(at(0, 12), "a"), first=5)))
    again.take(topic)

    assert again.run().rows == 0
    later.begun = FIRST
    assert again.run().rows == 1
    assert later.heard == ["new"]
