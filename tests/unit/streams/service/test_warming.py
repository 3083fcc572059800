import subprocess
import sys
from collections.abc import Iterator

import numpy as np
from numba.core.dispatcher import Dispatcher

from streams.service.warming import warm
from tests.logs import misuse

from .cluster import Cluster, queries


def signatures() -> set[str]:
    """For what types each kernel is compiled by now."""
    return {f"{name}: {signature}" for name, kernel in kernels() for signature in kernel.signatures}


def kernels() -> Iterator[tuple[str, Dispatcher]]:
    """Every kernel, by its name."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith(("detectors", "streams")):
            for value in vars(module).values():
                if isinstance(value, Dispatcher):
                    yield f"{value.py_func.__module__}.{value.py_func.__name__}", value


def compiled_late() -> set[str]:
    """What weeks of work and misuse need compiled that was not at the start."""
    warm()
    before = signatures()
    rng = np.random.default_rng(1)
    cluster = Cluster(queries(misuse(), 2, rng), 3, rng)
    cluster.live(crashing=True)
    assert cluster.alerts
    return signatures() - before


def test_nothing_is_compiled_while_events_wait() -> None:
    """Not for the first alert either; asked in a process in which nothing was compiled before."""
    program = f"from {__name__} import compiled_late; print(*compiled_late(), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout.decode().strip() == ""
