"""`python -m tests.deploy.rules` writes the rules of Prometheus as the operator takes them."""

from pathlib import Path
from typing import Any, Final

import yaml

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
RULES: Final = DEPLOY / "prometheus/rules"
RESOURCE: Final = DEPLOY / "kubernetes/monitoring/rules.yaml"

_HEAD: Final = "# Written by `python -m tests.deploy.rules`.\n"


def groups() -> list[dict[str, Any]]:
    """The groups of all files of rules, file by file."""
    files = sorted(RULES.glob("*.yml"))
    return [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]


def resource() -> str:
    """The same rules as a PrometheusRule."""
    made = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "probewatch", "labels": {"app.kubernetes.io/name": "probewatch"}},
        "spec": {"groups": groups()},
    }
    return _HEAD + yaml.safe_dump(made, sort_keys=False, width=100)


if __name__ == "__main__":
    RESOURCE.write_text(resource())
