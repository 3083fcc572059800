"""Apache Kafka in JVMs of its own, one or three, to be stopped, paused and killed at will."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from detectors.errors import BrokerError
from streams.embedded import HOST, answers, leashed

from .certificates import Certificates, make_certificates
from .server import java, keep_classes, keeps_classes
from .settings import PASSWORD, USER, Ports, Security, server_properties

_POLL_SECONDS = 0.05
_POLLS = 2400
"""Two minutes: three JVMs on two busy cores take a while."""
_STOP_SECONDS = 60.0
_CLUSTER_ID = "cHJvYmV3YXRjaHRlc3RzMQ"
# Below those that systems hand out (from 32,768 on Linux): while a broker is down, a client
# that tries its port must not be given that same port to connect from.
_PORTS = itertools.count(20_000 + os.getpid() * 16 % 12_000)


class KafkaCluster:
    """Brokers on the loopback; each is a controller too, and has two listeners at most.

    A context manager: all brokers run on entry; none is left on exit, nor their data, if that
    was in a temporary directory. On Linux a broker also dies with the thread that started it: do
    not start one in a worker thread that ends sooner than it should.

    Args:
        brokers: how many, 1 or 3; they are numbered from 0.
        directory: where the data is and stays; None for a temporary one.
        security: what is spoken at `secure`, besides plain text at `bootstrap`.
        ports: for clients, one per broker; None for free ones.

    Attributes:
        security: as given.
        directory: where settings, logs and data are, while it runs.
        certificates: what clients need, where `security` has TLS in it.
    """

    def __init__(
        self,
        brokers: int = 1,
        directory: Path | None = None,
        *,
        security: Security = "plaintext",
        ports: Sequence[int] | None = None,
        _dump: bool = False,
    ) -> None:
        self.security = security
        self._given = directory
        self._clients = ports
        self._numbers = range(brokers)
        self._dump = _dump
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        if not (self._dump or keeps_classes()):
            with KafkaCluster(_dump=True) as first:
                first.stop(0)
            keep_classes()
        self._ports = [
            Ports(
                client=self._clients[broker] if self._clients else _free_port(),
                controller=_free_port(),
                secure=_free_port(),
            )
            for broker in self._numbers
        ]
        self.directory = self._given or Path(tempfile.mkdtemp(prefix="kafka-"))
        self.certificates: Certificates | None = None
        try:
            if "ssl" in self.security:
                self.certificates = make_certificates(self.directory / "certificates")
            self._format()
            for broker in self._numbers:
                self._launch(broker)
            for broker in self._numbers:
                self._await_answer(broker)
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._clear()

    @property
    def bootstrap(self) -> str:
        """Where all brokers take plain text, host:port,host:port."""
        return ",".join(f"{HOST}:{each.client}" for each in self._ports)

    @property
    def secure(self) -> str:
        """Where they speak `security`."""
        return ",".join(f"{HOST}:{each.secure}" for each in self._ports)

    def process_id(self, broker: int) -> int:
        """Of a broker that runs."""
        return self._processes[broker].pid

    def start(self, broker: int) -> None:
        """Start one that was stopped or killed, on its data; return when it serves again.

        Raises:
            BrokerError: it ends at once or does not answer.
        """
        self._launch(broker)
        self._await_answer(broker)

    def stop(self, broker: int) -> None:
        """Have one hand over what it leads, and end."""
        process = self._processes.pop(broker)
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self, broker: int) -> None:
        """End one as a lost machine does."""
        process = self._processes.pop(broker)
        process.kill()
        process.wait()

    def pause(self, broker: int) -> None:
        """Let one hang, its connections open; return when it does."""
        process = self._processes[broker]
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)

    def resume(self, broker: int) -> None:
        """Let one that was paused go on."""
        self._processes[broker].send_signal(signal.SIGCONT)

    def _home(self, broker: int) -> Path:
        return self.directory / f"broker-{broker}"

    def _format(self) -> None:
        """Give every broker its settings and, unless it has some, an empty store."""
        formats = [self._spawn(broker, self._format_command(broker)) for broker in self._numbers]
        try:
            for broker, process in enumerate(formats):
                if process.wait():
                    raise BrokerError(f"Kafka's store cannot be made: {self._complaint(broker)}")
        finally:
            for process in formats:
                process.kill()
                process.wait()

    def _format_command(self, broker: int) -> list[str]:
        home = self._home(broker)
        home.mkdir(parents=True, exist_ok=True)
        properties = home / "server.properties"
        properties.write_text(
            server_properties(broker, self._ports, home / "data", self.security, self.certificates)
        )
        return java(
            *("kafka.tools.StorageTool", "format", "--ignore-formatted"),
            *("--cluster-id", _CLUSTER_ID, "--config", str(properties)),
            *("--add-scram", f"SCRAM-SHA-256=[name={USER},password={PASSWORD}]"),
            dump=self._dump,
        )

    def _launch(self, broker: int) -> None:
        heap_mb = 512 if len(self._numbers) == 1 else 384
        properties = self._home(broker) / "server.properties"
        command = java("kafka.Kafka", str(properties), heap_mb=heap_mb, dump=self._dump)
        self._processes[broker] = self._spawn(broker, command)

    def _spawn(self, broker: int, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self._log(broker).open("ab") as log:
            return subprocess.Popen(
                leashed(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def _await_answer(self, broker: int) -> None:
        # A broker listens once the controllers have let it in, with what they know.
        process, port = self._processes[broker], self._ports[broker].client
        for _ in range(_POLLS):
            if process.poll() is not None:
                raise BrokerError(f"Kafka ended at once: {self._complaint(broker)}")
            if answers(port):
                return
            time.sleep(_POLL_SECONDS)
        raise BrokerError(f"Kafka does not answer: {self._complaint(broker)}")

    def _complaint(self, broker: int) -> str:
        """The line of its log that most likely says what is wrong."""
        lines = self._log(broker).read_text().splitlines()
        wrong = [line for word in ("Exception", "ERROR") for line in lines if word in line]
        return next(iter(wrong or reversed(lines)), "it said nothing")

    def _log(self, broker: int) -> Path:
        return self._home(broker) / "log"

    def _clear(self) -> None:
        while self._processes:
            self.kill(next(iter(self._processes)))
        if self._given is None:
            shutil.rmtree(self.directory)


def _free_port() -> int:
    """One that nobody listens on, and that this process was not given before."""
    for port in _PORTS:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
        return port
    raise BrokerError("no port is free")
