"""The dashboards that Grafana is given are those that the program builds."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from streams.decisions.metrics import DecisionMetrics
from streams.service.metrics import Metrics
from streams.sinks.metrics import DeliveryMetrics
from tests.deploy.dashboards.__main__ import DIRECTORY, dashboards, written
from tests.stack import boards
from tests.stack.check import EMPTY

GRAFANA = DIRECTORY.parent
PROVISIONING = GRAFANA / "provisioning"


def read(path: Path) -> Any:
    """A file of YAML."""
    return yaml.safe_load(path.read_text())


def panels(name: str) -> list[dict[str, Any]]:
    """The panels of a dashboard, headlines left out."""
    board = json.loads((DIRECTORY / f"{name}.json").read_text())
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_there_is_a_file_for_each_and_no_other() -> None:
    """A dashboard that is no longer built is no longer given."""
    assert {path.stem for path in DIRECTORY.iterdir()} == set(dashboards())


@pytest.mark.parametrize("name", dashboards())
def test_files_are_what_the_program_builds(name: str) -> None:
    """`python -m tests.deploy.dashboards` would change nothing."""
    assert (DIRECTORY / f"{name}.json").read_text() == written(dashboards()[name])


@pytest.mark.parametrize("name", dashboards())
def test_panels_say_what_they_show(name: str) -> None:
    """Each has a title that no other has, a sentence, a unit and a query."""
    found = panels(name)
    titles = [panel["title"] for panel in found]

    assert len(set(titles)) == len(titles)
    for panel in found:
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert all(target["expr"] for target in panel["targets"])
        assert panel["datasource"]["uid"] == "${datasource}"


def test_metrics_exist() -> None:
    """A worker has what panels ask for."""
    known = set[str]()
    metrics = Metrics(CollectorRegistry())
    DecisionMetrics(metrics.making)
    DeliveryMetrics(metrics.making)
    for family in metrics.registry.collect():
        known |= {f"{family.name}{end}" for end in ("", "_total", "_bucket")}
    asked = {name for panel in boards.panels() for name in panel.metrics}

    assert len(asked) > 40
    assert asked <= known


def test_only_panels_that_there_are_may_be_empty() -> None:
    """With a reason for each."""
    assert EMPTY.keys() <= {str(panel) for panel in boards.panels()}
    assert all(reason.endswith(".") for reason in EMPTY.values())


@pytest.mark.parametrize("name", dashboards())
def test_panels_lie_beside_each_other(name: str) -> None:
    """No two cover the same cell of the grid, and none sticks out."""
    taken = set[tuple[int, int]]()
    for panel in panels(name):
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert taken.isdisjoint(cells)
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_provisioning_points_at_what_there_is() -> None:
    """One source that is the default, and a folder that Compose mounts the dashboards at."""
    (source,) = read(PROVISIONING / "datasources/prometheus.yml")["datasources"]
    (provider,) = read(PROVISIONING / "dashboards/probewatch.yml")["providers"]
    scraping = read(GRAFANA.parent / "prometheus/prometheus.yml")["global"]
    compose = yaml.safe_load((GRAFANA.parents[1] / "docker-compose.yml").read_text())
    mounts = dict(each.split(":")[:2] for each in compose["services"]["grafana"]["volumes"])

    assert source["isDefault"]
    assert source["jsonData"]["timeInterval"] == scraping["scrape_interval"]
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
