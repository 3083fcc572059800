import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
from aiohttp.http_exceptions import BadStatusLine
from aiokafka.errors import GroupAuthorizationFailedError, GroupCoordinatorNotAvailableError

from detectors.errors import SnapshotError
from streams.logs import Level, Seldom, about, log_to


class Terminal(io.StringIO):
    """A file that says that it is one."""

    def isatty(self) -> bool:
        """It does."""
        return True


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Handlers and levels are those of pytest again afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def said(level: Level = "info") -> list[dict[str, str]]:
    """What a file gets of four messages at each level and one of a library's."""
    out = io.StringIO()
    log_to(out, level)
    for name in ("streams.service", "aiokafka.cluster", "faust.app", "mode", "kafka.conn"):
        for method in ("debug", "info", "warning", "error"):
            getattr(logging.getLogger(name), method)("partition %d", 3)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_file_gets_an_object_a_line() -> None:
    """With the time in UTC, the level, who said it, and what."""
    first = said()[0]

    assert first.pop("time").endswith("+00:00")
    assert first == {"level": "info", "logger": "streams.service", "message": "partition 3"}


@pytest.mark.parametrize(
    ("level", "ours", "theirs"),
    [("debug", 4, 2), ("info", 3, 2), ("warning", 2, 2), ("error", 1, 1)],
)
def test_libraries_are_heard_from_warnings_on(level: Level, ours: int, theirs: int) -> None:
    """Also where everything else is wanted: what they say below may hold what records held."""
    names = [each["logger"] for each in said(level)]

    assert [names.count(name) for name in dict.fromkeys(names)] == [ours] + 4 * [theirs]


def test_an_error_brings_its_trace_on_the_same_line() -> None:
    """Whoever collects lines loses nothing of it."""
    out = io.StringIO()
    log_to(out)
    logging.getLogger("streams").error("it failed", exc_info=ValueError("two\nlines"))

    (line,) = out.getvalue().splitlines()
    assert json.loads(line)["error"] == "ValueError: two\nlines"


def test_a_terminal_gets_sentences() -> None:
    """The level is said only where it matters."""
    out = Terminal()
    log_to(out)
    logging.getLogger("streams").info("ready")
    logging.getLogger("streams").warning("slow")

    assert [line[9:] for line in out.getvalue().splitlines()] == ["ready", "WARNING: slow"]


def test_warnings_of_python_go_there_too() -> None:
    """Nothing else is written to standard error."""
    out = io.StringIO()
    log_to(out)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", UserWarning, stacklevel=1)

    assert "UserWarning: old" in json.loads(out.getvalue())["message"]


def of(message: str, *arguments: object, at: float = 0.0) -> logging.LogRecord:
    """A warning at a time."""
    record = logging.LogRecord("aiokafka", logging.WARNING, "", 0, message, arguments, None)
    record.created = at
    return record


def test_what_repeats_is_written_seldom() -> None:
    """Three times in half a minute, and then with how often it was not."""
    seldom = Seldom()
    records = [of("no broker at %d", i, at=i) for i in range(20)]
    later = [of("no broker at %d", 1, at=31.0), of("no broker at %d", 2, at=32.0)]

    assert [bool(seldom.filter(record)) for record in records] == 3 * [True] + 17 * [False]
    assert all(seldom.filter(record) for record in later)
    assert [record.getMessage() for record in later] == [
        "no broker at 1 (and 17 times more before)",
        "no broker at 2",
    ]


def test_other_messages_are_not_held_back() -> None:
    """Each has a count of its own."""
    seldom = Seldom(times=1)

    assert [bool(seldom.filter(of(text))) for text in ("a", "b", "a")] == [True, True, False]


def test_who_speaks_no_http_is_worth_one_line() -> None:
    """The trace would be of a library that did right."""
    record = of("Error handling request from %s", "somebody")
    error = BadStatusLine("not HTTP")
    record.exc_info = (type(error), error, None)

    assert Seldom().filter(record)
    assert record.exc_info is None


def test_a_library_that_puts_values_into_its_messages_costs_no_memory() -> None:
    """Messages that are never said twice are forgotten once there are many."""
    seldom = Seldom(most=100)
    for i in range(10_000):
        assert seldom.filter(of(f"no broker at {i}", at=i / 1_000))
        assert len(seldom._windows) <= 100  # noqa: SLF001 - that it does not grow is the point


def test_what_repeats_is_known_among_many_others() -> None:
    """Only what was not heard of for long is forgotten for want of room."""
    seldom = Seldom(times=1, most=100)
    written = []
    for i in range(1_000):
        seldom.filter(of(f"once {i}", at=float(i)))
        written.append(seldom.filter(of("again", at=float(i))))

    # Once in half a minute.
    assert sum(written) == pytest.approx(1_000 / 30, abs=2)


@pytest.mark.parametrize("out", [io.StringIO, Terminal])
def test_the_form_can_be_told(out: type[io.StringIO]) -> None:
    """Whatever it is written to."""
    file = out()
    log_to(file, form="json")
    logging.getLogger("streams").info("ready")
    log_to(file, form="text")
    logging.getLogger("streams").info("ready")
    first, second = file.getvalue().splitlines()

    assert json.loads(first)["message"] == "ready"
    assert second.endswith(" ready")


def test_a_line_about_an_alert_can_be_found_by_it() -> None:
    """By its id, which names nobody; nothing else that is added to a record is written."""
    lines = []
    for file in (io.StringIO(), Terminal()):
        log_to(file)
        extra = about("a1") | {"payload": "planted"}
        logging.getLogger("streams").warning("not taken", extra=extra)
        lines.append(file.getvalue())

    assert json.loads(lines[0])["alert_id"] == "a1"
    assert lines[1].endswith("WARNING: not taken (alert a1)\n")
    assert "planted" not in "".join(lines)


def test_what_a_library_tries_again_is_no_error() -> None:
    """A new Kafka has no coordinator for a while; an error of another kind stays one."""
    out = io.StringIO()
    log_to(out)
    for error in (GroupCoordinatorNotAvailableError(), GroupAuthorizationFailedError()):
        logging.getLogger("aiokafka.consumer").error("Group Coordinator Request failed: %s", error)

    levels = [json.loads(line)["level"] for line in out.getvalue().splitlines()]
    assert levels == ["warning", "error"]


def test_what_is_wrong_on_purpose_has_no_trace() -> None:
    """It says itself what is to be done, whichever library logs that it came."""
    out = io.StringIO()
    log_to(out)
    error = SnapshotError("made with another pseudonym key")
    logging.getLogger("faust.app").error("crashed", exc_info=error)

    (line,) = map(json.loads, out.getvalue().splitlines())
    assert line["message"] == "crashed: made with another pseudonym key"
    assert "error" not in line
