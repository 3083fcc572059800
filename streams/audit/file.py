"""A copy of the trail in a file, record by record as in the topic."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from detectors.errors import InputError
from streams.kafka.reading import records

from .chain import GENESIS, Head, Link

_LONGEST: Final = 1 << 20
"""Bytes from the end in which the last record is looked for."""

_LOGGER = logging.getLogger(__name__)


class AuditFile:
    """The file. Whoever takes the trail over adds what it lacks from the topic.

    Args:
        path: where; only its writer may read it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, links: Iterable[Link]) -> None:
        """Add records, and wait until they are on the disk.

        Raises:
            OSError: it cannot be written.
        """
        lines = b"".join(link.line() + b"\n" for link in links)
        if not lines:
            return
        with os.fdopen(self._opened(), "ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def _opened(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def head(self) -> Head:
        """The last whole record; a line that was torn by a crash is cut off.

        Raises:
            InputError: the file is no trail.
            OSError: it cannot be read.
        """
        if not self._path.exists():
            return Head()
        with self._path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LONGEST))
            end = file.read()
            whole = end[: end.rfind(b"\n") + 1]
            file.truncate(size - len(end) + len(whole))
        if not whole:
            return Head()
        try:
            last = msgspec.json.decode(whole.splitlines()[-1], type=Link)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"{self._path}: its last line is no record: {error}") from error
        return Head(last.seq, last.hash)

    async def catch_up(self, options: Mapping[str, Any], topic: str, head: Head) -> None:
        """Add what the topic has, up to a head, and the file lacks.

        Raises:
            BrokerError: the topic cannot be read.
            InputError: the file is no trail, or another's, or the topic is none.
            OSError: it cannot be written.
        """
        # Before all of a topic is read for a file that cannot be written.
        os.close(self._opened())
        known = self.head()
        if known.seq == head.seq:
            return
        try:
            lacking = [
                found
                async for record in records(options, topic)
                if (found := msgspec.json.decode(record.value or b"", type=Link)).seq > known.seq
            ]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"{topic}: holds what is no record of a trail: {error}") from error
        if lacking and lacking[0].previous != (known.hash if known.seq >= 0 else GENESIS):
            raise InputError(f"{self._path}: is another trail than that of {topic}")
        self.append(lacking)


class Copy:
    """The file beside a trail that goes on without it: that it cannot be written costs it alone.

    What it lacks meanwhile is added as soon as it can be.

    Args:
        file: the copy.
        on_failure: called when it begins to fall behind, and whenever it cannot catch up.
    """

    def __init__(self, file: AuditFile, on_failure: Callable[[], None]) -> None:
        self._file = file
        self._on_failure = on_failure
        self._whole = False

    async def catch_up(self, options: Mapping[str, Any], topic: str, head: Head) -> None:
        """Add what it lacks, if it lacks anything; as `AuditFile.catch_up`.

        Raises:
            BrokerError: the topic cannot be read.
        """
        if self._whole:
            return
        try:
            await self._file.catch_up(options, topic, head)
        except (InputError, OSError) as error:
            self._fail(error)
        else:
            self._whole = True

    def append(self, links: Iterable[Link]) -> None:
        """Add records that the topic has, unless some before them are lacking."""
        if not self._whole:
            return
        try:
            self._file.append(links)
        except OSError as error:
            self._whole = False
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        _LOGGER.warning("the copy of the audit trail falls behind: %s", error)
        self._on_failure()


def lines(path: Path) -> Iterator[bytes]:
    """The records of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
