"""The process: which program it is, and what it takes."""

import platform
from importlib.metadata import version

from prometheus_client import ProcessCollector

from .making import PREFIX, Making, Over


def measure_program(make: Making) -> None:
    """Show the program's version, and the process as Prometheus' clients do (on Linux)."""
    build = make.gauge(
        "build_info", "1; version of the program and of Python", Over.EACH, ["version", "python"]
    )
    build.labels(version("probewatch"), platform.python_version()).set(1)
    ProcessCollector(namespace=PREFIX, registry=make.registry)
