"""A reader finds one job per module, and knows it from the name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(p for top in ("detectors", "streams") for p in (ROOT / top).rglob("*.py"))
LONGEST = 300
"""Lines of a module that can still be read at one sitting."""
VAGUE = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
"""Names that say nothing about the job."""


def name(path: Path) -> str:
    """The path from the root, as a test's id."""
    return path.relative_to(ROOT).as_posix()


def test_modules_are_found() -> None:
    """The rules below look at both packages."""
    assert {module.relative_to(ROOT).parts[0] for module in MODULES} == {"detectors", "streams"}


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_module_is_short(module: Path) -> None:
    """A module that grows past the limit has found a second job."""
    lines = module.read_text().count("\n")

    assert lines <= LONGEST


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_module_is_named_after_its_job(module: Path) -> None:
    """No module or package has a name that would fit any other."""
    assert VAGUE.isdisjoint(Path(name(module)).with_suffix("").parts)
