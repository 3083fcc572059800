import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.packed import PADDING, Packed, pack


def unpack(packed: Packed) -> list[bytes]:
    """The texts in a buffer, which must end with the padding."""
    texts = packed.buffer.tobytes().split(bytes([packed.separator]))
    assert texts.pop() == PADDING.encode()
    assert len(texts) == packed.count
    return texts


@given(st.lists(st.none() | st.text(st.characters(), max_size=20), max_size=20))
def test_texts_come_out_as_they_went_in(texts: list[str | None]) -> None:
    """Line feeds, NULs and lone surrogates included; None is the empty text."""
    expected = [(text or "").encode("utf-8", "surrogatepass") for text in texts]

    assert unpack(pack(texts)) == expected


def test_other_types_are_refused() -> None:
    """A number is no text, and the caller has to know."""
    with pytest.raises(TypeError):
        pack(["1", 2])  # type: ignore[list-item]
