"""Workers as processes, and what a supervisor does for them: it starts again what has ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.error import URLError
from urllib.request import urlopen

from streams.embedded import leashed

from .crashes import ORDERS_VARIABLE, STATUS, Orders

ROOT: Final = Path(__file__).parents[2]
_STOP_SECONDS: Final = 60.0


@dataclass(slots=True)
class _Seat:
    """The place of a worker, whoever sits on it."""

    process: subprocess.Popen[bytes]
    expected_end: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """A worker that ended and was not made to.

    Attributes:
        worker: its number.
        status: of the process.
        said: the last of its log.
    """

    worker: int
    status: int
    said: str


@dataclass(slots=True)
class Fleet:
    """The workers of one service.

    Attributes:
        config: their settings.
        directory: for their logs, addresses and orders.
        ends: those that ended by themselves.
        fenced: how often one found that its partition had another owner.
    """

    config: Path
    directory: Path
    ends: list[End] = field(default_factory=list)
    _seats: dict[int, _Seat] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number in self.numbers:
            self.kill(number)
            self._seats.pop(number).process.wait()

    @property
    def numbers(self) -> list[int]:
        """Of the workers."""
        return sorted(self._seats)

    def orders(self, number: int) -> Orders:
        """For a worker."""
        return Orders(self.directory / f"orders-{number}")

    def start(self, number: int, *, wrapper: Sequence[str] = ()) -> None:
        """Start a worker.

        Args:
            number: that it will have.
            wrapper: a command that runs the one behind it.
        """
        self._address(number).unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.chaos.worker"]
        command += [str(self.config), str(self._address(number))]
        with self._log(number).open("ab") as log:
            process = subprocess.Popen(
                leashed([*wrapper, *command]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=os.environ
                | {
                    "PYTHONPATH": str(ROOT),
                    ORDERS_VARIABLE: str(self.directory / f"orders-{number}"),
                },
                process_group=0,
            )
        self._seats[number] = _Seat(process)

    def revive(self) -> None:
        """Start again whoever has ended."""
        for number, seat in list(self._seats.items()):
            status = seat.process.poll()
            if status is None:
                continue
            if not seat.expected_end and status != STATUS:
                self.ends.append(End(number, status, self._last_words(number)))
            self.start(number)

    def signal(self, number: int, what: signal.Signals) -> None:
        """Send a worker a signal."""
        self._seats[number].process.send_signal(what)

    def kill(self, number: int) -> None:
        """End one as a lost machine does."""
        self._seats[number].expected_end = True
        self.signal(number, signal.SIGKILL)

    def stop(self, number: int) -> int:
        """Have one finish, and not come back; its exit status."""
        seat = self._seats.pop(number)
        seat.process.send_signal(signal.SIGTERM)
        try:
            return seat.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            seat.process.kill()
            return seat.process.wait()

    def ready(self) -> bool:
        """Whether all workers say so."""
        return all(self._is_ready(number) for number in self._seats)

    @property
    def fenced(self) -> int:
        """How often a worker found that its partition had another owner."""
        logs = self.directory.glob("worker-*.log")
        return sum(log.read_text().count("has another owner") for log in logs)

    def _is_ready(self, number: int) -> bool:
        try:
            address = self._address(number).read_text()
            with urlopen(f"{address}/readyz", timeout=1.0) as answer:  # noqa: S310 - http
                return bool(answer.status == 200)
        except (FileNotFoundError, URLError, OSError):
            return False

    def _last_words(self, number: int) -> str:
        lines = self._log(number).read_text().splitlines()
        return lines[-1] if lines else ""

    def _address(self, number: int) -> Path:
        return self.directory / f"address-{number}"

    def _log(self, number: int) -> Path:
        return self.directory / f"worker-{number}.log"
