import numpy as np
import orjson
import pytest

from detectors.alerts import Entity, PatternCode
from detectors.pipeline import Judgement
from streams.explain.trail import About, Trail
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PlainNames
from tests.logs import at, in_order, search

CODE = PatternCode.PERSISTENT_STALKING


def trail_of(about: About) -> Trail:
    """What is kept of six searches, the last of which was scored, in two batches."""
    names = PlainNames()
    ingest = Ingest(names)
    events = in_order(
        [
            search(at(0), "ada", "ann", case_ref="c1"),
            search(at(1), "ada", "bea", case_ref="c2"),
            search(at(2), "bob", "ann"),
            search(at(3), "ada"),
            search(at(4), "bob", "bea"),
            search(at(5), "ada", "ann", case_ref="c1"),
        ]
    )
    trail = Trail(names, about, [CODE])
    for part, last in ((events[:3], np.nan), (events[3:], 0.9)):
        batch = ingest.decode([_line(event) for event in part], 0).batch
        scores = np.full(len(batch), np.nan, np.float32)
        scores[-1] = last
        trail.note(batch, Judgement(scores={CODE.value: scores}))
    return trail


def _line(event: dict[str, object]) -> bytes:
    return orjson.dumps(event)


@pytest.mark.parametrize(
    ("entity", "actors", "subjects", "days"),
    [
        (Entity("actor", "ada"), ("ada",), (), [0, 1, 3, 5]),
        (Entity("pair", "ada+ann"), ("ada",), ("ann",), [0, 5]),
        (Entity("subject", "ann"), ("ada", "bob"), ("ann",), [0, 2, 5]),
        (Entity("case", "c1"), ("ada",), ("ann",), [0, 5]),
        (Entity("cohort", "g"), ("ada", "bob"), (), [0, 1, 2, 3, 4, 5]),
        (Entity("actor", "eve"), ("eve",), (), []),
    ],
)
def test_the_searches_of_those_whom_an_alert_is_about_are_kept(
    entity: Entity, actors: tuple[str, ...], subjects: tuple[str, ...], days: list[int]
) -> None:
    """By account, by person, by both, by case; of a group by all of its accounts."""
    found = trail_of(About.entity(entity, actors, subjects)).searches(CODE)

    assert found.times.tolist() == [at(day) for day in days]
    assert np.isnan(found.scores[:-1]).all()


def test_scores_stay_with_their_searches() -> None:
    """The one that was scored is the last."""
    found = trail_of(About(actors=frozenset({"ada"}))).searches(CODE)

    assert found.scores[-1] == pytest.approx(0.9)
