"""The files for Prometheus: its own tool takes them, and what they name exists."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
import yaml
from prometheus_client import CollectorRegistry

from detectors.alerts import Mode, PatternCode, Severity, Status
from detectors.census import Cause
from streams.decisions.metrics import DecisionMetrics
from streams.service.metrics import Metrics
from streams.sinks.metrics import DeliveryMetrics, OutcomeWord
from tests.debian import PROMTOOL, path_of
from tests.docs.pages import DOCS, ROOT, anchors

PROMETHEUS: Final = ROOT / "deploy/prometheus"
RULE_FILES: Final = sorted((PROMETHEUS / "rules").glob("*.yml"))
TEST_FILES: Final = sorted((PROMETHEUS / "tests").glob("*.yml"))
RUNBOOK: Final = DOCS / "runbook.md"
CONFIG: Final = PROMETHEUS / "prometheus.yml"

VALUES: Final[dict[str, set[str]]] = {
    "pattern": set(PatternCode),
    "severity": set(Severity),
    "mode": set(Mode),
    "status": set(Status),
    "cause": set(get_args(Cause)),
    "outcome": set(get_args(OutcomeWord)),
    "job": {"probewatch"},
}
"""What labels that rules ask for may be."""

SCRAPED: Final = {"job", "instance"}

_SELECTOR: Final = re.compile(r"\b(probewatch_\w+)\s*(?:\{([^}]*)\})?")
_RECORDED: Final = re.compile(r"\bprobewatch:[\w:]+")
_MATCHER: Final = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")
_GROUPED: Final = re.compile(r"\bby \(([^)]*)\)")


def rules() -> Iterator[dict[str, Any]]:
    """Every rule."""
    for file in RULE_FILES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def called(rule: dict[str, Any]) -> str:
    """An alert's or a figure's name."""
    return str(rule.get("alert") or rule["record"])


ALERTS: Final = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDED: Final = {rule["record"]: rule for rule in rules() if "record" in rule}


def shown() -> dict[str, set[str]]:
    """What can be asked for, by name: the labels that it has."""
    metrics = Metrics(CollectorRegistry())
    DecisionMetrics(metrics.making)
    DeliveryMetrics(metrics.making)
    found = {family.name: set[str]() for family in metrics.registry.collect()}
    for made in metrics.making.made:
        if made.kind == "histogram":
            for suffix in ("bucket", "sum", "count"):
                found[f"{made.name}_{suffix}"] = {*made.labels, "le"}
        else:
            found[made.name] = set(made.labels)
    return found


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it."""
    command = [str(path_of(PROMTOOL)), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_prometheus_takes_the_files() -> None:
    """Rules and settings are what its own tool takes for such."""
    for checked in (promtool("check", "rules", *RULE_FILES), promtool("check", "config", CONFIG)):
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.stem)
def test_rules_do_what_their_tests_say(file: Path) -> None:
    """Prometheus evaluates them over the series of a test, and comes to what is expected."""
    tested = promtool("test", "rules", file)

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_a_wrong_expectation_would_be_noticed(tmp_path: Path) -> None:
    """The tool is not content with whatever comes."""
    (tmp_path / "rules").symlink_to(PROMETHEUS / "rules")
    (tmp_path / "tests").mkdir()
    wrong = tmp_path / "tests/wrong.yml"
    wrong.write_text(
        (PROMETHEUS / "tests/figures.yml").read_text().replace("value: 2\n", "value: 3\n")
    )

    assert promtool("test", "rules", wrong).returncode != 0


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_is_tested_both_ways(alert: str) -> None:
    """Some series make it fire, others that come near do not."""
    expected = [
        test["exp_alerts"]
        for file in TEST_FILES
        for group in yaml.safe_load(file.read_text())["tests"]
        for test in group.get("alert_rule_test", ())
        if test["alertname"] == alert
    ]

    assert any(expected)
    assert not all(expected)


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_what_it_is_and_what_to_do(alert: str) -> None:
    """It has a severity, words, and an entry in the runbook that explains all three things."""
    rule = ALERTS[alert]
    entry = RUNBOOK.read_text().partition(f"\n### {alert}\n")[2].partition("\n##")[0]

    assert alert.startswith("Probewatch")
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["labels"]["about"] in {"misuse", "service"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{alert.lower()}"
    assert alert.lower() in anchors(RUNBOOK)
    assert all(f"**{part}**" in entry for part in ("Means", "Look at", "Do"))


def test_the_runbook_has_no_entry_for_nothing() -> None:
    """Each is of an alert that there is."""
    entries = re.findall(r"^### (.+)$", RUNBOOK.read_text(), re.MULTILINE)

    assert sorted(entries) == sorted(ALERTS)


@pytest.mark.parametrize("rule", [*ALERTS.values(), *RECORDED.values()], ids=called)
def test_rules_ask_for_what_is_shown(rule: dict[str, Any]) -> None:
    """Every metric is shown under that name, with those labels and values; figures are recorded."""
    known, expression = shown(), rule["expr"]
    available = set(SCRAPED)
    for name, matchers in _SELECTOR.findall(expression):
        assert name in known
        available |= known[name]
        for label, how, value in _MATCHER.findall(matchers):
            assert label in known[name] | SCRAPED
            wanted = value.split("|") if "~" in how else [value]
            assert set(wanted) <= VALUES.get(label, set())
    for name in _RECORDED.findall(expression):
        available |= labels_of(name)
    for labels in _GROUPED.findall(expression):
        assert {label.strip() for label in labels.split(",")} <= available


def labels_of(record: str) -> set[str]:
    """The labels of a figure: those by which it is grouped."""
    expression = RECORDED[record]["expr"]
    grouped = [set(re.split(r"[\s,]+", labels)) for labels in _GROUPED.findall(expression)]
    further = [labels_of(name) for name in _RECORDED.findall(expression)]
    return set[str]().union(*grouped, *further) - {"le"}


def test_words_of_alerts_name_labels_that_there_are() -> None:
    """A label in a summary is one that the expression leaves."""
    for rule in ALERTS.values():
        words = " ".join(rule["annotations"].values())
        named = set(re.findall(r"\$labels\.(\w+)", words))
        grouped = {
            label
            for labels in _GROUPED.findall(rule["expr"])
            for label in re.split(r"[\s,]+", labels)
        }
        recorded = {label for name in _RECORDED.findall(rule["expr"]) for label in labels_of(name)}
        single = SCRAPED if not grouped | recorded else set()
        assert named <= grouped | recorded | single


def test_workers_are_found_where_they_listen() -> None:
    """Under the service's name and the port of docker-compose.yml."""
    (scrape,) = yaml.safe_load(CONFIG.read_text())["scrape_configs"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    (found,) = scrape["dns_sd_configs"]

    assert scrape["job_name"] == "probewatch"
    assert found["names"] == ["worker"]
    assert compose["services"]["worker"]["ports"][0].rpartition(":")[2] == str(found["port"])
