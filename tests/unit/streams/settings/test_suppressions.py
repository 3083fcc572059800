from collections.abc import Mapping
from pathlib import Path

import pytest

from streams.settings import FaultyConfigError, parse

GOOD = {
    "id": "pentest-2026",
    "owner": "red-team",
    "reason": "exercise",
    "until": "2026-03-31T02:00:00+02:00",
    "tenants": ["acme"],
}


def faults(*tables: Mapping[str, object]) -> list[str]:
    """What is wrong with suppressions."""
    try:
        parse({"suppressions": list(tables)}, "f", Path())
    except FaultyConfigError as error:
        return [line.removeprefix("f: suppressions") for line in error.lines]
    return []


def test_a_good_one_is_read() -> None:
    """Its end is a time like any other."""
    (one,) = parse({"suppressions": [GOOD]}, "f", Path()).suppressions

    assert (one.id, one.tenants, one.up_to) == ("pentest-2026", ("acme",), "high")
    assert one.ends == 1_774_915_200_000


@pytest.mark.parametrize("field", ["id", "owner", "reason", "until"])
def test_who_why_and_until_when_must_be_said(field: str) -> None:
    """Of every suppression."""
    lacking = {name: value for name, value in GOOD.items() if name != field}

    assert faults(GOOD, lacking) == [f"[1].{field}: missing; expected text"]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("id", "Two words", "expected a code such as red-team"),
        ("reason", "she asked us to", "expected a code such as red-team"),
        ("owner", "Anna Smith", "expected a name without spaces"),
        ("until", "2026-03-31", "expected a time"),
        ("until", "2026-03-31T00:00:00", "expected a time"),
        ("until", "soon", "expected a time"),
        ("patterns", ["scraping"], "expected bulk_scraping, "),
        ("entities", ["anna@example.org"], "expected pseudonyms"),
        ("tenants", [], "one of them is needed"),
        ("up_to", "worst", 'expected one of "low", "medium"'),
    ],
)
def test_what_is_wrong_is_named(field: str, value: object, message: str) -> None:
    """With what was expected."""
    (fault,) = faults(GOOD | {field: value})

    assert fault.startswith("[0]")
    assert field in fault
    assert message in fault


def test_a_plain_id_is_not_repeated() -> None:
    """Whoever wrote an identity into the file knows which; messages end up in logs."""
    (fault,) = faults(GOOD | {"entities": ["anna@example.org"]})

    assert "anna" not in fault
