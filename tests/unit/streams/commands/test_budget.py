from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from detectors.errors import InputError
from detectors.verdicts import Ruling
from streams.commands.evaluate import evaluate
from streams.outputs import Outputs
from streams.replay import replay
from streams.settings import Settings
from streams.simulate import Recipe, build
from streams.summary import Summary
from tests.verdicts import a_verdict


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of a gateway's customers, with misuse among them."""
    path = tmp_path_factory.mktemp("budget") / "log.jsonl"
    scenario = build(Recipe(world="gateway", seed=1, actors=30, days=14))
    path.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in scenario.events()))
    return path


def asked(*args: object) -> Result:
    """What the command did."""
    command = ["budget", *map(str, args), "--pseudonyms", "none"]
    return CliRunner().invoke(evaluate, command, catch_exceptions=False)


def replayed(log: Path, alerts: Path) -> Summary:
    """The same log, through `replay`."""
    return replay(Settings(), [str(log)], Outputs(names="none", alerts=alerts), lambda *_: None)


def test_a_log_is_judged_and_its_budget_told(log: Path, tmp_path: Path) -> None:
    """As `replay` tells in its line; actor-days are those of the log; tenants add up."""
    out = tmp_path / "budget.json"
    result = asked(log, "--json", out)
    summary = replayed(log, tmp_path / "alerts.jsonl")
    found = orjson.loads(out.read_bytes())
    first = found["lines"][0]
    events = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    days = {(e["tenant_id"], e["actor_id"], str(e["event_time"])[:10]) for e in events}

    assert result.exit_code == 0
    assert summary.budget is not None
    assert first["actor_days"] == summary.budget.actor_days == len(days)
    assert first["alerts"] == summary.budget.alerts > 0
    assert first["most"] == summary.budget.most
    tenants = {event["tenant_id"] for event in events}
    whole = [line for line in found["lines"] if line["pattern"] is None]
    assert {line["tenant"] for line in whole} == {None, *tenants}
    assert sum(line["actor_days"] for line in whole[1:]) == first["actor_days"]
    assert {warm_up["tenant"] for warm_up in found["warm_up"]} == tenants
    assert result.stdout.startswith(f"{events[0]['event_time'][:10]} to ")
    assert "Held at all tenants, per 10,000 actor-days\n" in result.stdout


def test_verdicts_true_lower_the_bound(log: Path, tmp_path: Path) -> None:
    """If they are of this log's alerts; what is said of others is no matter."""
    alerts, said, out = (tmp_path / name for name in ("alerts.jsonl", "said.jsonl", "out.json"))
    before = replayed(log, alerts).budget
    ids = {orjson.loads(line)["alert_id"] for line in alerts.read_bytes().splitlines()}
    # Too late to teach: the alerts are the same ones.
    time = 4_000_000_000_000
    told = [
        a_verdict(alert_id=name, verdict=Ruling.TRUE, event_time=time).line()
        for name in [*sorted(ids), "another"]
    ]
    said.write_bytes(b"\n".join(told) + b"\n")
    asked(log, "--verdicts", said, "--json", out)
    first = orjson.loads(out.read_bytes())["lines"][0]

    assert before is not None
    assert before.most is not None
    assert first["real"] == first["alerts"] == before.alerts > 0
    assert first["most"] < before.most


def test_one_tenant_can_be_asked_about(log: Path, tmp_path: Path) -> None:
    """It alone is told of; one that there is not is an error."""
    out = tmp_path / "budget.json"
    tenant = orjson.loads(log.read_bytes().splitlines()[0])["tenant_id"]
    result = asked(log, "--tenant", tenant, "--json", out)
    found = orjson.loads(out.read_bytes())

    assert {line["tenant"] for line in found["lines"]} == {tenant}
    assert f"Held at {tenant}, per 10,000 actor-days\n" in result.stdout
    assert "Judged since " in result.stdout
    with pytest.raises(InputError, match="no event of tenant nobody that can be judged"):
        asked(log, "--tenant", "nobody")


def test_a_log_without_events_is_an_error(tmp_path: Path) -> None:
    """There is nothing to hold."""
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"none\n")

    with pytest.raises(InputError, match=r"empty\.jsonl: no event that can be judged"):
        asked(empty)


def test_settings_are_heeded(log: Path, tmp_path: Path) -> None:
    """What is promised is theirs."""
    config, out = tmp_path / "strict.toml", tmp_path / "budget.json"
    config.write_text("[budget]\nfalse_alerts_per_10000_actor_days = 0.01\n")
    asked(log, "--config", config, "--json", out)

    assert orjson.loads(out.read_bytes())["lines"][0]["promised"] == pytest.approx(0.01)


def test_help_has_an_example() -> None:
    """As every command's."""
    result = CliRunner().invoke(evaluate, ["budget", "--help"])

    assert result.exit_code == 0
    assert "probewatch evaluate budget log.jsonl.gz --verdicts verdicts.jsonl" in result.stdout
