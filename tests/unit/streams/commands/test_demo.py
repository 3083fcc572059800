import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from streams.commands.demo import demo
from streams.evaluate import read_searches
from streams.outputs import Outputs, Progress
from streams.settings import Settings
from streams.summary import Summary


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The logs handed to a replay that reads them and finds nothing."""
    judged: list[Path] = []

    def judge(
        settings: Settings, files: Sequence[str], outputs: Outputs, progress: Progress
    ) -> Summary:
        judged.extend(map(Path, files))
        events = sum(1 for _ in read_searches(files[0]))
        size = Path(files[0]).stat().st_size
        progress(size, size, events)
        assert outputs.names == "none"
        return Summary(config_hash=settings.config_hash, records=events, events=events)

    module = ModuleType("streams.replay")
    monkeypatch.setattr(module, "replay", judge, raising=False)
    monkeypatch.setitem(sys.modules, "streams.replay", module)
    return judged


def test_the_demo_judges_a_simulated_log_and_leaves_nothing_behind(logs: list[Path]) -> None:
    """It says what was planted and found, and how to go on."""
    result = CliRunner().invoke(demo, catch_exceptions=False)
    assert result.exit_code == 0
    first, *_, conclusion, onward = result.output.splitlines()
    assert first.endswith(" simulated face searches by 120 police officers in 60 days:")
    assert int(first.split()[0].replace(",", "")) > 1_000
    assert "No alerts." in result.output
    assert conclusion.startswith("Of ")
    assert conclusion.endswith(" 0 were found; 0 alerts were false.")
    assert onward.endswith("probewatch replay queries.jsonl")
    (log,) = logs
    assert not log.parent.exists()
