"""The import rules of pyproject.toml hold, and would notice if they did not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the import rules of the project under `root`."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)


def test_import_rules_hold() -> None:
    """Every contract is kept."""
    run = lint_imports(ROOT)

    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("contract", "planted"),
    [
        ("The core is pure", {"detectors/planted.py": "import time"}),
        ("The core is pure", {"detectors/planted.py": "from streams import __doc__"}),
        ("The core's layers", {"detectors/errors.py": "from detectors import kernels"}),
        (
            "Misuse patterns do not know each other",
            {
                "detectors/patterns/__init__.py": "from detectors.patterns import one, two",
                "detectors/patterns/one.py": "",
                "detectors/patterns/two.py": "from detectors.patterns import one",
            },
        ),
    ],
)
def test_planted_violation_is_found(tmp_path: Path, contract: str, planted: dict[str, str]) -> None:
    """An import that a contract forbids breaks that contract."""
    for package in ("detectors", "streams"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, line in planted.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as module:
            module.write(f"\n{line}\n")

    run = lint_imports(tmp_path)

    assert run.returncode != 0
    assert f"{contract} BROKEN" in run.stdout
