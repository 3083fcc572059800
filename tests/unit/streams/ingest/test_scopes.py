import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest import scopes
from streams.ingest.scopes import Scopes


def derive(name: str) -> bytes:
    """Sixteen bytes that say whose they are."""
    return name.encode().ljust(16)


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1), min_size=1))
def test_numbers_lead_to_names_and_table_rows(columns: list[list[str]]) -> None:
    """However many columns came before, and whether they hold one name or several."""
    numbered = Scopes()
    for column in columns:
        numbers = numbered.number(column).tolist()
        table = numbered.table("keys", derive)

        assert [numbered.names[number] for number in numbers] == column
        assert [table[number].tobytes() for number in numbers] == [derive(x) for x in column]


def test_tables_of_two_labels_are_separate() -> None:
    """Each label has its own function, called once for each name."""
    numbered = Scopes()
    numbered.number(["a", "b", "a"])
    calls: list[str] = []

    def counted(name: str) -> bytes:
        calls.append(name)
        return bytes(16)

    numbered.table("zero", counted)
    numbered.number(["b", "c"])
    numbered.table("zero", counted)

    assert numbered.table("keys", derive)[2].tobytes() == derive("c")
    assert calls == ["a", "b", "c"]


def test_names_without_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded, and numbers and tables still fit each other."""
    monkeypatch.setattr(scopes, "MOST_NAMES", 3)
    numbered = Scopes()
    for i in range(0, 20, 2):
        column = [str(i), str(i + 1)]
        numbers = numbered.number(column)
        table = numbered.table("keys", derive)

        assert len(numbered.names) <= 5
        assert [table[number].tobytes() for number in numbers] == [derive(x) for x in column]
