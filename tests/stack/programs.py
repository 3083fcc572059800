"""A real Prometheus and a real Alertmanager, from what `deploy/` gives them, on the loopback."""

import json
import socket
import subprocess
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from streams.embedded import HOST, leashed
from tests.debian import ALERTMANAGER, PROMETHEUS, path_of

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
_ANSWER_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 15.0


class Receiver:
    """A webhook that keeps what it is sent.

    Attributes:
        sent: receiver's name and alert, as Alertmanager tells them.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        sent = self.sent

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                sent.extend((body["receiver"], alert) for alert in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="receiver")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._server.server_port}/"


class Program:
    """A process with an HTTP server; a context manager that leaves none behind.

    Args:
        command: that starts it, without its address.
        directory: for its log.
    """

    def __init__(self, command: Sequence[str | Path], directory: Path) -> None:
        self.port = _free_port()
        self._command = [*map(str, command), f"--web.listen-address={HOST}:{self.port}"]
        self._log = directory / f"{self.port}.log"

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                leashed(self._command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text()

    @property
    def ready(self) -> bool:
        """Whether it says so.

        Raises:
            ChildProcessError: it has ended.
        """
        if self._process.poll() is not None:
            raise ChildProcessError(self.log)
        try:
            return bool(self.get("/-/ready") is not None)
        except (URLError, OSError):
            return False

    def get(self, path: str, **parameters: str) -> bytes:
        """What it answers."""
        address = f"http://{HOST}:{self.port}{path}?{urlencode(parameters)}"
        with urlopen(address, timeout=_ANSWER_SECONDS) as answer:
            body: bytes = answer.read()
            return body

    def api(self, path: str, **parameters: str) -> Any:
        """What its API answers, as JSON."""
        return json.loads(self.get(path, **parameters))


def alertmanager(directory: Path, receiver: str) -> Program:
    """Alertmanager by its file in `deploy/`, every receiver of which is this one, and at once."""
    config = yaml.safe_load((DEPLOY / "alertmanager/alertmanager.yml").read_text())
    config["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    for each in config["receivers"]:
        each["webhook_configs"] = [{"url": receiver}]
    file = _written(directory, "alertmanager.yml", config)
    return Program(
        [
            *_with_share_of(path_of(ALERTMANAGER)),
            f"--config.file={file}",
            f"--storage.path={directory / 'alertmanager'}",
            "--cluster.listen-address=",
        ],
        directory,
    )


def prometheus(directory: Path, workers: Sequence[str], manager: Program) -> Program:
    """Prometheus by its files in `deploy/`, with these workers instead of Compose's, every second.

    Args:
        directory: for its data and what it is given.
        workers: addresses of metrics, host:port.
        manager: where alerts go.
    """
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "prometheus" / each) for each in config["rule_files"]]
    managers = [{"static_configs": [{"targets": [f"{HOST}:{manager.port}"]}]}]
    config["alerting"]["alertmanagers"] = managers
    (scrape,) = config["scrape_configs"]
    del scrape["dns_sd_configs"]
    scrape["static_configs"] = [{"targets": list(workers)}]
    file = _written(directory, "prometheus.yml", config)
    return Program(
        [
            path_of(PROMETHEUS),
            f"--config.file={file}",
            f"--storage.tsdb.path={directory / 'prometheus'}",
        ],
        directory,
    )


def _with_share_of(program: Path) -> list[str | Path]:
    """The program, where it finds its templates though its package is only unpacked."""
    share = program.parents[1] / "share"
    if share == Path("/usr/share") or not share.is_dir():
        return [program]
    overlay = f'mount -t overlay overlay -o lowerdir={share}:/usr/share /usr/share && exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", overlay, "sh", program]


def _written(directory: Path, name: str, config: object) -> Path:
    file = directory / name
    file.write_text(yaml.safe_dump(config))
    return file


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
