import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.audit.chain import (
    GENESIS,
    Broken,
    Happened,
    Head,
    Link,
    Whole,
    canonical,
    link,
    verify,
)
from tests.unit.streams.audit.chains import a_chain, lines

LONG = 12
CHAIN = a_chain(LONG)
HEAD = Head(LONG - 1, CHAIN[-1].hash)

places = st.integers(0, LONG - 1)


def test_a_chain_holds() -> None:
    """What was written as it should be is whole, with its head."""
    assert verify(lines(CHAIN), [HEAD]) == Whole(0, HEAD, {"alert": LONG}, 0)


def test_no_chain_is_whole() -> None:
    """A trail in which nothing happened yet has no head."""
    assert verify([]) == Whole(0, Head(-1, GENESIS), {}, 0)


@given(places, st.data())
def test_a_changed_byte_is_found_where_it_is(place: int, data: st.DataObject) -> None:
    """Whatever byte of whatever record is another, that record is the first broken one."""
    found = lines(CHAIN)
    line = bytearray(found[place])
    at = data.draw(st.integers(0, len(line) - 2))
    line[at] = data.draw(st.integers(33, 126).filter(lambda byte: byte != line[at]))
    found[place] = bytes(line)
    result = verify(found, [HEAD])

    assert isinstance(result, Broken)
    assert result.seq == place


@given(places, st.sampled_from(["time", "kind", "what", "source", "seq"]))
def test_a_change_that_is_hashed_anew_is_found_behind_it(place: int, field: str) -> None:
    """Who also corrects the record's own hash breaks the next link, or the noted head."""
    other: dict[str, object] = {
        "time": "2027-01-01T00:00:00Z",
        "kind": "verdict",
        "what": {},
        "source": None,
        "seq": 99,
    }
    forged = [*CHAIN]
    body = msgspec.to_builtins(CHAIN[place]) | {field: other[field]}
    forged[place] = _hashed_anew(body)
    result = verify(lines(forged), [HEAD])

    assert isinstance(result, Broken) or forged[place] == CHAIN[place]
    if isinstance(result, Broken):
        assert result.seq in {place, place + 1, LONG - 1}


def _hashed_anew(body: dict[str, object]) -> Link:
    rest = {name: value for name, value in body.items() if name != "hash"}
    return msgspec.convert(rest | {"hash": hashlib.sha256(canonical(rest)).hexdigest()}, Link)


@given(places)
def test_a_removed_record_is_found(place: int) -> None:
    """Wherever it stood; at the end the noted head tells."""
    result = verify(lines([*CHAIN[:place], *CHAIN[place + 1 :]]), [HEAD])

    assert isinstance(result, Broken)
    assert result.seq == place


@given(places, places)
def test_records_in_another_order_are_found(one: int, other: int) -> None:
    """Two that have changed places: the first of the places is named."""
    swapped = [*CHAIN]
    swapped[one], swapped[other] = swapped[other], swapped[one]
    result = verify(lines(swapped), [HEAD])

    if one == other:
        assert isinstance(result, Whole)
    else:
        assert isinstance(result, Broken)
        assert result.seq == min(one, other)


@given(st.integers(0, LONG), places)
def test_an_inserted_record_is_found(at: int, copied: int) -> None:
    """A record that was there already, put in anywhere again."""
    result = verify(lines([*CHAIN[:at], CHAIN[copied], *CHAIN[at:]]), [HEAD])

    assert isinstance(result, Broken)
    assert result.seq == at + (at == copied)


def test_a_chain_made_anew_is_found_by_the_noted_head() -> None:
    """A whole chain of other records holds, and is told from the noted one."""
    anew = a_chain(LONG + 5)[1:]
    forged: list[Link] = []
    head = Head()
    for each in anew:
        forged.append(link(head, _again(each)))
        head = Head(forged[-1].seq, forged[-1].hash)

    assert isinstance(verify(lines(forged)), Whole)
    assert verify(lines(forged), [HEAD]) == Broken(LONG - 1, "has another hash than was noted")


def _again(each: Link) -> Happened:
    return Happened(each.time, each.kind, each.what, each.source)


def test_a_missing_end_is_found_by_the_noted_head_alone() -> None:
    """A chain that stops too early is whole by itself."""
    cut = lines(CHAIN[:-3])

    assert isinstance(verify(cut), Whole)
    assert isinstance(verify(cut, [HEAD]), Broken)


def test_a_shortened_log_is_checked_from_where_it_begins() -> None:
    """If that is allowed; without leave it is broken at record 0."""
    late = lines(CHAIN[4:])

    assert verify(late, shortened=True) == Whole(4, HEAD, {"alert": LONG - 4}, 0)
    assert verify(late) == Broken(0, "is missing; record 4 stands in its place")


def test_what_was_published_again_is_counted() -> None:
    """The same revision of the same alert twice is told, and breaks nothing."""
    twice = [*CHAIN, link(HEAD, _again(CHAIN[0]))]
    result = verify(lines(twice))

    assert isinstance(result, Whole)
    assert result.repeated == 1


@pytest.mark.parametrize("line", [b"nonsense", b"{}", b"[1]", b'"\xff"'])
def test_what_is_no_record_is_found(line: bytes) -> None:
    """It is named by the number that was expected there."""
    result = verify([*lines(CHAIN[:2]), line])

    assert isinstance(result, Broken)
    assert result.seq == 2
    assert result.what.startswith("is no record")


def test_a_trail_that_tells_of_an_id_of_any_type_is_checked() -> None:
    """An earlier version chained what it found, so an alert's id may be a list there."""
    head, found = Head(), []
    for _ in range(2):
        what = {"alert_id": [{"x": 1}], "revision": 1}
        found.append(link(head, Happened("2026-03-05T09:00:00.000Z", "alert", what)))
        head = Head(found[-1].seq, found[-1].hash)

    assert verify(lines(found)) == Whole(0, head, {"alert": 2}, 1)


@pytest.mark.parametrize("depth", [300, 100_000])
def test_a_line_that_is_too_deep_is_no_record(depth: int) -> None:
    """It could not have been written by us."""
    line = CHAIN[0].line().replace(b'"a0"', b"[" * depth + b"]" * depth)

    result = verify([line])
    assert isinstance(result, Broken)
    assert result.what.startswith("is no record")
