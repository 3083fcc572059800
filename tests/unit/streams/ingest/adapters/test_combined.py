import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import ConfigError
from detectors.events import Operation, Outcome
from streams.ingest.adapters.combined import ANYTHING, STATIC, CombinedLines, PathRule
from streams.ingest.ingest import Ingest, Ingested
from streams.ingest.pseudonyms import PlainNames
from streams.ingest.rejects import Rejected
from streams.ingest.scanning import LONGEST_LINE
from tests.columns import rows

LINE = (
    '203.0.113.7 - ada [05/Jan/2026:11:00:00 +0100] "GET /search?face=secret HTTP/1.1" 200 512'
    ' "https://example.org/secret" "curl/8"'
)


def read(*lines: str, names: PlainNames | None = None) -> Ingested:
    """What comes of these lines."""
    decoder = CombinedLines(tenant="acme")
    return Ingest(names or PlainNames(), decoder).decode([line.encode() for line in lines], 0)


def test_line_becomes_an_event() -> None:
    """Who, when, where from, and how it ended."""
    names = PlainNames()
    batch = read(LINE, names=names).batch
    (row,) = batch.rows

    assert batch.event_ids == ["line-1"]
    assert row["time"] == 1_767_607_200_000
    assert names.write("actor", tuple(row["actor"].tolist())) == "ada"
    assert names.write("network", tuple(row["network"].tolist())) == "203.0.113.0/24"
    assert batch.names[int(row["tenant"])] == "acme"
    assert row["operation"] == Operation.IDENTIFY
    assert row["outcome"] == Outcome.SUCCESS
    assert row["user_agent"] != 0


def test_nobody_logged_in_is_the_address() -> None:
    """Which is then an actor's id too."""
    names = PlainNames()
    (row,) = read(LINE.replace("ada", "-"), names=names).batch.rows

    assert names.write("actor", tuple(row["actor"].tolist())) == "203.0.113.7"


@pytest.mark.parametrize(
    ("status", "outcome", "throttled"),
    [
        ("200", Outcome.SUCCESS, 0),
        ("304", Outcome.SUCCESS, 0),
        ("401", Outcome.DENIED, 0),
        ("403", Outcome.DENIED, 0),
        ("404", Outcome.FAILURE, 0),
        ("429", Outcome.DENIED, 1),
        ("503", Outcome.FAILURE, 0),
    ],
)
def test_status_says_how_it_ended(status: str, outcome: Outcome, throttled: int) -> None:
    """Refused, failed or done; too many requests is throttling."""
    (row,) = read(LINE.replace(" 200 ", f" {status} ")).batch.rows

    assert (row["outcome"], row["throttled"]) == (outcome, throttled)


@pytest.mark.parametrize(
    ("request_line", "operation"),
    [
        ("GET /style.css HTTP/1.1", Operation.OTHER),
        ("GET /a/b/photo.JPEG?size=2 HTTP/1.1", Operation.OTHER),
        ("GET /style.css/search HTTP/1.1", Operation.IDENTIFY),
        ("POST /search?file=a.css HTTP/1.1", Operation.IDENTIFY),
        ("GET /", Operation.IDENTIFY),
        ("-", Operation.OTHER),
        (r"\x16\x03\x01", Operation.OTHER),
        (r"GET /\"quoted\" HTTP/1.1", Operation.IDENTIFY),
    ],
)
def test_path_says_what_was_asked(request_line: str, operation: Operation) -> None:
    """What a page brings along is no search, and what is no request is none either."""
    result = read(LINE.replace("GET /search?face=secret HTTP/1.1", request_line))

    assert not result.rejected
    assert result.batch.rows["operation"].tolist() == [operation]


def test_first_rule_that_fits_decides() -> None:
    """An operator's own paths come before the general ones."""
    rules = (PathRule(r"^/verify\b", "verify"), PathRule(r"^/faces/\d+$", "delete"), STATIC)
    decoder = CombinedLines(rules=rules)
    lines = [
        LINE.replace("/search?face=secret", path).encode()
        for path in ("/verify/x.png", "/faces/12", "/x.png", "/else")
    ]

    events = rows(decoder.decode(lines, 0))

    assert [event["operation"] for event in events] == ["verify", "delete", "other", "other"]
    assert [event["tenant_id"] for event in events] == ["default"] * 4
    assert ANYTHING.operation == "identify"


def test_rule_that_is_no_expression_is_refused() -> None:
    """With what is wrong with it."""
    with pytest.raises(ConfigError, match=re.escape("path rule '(': expected a regular expres")):
        CombinedLines(rules=[PathRule("(", "verify")])


@pytest.mark.parametrize(
    "line",
    [
        LINE.rpartition(' "https')[0],
        LINE[:-1],
        LINE + ' "10.0.0.1" 0.002',
        LINE + "\r",
        LINE.replace("ada", "Ada Lovelace"),
        LINE.replace(" 512 ", " - "),
    ],
)
def test_variants_are_read(line: str) -> None:
    """Common format, an agent cut off, fields added, CRLF, a name of two words, no bytes."""
    result = read(line)

    assert not result.rejected
    assert not result.dropped_fields
    assert result.batch.rows["time"].tolist() == [1_767_607_200_000]


def test_other_lines_are_rejected_and_numbered() -> None:
    """With a reason, and blank ones without."""
    result = read(
        "nonsense",
        "",
        LINE,
        LINE.replace("Jan", "Jxx"),
        LINE.replace("05/Jan", "32/Jan"),
        LINE.replace("ada", "a" * 257),
        LINE + "x" * LONGEST_LINE,
        '{"event_id": "e1"}',
    )

    assert result.rejected == [
        Rejected(0, "malformed_line"),
        Rejected(3, "bad_time", "event_time"),
        Rejected(4, "bad_time", "event_time"),
        Rejected(5, "bad_length", "actor_id"),
        Rejected(6, "too_large"),
        Rejected(7, "malformed_line"),
    ]
    assert result.batch.event_ids == ["line-3"]
    assert result.blank == 1


def test_wrong_optional_parts_are_dropped_or_cut() -> None:
    """A host name is no address; an endless agent is cut."""
    result = read(
        LINE.replace("203.0.113.7", "client.example.org"),
        LINE.replace("curl/8", "x" * 600),
    )

    assert len(result.batch) == 2
    assert result.dropped_fields == {"source_ip": 1, "user_agent": 1}


def test_path_and_referrer_are_not_kept() -> None:
    """They may hold names, and nothing needs them."""
    decoded = CombinedLines().decode([LINE.encode()], 0)

    assert "secret" not in repr(decoded)


@given(
    st.lists(st.binary(max_size=40) | st.text('[]"\\ -0123456789/:', max_size=80).map(str.encode))
)
def test_any_bytes_are_an_event_or_a_reject(lines: list[bytes]) -> None:
    """Never an exception, and every record is accounted for."""
    result = Ingest(PlainNames(), CombinedLines()).decode(lines, 0)

    assert len(result.batch) + len(result.rejected) + result.blank == len(lines)
