"""A real Alertmanager for one test, which tells a receiver of the test."""

import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.error import URLError
from urllib.request import urlopen

import orjson
import yaml

from streams.embedded import leashed
from tests.debian import ALERTMANAGER, path_of

_INSTALLED: Final = Path("/usr/share/prometheus")
_POLLS: Final = 300
_POLL_SECONDS: Final = 0.1


class Alertmanager:
    """The program of Debian's package, on a free port of the loopback.

    Args:
        directory: for its settings and its data.
        config: its settings.
    """

    def __init__(self, directory: Path, config: dict[str, Any]) -> None:
        self._directory = directory
        self._file = directory / "alertmanager.yml"
        self._file.write_text(yaml.safe_dump(config))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"

    def __enter__(self) -> Self:
        command = [
            *_program(),
            f"--config.file={self._file}",
            f"--storage.path={self._directory / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--cluster.listen-address=",
        ]
        with (self._directory / "alertmanager.log").open("wb") as log:
            self._process = subprocess.Popen(leashed(command), stdout=log, stderr=log)
        for _ in range(_POLLS):
            try:
                self.alerts()
            except URLError:
                time.sleep(_POLL_SECONDS)
            else:
                return self
        self._process.kill()
        self._process.wait()
        raise TimeoutError((self._directory / "alertmanager.log").read_text())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds, as its API says."""
        with urlopen(f"{self.url}/api/v2/alerts", timeout=5.0) as answer:  # noqa: S310 - http
            found: list[dict[str, Any]] = orjson.loads(answer.read())
        return found


def _program() -> list[str]:
    """How it is started. Debian's looks for its templates in /usr/share, and nowhere else."""
    path = path_of(ALERTMANAGER)
    shared = path.parents[1] / "share" / "prometheus"
    if shared == _INSTALLED or not shared.is_dir():
        return [str(path)]
    # Not installed, but unpacked: it is shown a /usr/share with nothing else in it.
    show = (
        f"mount -t tmpfs none {_INSTALLED.parent} && mkdir {_INSTALLED} "
        f'&& mount --bind "$0" {_INSTALLED} && exec "$@"'
    )
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", show, str(shared), str(path)]
