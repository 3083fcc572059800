import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.checkpoints.pages import (
    PAGE_BYTES,
    Bytes,
    Layout,
    Salts,
    Words,
    bytes_of,
    changed_pages,
    gather,
    scatter,
)

MASK = (1 << 64) - 1

ROW_BYTES = [1, 4, 8, 33, 36, 80, 127, 128, 172, 249, 268]


def mixed(word: int) -> int:
    """SplitMix64's finaliser, in plain integers."""
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & MASK
    return word ^ (word >> 31)


def hashes_of(data: bytes, page_bytes: int, salt: Words) -> list[int]:
    """The hash of each page: of its size, and of its words, the last one short or empty."""
    hashes = []
    for start in range(0, len(data), page_bytes):
        page = data[start : start + page_bytes]
        total = len(page)
        for k in range(len(page) // 8 + 1):
            word = int.from_bytes(page[8 * k : 8 * k + 8], "little")
            total += mixed(word ^ int(salt[k]))
        hashes.append(total & MASK)
    return hashes


def filled(rows: int, row_bytes: int, seed: int = 0) -> Bytes:
    """Rows of random bytes."""
    return np.random.default_rng(seed).integers(0, 256, (rows, row_bytes), np.uint8)


def hashed(rows: Bytes, salts: Salts) -> Words:
    """The hashes of all pages."""
    layout = Layout.of(rows)
    hashes = np.zeros(layout.pages, np.uint64)
    changed_pages(bytes_of(rows), layout, salts, hashes)
    return hashes


@pytest.mark.parametrize("row_bytes", ROW_BYTES)
def test_a_page_is_the_fewest_whole_rows(row_bytes: int) -> None:
    """A page reaches its least size, and would not with one row less."""
    layout = Layout.of(np.zeros((5, row_bytes), np.uint8))

    assert layout.page_bytes == layout.page_rows * row_bytes
    assert layout.page_bytes >= PAGE_BYTES > layout.page_bytes - row_bytes


@given(st.sampled_from(ROW_BYTES), st.integers(1, 300), st.integers(0, 1 << 32))
def test_hashes_are_those_of_the_plain_version(row_bytes: int, rows: int, seed: int) -> None:
    """The kernel gives what plain integers give, of whole pages and of the last one."""
    data = filled(rows, row_bytes, seed)
    layout, salts = Layout.of(data), Salts(seed)

    found = hashed(data, salts).tolist()

    salt = salts.of_page(layout.page_bytes)
    assert found == hashes_of(data.tobytes(), layout.page_bytes, salt)


@given(st.sampled_from(ROW_BYTES), st.integers(1, 300), st.data())
def test_every_changed_byte_is_seen(row_bytes: int, rows: int, data: st.DataObject) -> None:
    """Just the pages with a changed byte are listed, and only once."""
    array = filled(rows, row_bytes)
    layout, salts = Layout.of(array), Salts(1)
    hashes = hashed(array, salts)
    flat = bytes_of(array)
    places = data.draw(st.sets(st.integers(0, len(flat) - 1), max_size=20))

    flat[sorted(places)] ^= np.uint8(data.draw(st.integers(1, 255)))

    expected = sorted({place // layout.page_bytes for place in places})
    assert changed_pages(flat, layout, salts, hashes).tolist() == expected
    assert changed_pages(flat, layout, salts, hashes).tolist() == []


@pytest.mark.parametrize("row_bytes", [128, 172, 249])
def test_every_bit_of_a_page_counts(row_bytes: int) -> None:
    """No two of all the pages that differ in one bit from one page have the same hash."""
    page = filled(1, row_bytes)
    bits = np.unpackbits(page)
    pages = np.packbits(bits ^ np.eye(len(bits), dtype=np.uint8), axis=1)

    hashes = hashed(np.concatenate([page, pages]), Salts(2))

    assert len(set(hashes.tolist())) == len(bits) + 1


def test_words_that_change_places_are_seen() -> None:
    """A word has another weight at another place."""
    page = np.zeros((1, 128), np.uint8)
    page[0, :8] = 7
    pages = np.concatenate([np.roll(page, 8 * k, axis=1) for k in range(16)])

    assert len(set(hashed(pages, Salts(3)).tolist())) == 16


def test_half_of_the_bits_of_a_hash_change_with_one_bit() -> None:
    """The hash of a page spreads a change of one bit over all of its own."""
    page = filled(1, 128)
    bits = np.unpackbits(page)
    pages = np.packbits(bits ^ np.eye(len(bits), dtype=np.uint8), axis=1)
    salts = Salts(4)

    flips = hashed(pages, salts) ^ hashed(page, salts)

    by_bit = np.unpackbits(flips.view(np.uint8)).reshape(-1, 64).mean(axis=0)
    assert by_bit.min() > 0.4
    assert by_bit.max() < 0.6


def test_hashes_depend_on_the_seed() -> None:
    """Nobody who does not know the seed can make two pages of one hash."""
    pages = filled(8, 128)

    assert not set(hashed(pages, Salts(5)).tolist()) & set(hashed(pages, Salts(6)).tolist())


def test_a_zeroed_row_more_changes_the_last_page() -> None:
    """Growth is seen even if the new row is all zeros."""
    rows = np.zeros((5, 33), np.uint8)
    salts = Salts(7)
    hashes = hashed(rows, salts)
    grown = np.zeros((6, 33), np.uint8)

    assert changed_pages(bytes_of(grown), Layout.of(grown), salts, hashes).tolist() == [1]


@given(st.sampled_from(ROW_BYTES), st.integers(1, 300), st.data())
def test_gathered_pages_go_back_in_their_places(
    row_bytes: int, rows: int, data: st.DataObject
) -> None:
    """What was gathered of one array makes those pages of another the same, and no others."""
    old, new = filled(rows, row_bytes, 1), filled(rows, row_bytes, 2)
    layout = Layout.of(old)
    pages = np.array(sorted(data.draw(st.sets(st.integers(0, layout.pages - 1)))), np.int64)
    chosen = np.isin(np.arange(rows) // layout.page_rows, pages)
    expected = np.where(chosen[:, None], new, old)

    scatter(gather(bytes_of(new), layout, pages), layout, pages, bytes_of(old))

    assert np.array_equal(old, expected)
