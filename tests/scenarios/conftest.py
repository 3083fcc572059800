"""The option that rewrites what scenarios expect."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--write-goldens`."""
    parser.addoption(
        "--write-goldens",
        action="store_true",
        help="rewrite tests/scenarios/*/alerts.jsonl with what is found; review the difference",
    )


@pytest.fixture(scope="session")
def writes_goldens(pytestconfig: pytest.Config) -> bool:
    """Whether goldens are to be rewritten."""
    # Collected from the root, this file comes too late to declare its option.
    return bool(pytestconfig.getoption("--write-goldens", default=False))
