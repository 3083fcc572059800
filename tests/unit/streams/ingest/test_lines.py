import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.lines import cut, joined
from streams.ingest.packed import NEWLINE, PADDING

texts = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b"/"))


@given(before=st.binary(max_size=60), behind=st.binary(max_size=60))
def test_lines_are_cut_as_text_is_split(before: bytes, behind: bytes) -> None:
    """At every line feed; what is behind the last one is no line yet."""
    lines, rest = cut(before, behind)
    assert [*lines, rest] == (before + behind).split(b"\n")
    assert [lines[i] for i in range(len(lines))] == [*lines]


@given(lines=st.lists(texts), data=st.data())
def test_some_lines_are_as_those_of_a_list(lines: list[bytes], data: st.DataObject) -> None:
    """Joined or cut, whole or in part; and each part may be read past its end."""
    part = data.draw(st.slices(len(lines)))
    for all_ in (joined(lines), cut(b"".join(line + b"\n" for line in lines))[0]):
        some = all_[part]
        assert [*some] == lines[part]
        for end in some.bounds[:, 1]:
            assert some.block[end] == NEWLINE
            assert len(some.block) > end + len(PADDING)
        assert joined(some) is some
        assert not np.any(all_.bounds[:, 1] < all_.bounds[:, 0])
