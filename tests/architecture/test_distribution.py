"""The plain names of the two packages are ours alone; ADR 0001 says why that matters."""

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree."""
    directory = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*build, "--directory", directory], cwd=ROOT, check=True, capture_output=True)
    (built,) = directory.glob("*.whl")
    return built


def test_wheel_holds_two_packages_only(wheel: Path) -> None:
    """Nothing but `detectors` and `streams` becomes importable: no tests, no benchmarks."""
    tops = {name.partition("/")[0] for name in ZipFile(wheel).namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"detectors", "streams"}


def test_names_belong_to_probewatch_alone(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No distribution of the environment brings a second `detectors` or `streams`."""
    monkeypatch.syspath_prepend(wheel)
    owners = packages_distributions()

    assert set(owners["detectors"]) == {"probewatch"}
    assert set(owners["streams"]) == {"probewatch"}
