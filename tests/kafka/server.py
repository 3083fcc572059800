"""Apache Kafka's server as a command: its jars by Maven, its settings, one JVM per broker."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal, get_args

import click

from detectors.errors import BrokerError

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[2] / ".kafka"
LIBS = CACHE / "libs"

Main = Literal["kafka.Kafka", "kafka.tools.StorageTool"]
"""A class of the server that can be run."""


def java(main: Main, *arguments: str, heap_mb: int = 256, dump: bool = False) -> list[str]:
    """The command that runs a class of the server; fetches the server if it is not here.

    Args:
        main: the class.
        arguments: for it.
        heap_mb: what it may take.
        dump: whether it writes its loaded classes on exit, to be kept by `keep_classes`.

    Raises:
        BrokerError: there is no Java or no Maven, or Maven fails.
    """
    classes = _dumped(main) if dump else _classes(main)
    return [
        _program("java", "Java 17 or later"),
        *(f"-Xmx{heap_mb}m", "-XX:+UseSerialGC"),
        f"-XX:{'ArchiveClassesAtExit' if dump else 'SharedArchiveFile'}={classes}",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        *("-cp", f"{_libs()}/*", main, *arguments),
    ]


def keeps_classes() -> bool:
    """Whether loaded classes are there to start from, which takes half the time."""
    return all(_classes(main).is_file() for main in get_args(Main))


def keep_classes() -> None:
    """Start from the classes that this process had dumped."""
    for main in get_args(Main):
        if _dumped(main).is_file():  # Not every Java can dump them.
            _dumped(main).rename(_classes(main))


def version() -> str:
    """The server's, as its jar is named."""
    (jar,) = _libs().glob("kafka_2.13-*.jar")
    return jar.stem.rpartition("-")[2]


def _classes(main: Main) -> Path:
    return LIBS / f"{main}.jsa"


def _dumped(main: Main) -> Path:
    return LIBS / f"{main}.{os.getpid()}.jsa"


def _libs() -> Path:
    """The directory of the jars that the pom names."""
    pom = POM.read_bytes()
    done = LIBS / POM.name
    if done.is_file() and done.read_bytes() == pom:
        return LIBS
    maven = _program("mvn", "Maven")
    click.echo(
        "Fetching Apache Kafka's server with Maven, which takes a minute or more the first time.",
        err=True,
    )
    CACHE.mkdir(exist_ok=True)
    fetched = Path(mkdtemp(prefix="libs-", dir=CACHE))
    run = subprocess.run(
        [
            *(maven, "--quiet", "--batch-mode", "--file", str(POM)),
            *("dependency:copy-dependencies", f"-DoutputDirectory={fetched}"),
            "-DincludeScope=runtime",
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        shutil.rmtree(fetched)
        why = next((line for line in run.stdout.splitlines() if "ERROR" in line), "no reason given")
        raise BrokerError(f"mvn cannot fetch Apache Kafka: {why}")
    (fetched / POM.name).write_bytes(pom)
    # Whole, or not at all: another run may want them at the same moment.
    shutil.rmtree(LIBS, ignore_errors=True)
    fetched.rename(LIBS)
    return LIBS


def _program(name: str, what: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise BrokerError(f"Apache Kafka needs {what}, but there is no `{name}` on the PATH")
    return path
