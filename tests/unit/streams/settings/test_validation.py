from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from streams.settings.durations import EXPECTED
from streams.settings.validation import described, expected, validate


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item of a list."""

    x: int
    y: int = 0

    def __post_init__(self) -> None:
        """Refuse points below the diagonal."""
        if self.y < self.x:
            raise ValueError(f"y {self.y} is below x {self.x}")


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table."""

    share: Annotated[Annotated[float, Meta(gt=0, le=1)], Meta(description="how much of it")] = 0.5
    window: timedelta = timedelta(hours=1)
    points: tuple[Point, ...] = ()
    horizons: tuple[timedelta, ...] = ()
    span: tuple[float, float] = (0.0, 1.0)


class Outer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file."""

    kind: Literal["fast", "slow"] = "fast"
    count: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    on: bool = False
    name: Annotated[str, Meta(min_length=2)] = "ab"
    inner: Inner = Inner()


def faults(document: dict[str, Any]) -> list[str]:
    """What is wrong with the document."""
    value, found = validate(document, Outer)
    assert (value is None) == bool(found)
    return [f"{fault.where}: {fault.what}" for fault in found]


def test_nothing_said_is_the_defaults() -> None:
    """An empty document is valid."""
    assert validate({}, Outer) == (Outer(), [])


def test_every_kind_of_value_is_read() -> None:
    """Numbers, text, durations, lists and tables become what the struct says."""
    document = {
        "kind": "slow",
        "count": 7,
        "on": True,
        "name": "cd",
        "inner": {
            "share": 1,
            "window": "15m",
            "points": [{"x": 1, "y": 2}, {"x": -1}],
            "horizons": ["1h", "30d"],
            "span": [1, 2.5],
        },
    }
    inner = Inner(
        share=1.0,
        window=timedelta(minutes=15),
        points=(Point(1, 2), Point(-1)),
        horizons=(timedelta(hours=1), timedelta(days=30)),
        span=(1.0, 2.5),
    )
    assert validate(document, Outer) == (Outer("slow", 7, on=True, name="cd", inner=inner), [])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"kind": "fats"}, 'kind: expected one of "fast", "slow", got "fats"'),
        ({"count": 0}, "count: expected a whole number, at least 1, at most 1,000,000, got 0"),
        (
            {"count": True},
            "count: expected a whole number, at least 1, at most 1,000,000, got true",
        ),
        ({"on": "yes"}, 'on: expected true or false, got "yes"'),
        ({"name": "a"}, 'name: expected text, at least 2 characters, got "a"'),
        ({"inner": 3}, "inner: expected a table, got 3"),
        (
            {"inner": {"share": 0}},
            "inner.share: expected a number, above 0, at most 1, got 0",
        ),
        (
            {"inner": {"share": float("nan")}},
            "inner.share: expected a number, above 0, at most 1, got NaN",
        ),
        (
            {"inner": {"window": 60}},
            'inner.window: expected a duration such as "90s", "15m", "1h" or "30d", got 60',
        ),
        (
            {"inner": {"horizons": ["1h", "a day"]}},
            f'inner.horizons[1]: expected {EXPECTED}, got "a day"',
        ),
        (
            {"inner": {"points": [{"x": 0}, {"y": 3}]}},
            "inner.points[1].x: missing; expected a whole number",
        ),
        ({"inner": {"points": [{"x": 4}]}}, "inner.points[0]: y 0 is below x 4"),
        (
            {"inner": {"points": {"x": 4}}},
            'inner.points: expected a list, each item a table, got {"x": 4}',
        ),
        ({"inner": {"span": [1]}}, "inner.span: expected a list of a number, a number, got [1]"),
        ({"knid": "fast"}, "knid: unknown key; did you mean kind?"),
        ({"inner": {"widow": "1h"}}, "inner.widow: unknown key; did you mean window?"),
        (
            {"zzz": 1},
            "zzz: unknown key; there are: count, inner, kind, name, on",
        ),
        (
            {"kind": "x" * 99},
            f'kind: expected one of "fast", "slow", got "{"x" * 58}…',
        ),
    ],
)
def test_a_fault_says_where_what_was_expected_and_what_was_given(
    document: dict[str, Any], message: str
) -> None:
    """Each kind of fault has a message in the file's own terms."""
    assert faults(document) == [message]


def test_all_faults_are_found() -> None:
    """One fault does not hide the next, in any table."""
    document = {"kind": "x", "inner": {"share": "y", "points": [{"x": "z"}, {"w": 1}]}, "up": 1}
    assert [fault.split(":")[0] for fault in faults(document)] == [
        "up",
        "kind",
        "inner.share",
        "inner.points[0].x",
        "inner.points[1].w",
        "inner.points[1].x",
    ]


def test_types_say_what_they_expect_and_mean() -> None:
    """Bounds and descriptions come from the annotation."""
    kind = msgspec.structs.fields(Inner)[0].type
    assert expected(kind) == "a number, above 0, at most 1"
    assert described(kind) == "how much of it"
    assert described(int) == ""
