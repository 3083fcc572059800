"""`python -m tests.deploy.dashboards` writes the dashboards that Grafana is given."""

import json
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from tests.deploy.dashboards.misuse import MISUSE
from tests.deploy.dashboards.panels import frame
from tests.deploy.dashboards.quality import QUALITY
from tests.deploy.dashboards.service import SERVICE

DIRECTORY: Final = Path(__file__).parents[3] / "deploy/grafana/dashboards"


def dashboards() -> dict[str, Dashboard]:
    """Each dashboard by the name of its file."""
    return {
        "misuse": frame("misuse", "misuse", "What is going on, for the safety team.", MISUSE),
        "service": frame("service", "service", "Whether it works, for who is on call.", SERVICE),
        "quality": frame("quality", "detection quality", "Whether it holds its promise.", QUALITY),
    }


def written(board: Dashboard) -> str:
    """The file of a dashboard."""
    return json.dumps(board.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write all of them."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, board in dashboards().items():
        (DIRECTORY / f"{name}.json").write_text(written(board))


if __name__ == "__main__":
    main()
