"""Go modules to test against: programs that are built of them, and files that lie in them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

CACHE: Final = Path(__file__).parents[1] / ".go"


class Module(NamedTuple):
    """A module in one version.

    Attributes:
        path: as `go get` takes it.
        version: with its v.
        command: the directory in it of a program that can be built; empty if it is the root.
    """

    path: str
    version: str
    command: str = ""


COMPOSE: Final = Module("github.com/compose-spec/compose-go/v2", "v2.16.2", "cmd")
"""What `docker compose` itself reads its files with."""
KUSTOMIZE: Final = Module("sigs.k8s.io/kustomize/kustomize/v5", "v5.5.0")
"""The one that is in kubectl 1.32."""
PROMETHEUS_OPERATOR: Final = Module("github.com/prometheus-operator/prometheus-operator", "v0.85.0")
KEDA: Final = Module("github.com/kedacore/keda/v2", "v2.17.2")


class MissingError(Exception):
    """There is no Go here, or the module is not to be had."""


def program(module: Module) -> Path:
    """The program, which is built the first time."""
    package = "/".join(filter(None, [module.path, module.command]))
    built = CACHE / f"{package.replace('/', '-')}@{module.version}"
    if not built.is_file():
        CACHE.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as directory:
            _go("install", f"{package}@{module.version}", GOBIN=directory)
            (made,) = Path(directory).iterdir()
            # Whole, or not at all: another run may want it at the same moment.
            made.rename(built)
    return built


def files(module: Module) -> Path:
    """The directory of its source."""
    answer = _go("mod", "download", "-json", f"{module.path}@{module.version}")
    return Path(json.loads(answer)["Dir"])


def _go(*arguments: str, **environ: str) -> str:
    go = shutil.which("go")
    if go is None:
        raise MissingError(f"{arguments[-1]}: needs Go, but there is no `go` on the PATH")
    run = subprocess.run(
        [go, *arguments],
        check=False,
        capture_output=True,
        text=True,
        # Not in a module of whoever calls.
        cwd="/",
        env=os.environ | environ,
    )
    if run.returncode:
        raise MissingError(f"{arguments[-1]}: {(run.stderr or run.stdout).strip()}")
    return run.stdout
