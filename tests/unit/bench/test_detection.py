import msgspec
import orjson
import pytest
from click.testing import CliRunner

from bench.detection import Job, Run, by_world, main, pooled, report, run, summary

JOB = Job(world="police", seed=1, actors=60, days=25, campaigns=1.0)


@pytest.fixture(scope="module")
def ran() -> Run:
    """A small world, simulated, replayed and evaluated."""
    return run(JOB)


def test_run_counts_the_log_itself(ran: Run) -> None:
    """Actor-days are counted in the events, and every campaign has its delay."""
    assert ran.events > 1_000
    assert ran.evaluation.basis == "events"
    clear = [c.campaign_id for c in ran.evaluation.campaigns if not c.ambiguous]
    assert [delay.campaign_id for delay in ran.delays] == clear
    assert clear
    assert sum(ran.group_days.values()) > 0


def test_runs_are_pooled_by_world(ran: Run) -> None:
    """Two runs have twice the campaigns and twice the actor-days."""
    other = msgspec.structs.replace(ran, world="gateway")
    together, parts = pooled([ran, other, ran]), by_world([ran, other, ran])

    assert len(together.campaigns) == 3 * len(ran.evaluation.campaigns)
    assert {world: part.runs for world, part in parts.items()} == {"police": 2, "gateway": 1}


def test_report_is_json_with_every_run(ran: Run) -> None:
    """What `--json` writes can be read back, with figures, campaigns and false alerts."""
    told = orjson.loads(orjson.dumps(report([ran], [JOB], "1")))

    assert told["schema"] == "probewatch.bench.detection.v1"
    assert told["figures"].keys() == {"all", "police"}
    assert len(told["runs"][0]["evaluation"]["campaigns"]) == len(ran.evaluation.campaigns)
    assert told["group_days"] == ran.group_days


def test_summary_says_what_was_run(ran: Run) -> None:
    """Sizes, seeds and the configuration stand below the tables."""
    text = "\n".join(summary([ran], [JOB], "1"))

    assert f"police: 1 seeds of 60 actors and 25 days, {ran.events:,} events." in text
    assert "Seeds: 1." in text


def test_evaluation_seeds_are_not_run_one_by_one() -> None:
    """Who names a seed that is kept for evaluation is told so, before anything runs."""
    result = CliRunner().invoke(main, ["--seeds", "1,20001"])

    assert result.exit_code == 2
    assert "20001 is no development seed" in result.output
