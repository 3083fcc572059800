import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from detectors.errors import InputError
from streams.commands.evaluate import evaluate
from streams.evaluate.plot import PlotError

ALERT: dict[str, Any] = {
    "schema": "probewatch.alert.v1",
    "alert_id": "a1",
    "revision": 1,
    "pattern": "bulk_scraping",
    "status": "open",
    "mode": "live",
    "severity": "high",
    "score": 1.0,
    "rarity": 0.1,
    "tenant_id": "t",
    "tenants": ["t"],
    "gallery_id": None,
    "entity": {"type": "actor", "id": "a"},
    "actors": ["a"],
    "subjects": [],
    "campaign_id": None,
    "first_event_time": "2026-03-01T00:00:00.000Z",
    "last_event_time": "2026-03-01T00:00:01.000Z",
    "raised_event_time": "2026-03-01T00:00:01.000Z",
    "event_count": 2,
    "subjects_exposed": 2,
    "reasons": [],
    "event_ids": ["e1", "e2"],
    "config_hash": "c",
    "taxonomy": {"owasp_oat": "OAT-011"},
}
LABELS: list[dict[str, Any]] = [
    {"type": "meta", "actors": 2, "days": 5},
    {
        "type": "campaign",
        "campaign_id": "c1",
        "pattern": "bulk_scraping",
        "difficulty": "blatant",
        "tenants": ["t"],
        "actors": ["a"],
        "subjects": [],
        "start": "2026-03-01T00:00:00Z",
        "end": "2026-03-01T01:00:00Z",
        "event_ids": ["e1", "e2", "e3"],
    },
]
EVENTS: list[dict[str, Any]] = [
    {
        "event_id": f"e{n}",
        "event_time": f"2026-03-01T00:00:0{n - 1}Z",
        "tenant_id": "t",
        "actor_id": "a" if n < 4 else "b",
        "candidate_ids": [f"s{n}"],
    }
    for n in range(1, 5)
]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The three files of a small run."""
    written = {}
    for name, records in {"alerts": [ALERT], "labels": LABELS, "events": EVENTS}.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        written[name] = str(path)
    return written


def test_figures_are_shown_and_written(files: dict[str, str], tmp_path: Path) -> None:
    """With the log, exposure and actor-days are counted; the JSON says the same as the table."""
    out = tmp_path / "figures.json"
    result = CliRunner().invoke(
        evaluate,
        [files["alerts"], files["labels"], "--events", files["events"], "--json", str(out)],
    )
    assert result.exit_code == 0, result.output
    assert "1/1" in result.output
    figures = json.loads(out.read_bytes())
    assert figures["schema"] == "probewatch.evaluation.v1"
    assert figures["actor_days"] == 1
    assert figures["actor_days_basis"] == "events"
    assert figures["alerts"] == {"found": 1}
    whole = figures["detection"][-1]
    assert (whole["pattern"], whole["difficulty"], whole["rate"]) == ("bulk_scraping", None, 1.0)
    assert whole["interval"] == pytest.approx([0.2065, 1.0], abs=1e-4)
    assert whole["searches"] == {"median": 2, "p95": 2, "n": 1}
    assert whole["share_exposed"]["median"] == pytest.approx(2 / 3)
    assert figures["campaigns"][0]["found_at"] == "2026-03-01T00:00:01Z"


def test_without_the_log_the_estimate_is_said(files: dict[str, str]) -> None:
    """Actor-days are then actors times days, and the table says so."""
    result = CliRunner().invoke(evaluate, [files["alerts"], files["labels"]])
    assert result.exit_code == 0, result.output
    assert "Clean actor-days: 10 (estimated" in result.output


def test_several_logs_are_one(files: dict[str, str], tmp_path: Path) -> None:
    """The log may come in several files."""
    rest = tmp_path / "rest.jsonl"
    rest.write_text(json.dumps({**EVENTS[3], "event_id": "e5", "actor_id": "c"}) + "\n")
    result = CliRunner().invoke(
        evaluate,
        [files["alerts"], files["labels"], "--events", files["events"], "--events", str(rest)],
    )
    assert "Clean actor-days: 2 (counted" in result.output


def test_alerts_and_labels_that_cannot_match_are_refused(
    files: dict[str, str], tmp_path: Path
) -> None:
    """Pseudonyms against plain ids would make every alert look false."""
    keyed = tmp_path / "keyed.jsonl"
    keyed.write_text(json.dumps({**ALERT, "actors": ["p0_" + "a" * 26]}) + "\n")
    result = CliRunner().invoke(evaluate, [str(keyed), files["labels"]])
    assert isinstance(result.exception, InputError)
    assert "replay with --pseudonyms none" in str(result.exception)
    labels = tmp_path / "keyed-labels.jsonl"
    labels.write_text(Path(files["labels"]).read_text().replace('"a"', f'"p0_{"a" * 26}"'))
    assert CliRunner().invoke(evaluate, [str(keyed), str(labels)]).exit_code == 0


def test_help_shows_an_example() -> None:
    """The way from nothing to figures is in the help."""
    assert "probewatch evaluate alerts.jsonl labels.jsonl --events log.jsonl" in (
        CliRunner().invoke(evaluate, ["--help"]).output
    )


def test_two_runs_are_compared(files: dict[str, str], tmp_path: Path) -> None:
    """What is new is told with an example, and by labels."""
    empty, out = tmp_path / "empty.jsonl", tmp_path / "comparison.json"
    empty.write_text("")
    arguments = ["compare", str(empty), files["alerts"], "--labels", files["labels"]]

    result = CliRunner().invoke(evaluate, [*arguments, "--json", str(out)])

    assert result.exit_code == 0, result.output
    assert "New: only in B, 1 of 1" in result.output
    comparison = json.loads(out.read_bytes())
    assert comparison["schema"] == "probewatch.comparison.v1"
    assert comparison["new"][0]["entity"] == {"type": "actor", "id": "a"}
    assert comparison["judged"]["detection"][0]["newly_found"] == ["c1"]


def test_two_configurations_are_compared_over_a_log(files: dict[str, str], tmp_path: Path) -> None:
    """The log is replayed under both."""
    strict, plain = tmp_path / "strict.toml", tmp_path / "plain.toml"
    strict.write_text("[budget]\nfalse_alerts_per_10000_actor_days = 0.1\n")
    plain.write_text("")
    configs = ["--config", str(plain), "--config", str(strict), "--pseudonyms", "none"]

    result = CliRunner().invoke(evaluate, ["compare", *configs, files["events"]])

    assert result.exit_code == 0, result.output
    assert f"A: {plain}" in result.output
    assert "all      0  0" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "{alerts}"], "Give two files of alerts"),
        (["compare", "--config", "x.toml", "{alerts}"], "Give --config twice"),
        (["compare", "--config", "x", "--config", "y", "-"], "cannot be replayed twice"),
        (["discoveries", "{alerts}"], "Missing option '--events'"),
    ],
)
def test_wrong_usage_is_told(files: dict[str, str], arguments: list[str], message: str) -> None:
    """Before any work is done."""
    result = CliRunner().invoke(evaluate, [part.format(**files) for part in arguments])

    assert result.exit_code == 2
    assert message in result.output


def test_plain_ids_are_not_compared_with_pseudonyms(files: dict[str, str], tmp_path: Path) -> None:
    """Everything would look new."""
    keyed = tmp_path / "keyed.jsonl"
    keyed.write_text(json.dumps({**ALERT, "actors": ["p0_" + "a" * 26]}) + "\n")

    result = CliRunner().invoke(evaluate, ["compare", files["alerts"], str(keyed)])

    assert isinstance(result.exception, InputError)
    assert "--pseudonyms" in str(result.exception)


def test_budgets_are_swept(files: dict[str, str], tmp_path: Path) -> None:
    """From the budget that its rarity needs on, the alert is there."""
    out = tmp_path / "curve.json"
    budgets = ["--budget", "0.1", "--budget", "1"]

    result = CliRunner().invoke(
        evaluate, ["curve", files["alerts"], files["labels"], *budgets, "--json", str(out)]
    )

    assert result.exit_code == 0, result.output
    assert [point["alerts"] for point in json.loads(out.read_bytes())["points"]] == [0, 1]


def test_a_picture_takes_an_extra(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has not installed it is told its name."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    picture = ["--plot", str(tmp_path / "curve.svg")]

    result = CliRunner().invoke(evaluate, ["curve", files["alerts"], files["labels"], *picture])

    assert isinstance(result.exception, PlotError)
    assert "probewatch[plot]" in str(result.exception)


def test_a_picture_is_drawn(files: dict[str, str], tmp_path: Path) -> None:
    """In the form that its name says."""
    pytest.importorskip("matplotlib")
    picture = tmp_path / "curve.svg"

    result = CliRunner().invoke(
        evaluate, ["curve", files["alerts"], files["labels"], "--plot", str(picture)]
    )

    assert result.exit_code == 0, result.output
    assert "<svg" in picture.read_text()


def test_false_discovery_control_is_tried(files: dict[str, str], tmp_path: Path) -> None:
    """A line for the budget, and one for each procedure and level."""
    out = tmp_path / "discoveries.json"

    result = CliRunner().invoke(
        evaluate,
        [
            *("discoveries", files["alerts"], "--events", files["events"]),
            *("--labels", files["labels"], "--level", "0.2", "--json", str(out)),
        ],
    )

    assert result.exit_code == 0, result.output
    procedures = [row["procedure"] for row in json.loads(out.read_bytes())["procedures"]]
    assert procedures == ["budget", "LOND", "SAFFRON", "e-LOND, κ = 0.1", "e-LOND, κ = 0.5"]


@pytest.mark.parametrize("name", ["compare", "curve", "discoveries"])
def test_commands_below_have_examples(name: str) -> None:
    """Each says how it is called."""
    output = CliRunner().invoke(evaluate, [name, "--help"]).output

    assert f"probewatch evaluate {name}" in output
