"""State of very many accounts, as `run --bootstrap` takes it."""

import subprocess
import tempfile
from pathlib import Path

from . import logs
from .services import PROGRAM, Service


def history(service: Service, actors: int, directory: Path) -> Path:
    """What is known after sixty days of `logs.crowd`, under the service's pseudonyms."""
    state = directory / "state"
    with tempfile.TemporaryDirectory() as own:
        log = Path(own, "log.jsonl")
        logs.write(logs.crowd(actors), log)
        command = [PROGRAM, "replay", "--config", service.file, "--save-state", state, log]
        subprocess.run(list(map(str, command)), check=True, capture_output=True)  # noqa: S603 - our own
    return state
