"""The option that rewrites what sinks are expected to send."""

import pytest


@pytest.fixture(scope="session")
def writes_goldens(pytestconfig: pytest.Config) -> bool:
    """Whether goldens are to be rewritten; tests/scenarios declares the option."""
    return bool(pytestconfig.getoption("--write-goldens", default=False))
