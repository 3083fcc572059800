import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.packed import PADDING, Packed, gather, pack


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


@given(st.lists(st.text(max_size=20), max_size=20))
def test_texts_and_those_that_differ(texts: list[str]) -> None:
    """Each text by the number of the first that is the same."""
    packed = pack(texts)
    words, which = packed.different()

    assert packed.texts() == texts
    assert words == list(dict.fromkeys(texts))
    assert [words[number] for number in which.tolist()] == texts
    assert packed.sizes().tolist() == [len(text.encode()) for text in texts]


@given(texts=st.lists(st.text(max_size=20), max_size=20), ascii_only=st.booleans())
def test_strings_of_json_are_gathered(texts: list[str], *, ascii_only: bool) -> None:
    """Escape sequences, but for halves of pairs, come out as what they mean."""
    written = [json.dumps(text, ensure_ascii=ascii_only)[1:-1] for text in texts]
    usable = [
        (text, raw.encode())
        for text, raw in zip(texts, written, strict=True)
        if not ascii_only or max(text, default="a") <= "\uffff"
    ]
    lines = np.frombuffer(b"".join(raw for _, raw in usable) + bytes(32), np.uint8)
    sizes = np.array([len(raw) for _, raw in usable], np.int64)
    signs = np.array([-1 if b"\\" in raw else 1 for _, raw in usable], np.int64)
    packed = gather(lines, np.cumsum(sizes) - sizes, sizes * signs, escaped=True)

    assert packed.texts() == [text for text, _ in usable]
