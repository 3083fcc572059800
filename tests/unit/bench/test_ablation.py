import pytest

from bench.ablation import PARTS, WHOLE, learn_all, run, sheet
from bench.detection import Job
from detectors.shards.actors import ActorShard
from streams.evaluate import Evaluation


@pytest.fixture(scope="module")
def ran() -> dict[str, Evaluation]:
    """A small world without each part."""
    return run(Job(world="police", seed=1, actors=60, days=25, campaigns=1.0))


def test_every_part_is_taken_out_and_put_back(ran: dict[str, Evaluation]) -> None:
    """All are judged by the same labels, and nothing is left changed."""
    assert ran.keys() >= PARTS.keys()
    assert {one.actor_days for one in ran.values()} == {ran[WHOLE].actor_days}
    assert ActorShard.suspect is not learn_all


def test_taking_parts_out_changes_what_is_found(ran: dict[str, Evaluation]) -> None:
    """Evidence at face value is not worth as much."""
    found = {
        part: {c.campaign_id for c in one.campaigns if c.found_at} for part, one in ran.items()
    }

    assert found["calibration: evidence at face value"] != found[WHOLE]
    assert found["bulk_scraping"] < found[WHOLE]


def test_a_line_for_each_part(ran: dict[str, Evaluation]) -> None:
    """The whole comes first."""
    table = sheet([ran, ran])

    assert table.rows[0][0] == WHOLE
    assert len(table.rows) == len(ran)
