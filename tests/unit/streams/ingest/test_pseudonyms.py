import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import ConfigError
from streams.ingest.pseudonyms import (
    PUBLIC_KEY,
    PlainNames,
    PseudonymKey,
    derived_key,
    format_pseudonym,
    hash_one,
    parse_pseudonym,
)

SECRET = bytes(range(32))
halves = st.integers(0, 2**64 - 1)


@given(st.tuples(halves, halves), st.integers(0, 999_999_999))
def test_written_form_is_read_back(pair: tuple[int, int], epoch: int) -> None:
    """`p<epoch>_` and 26 characters of base32 say all 128 bits and the epoch."""
    text = format_pseudonym(pair, epoch)

    assert text.startswith(f"p{epoch}_")
    assert len(text.partition("_")[2]) == 26
    assert parse_pseudonym(text) == (pair, epoch)


@pytest.mark.parametrize(
    "text",
    [
        "ada",
        "p1_",
        "p_aeaaaaaaaaaaaaaaaaaaaaaaaa",
        "p01_aeaaaaaaaaaaaaaaaaaaaaaaaa",
        "p1_AEAAAAAAAAAAAAAAAAAAAAAAAA",
        "p1_aeaaaaaaaaaaaaaaaaaaaaaaa1",
        # Two bits beyond the 128: the same id could be written in four ways.
        "p1_aeaaaaaaaaaaaaaaaaaaaaaaab",
    ],
)
def test_anything_else_is_no_pseudonym(text: str) -> None:
    """One id has one written form."""
    assert parse_pseudonym(text) is None


def test_kinds_scopes_names_and_secrets_are_separate() -> None:
    """The same id has nothing in common with itself elsewhere."""
    pairs = {
        hash_one(SECRET, "actor", "tenant", "acme", "ada"),
        hash_one(SECRET, "credential", "tenant", "acme", "ada"),
        hash_one(SECRET, "actor", "namespace", "acme", "ada"),
        hash_one(SECRET, "actor", "tenant", "globex", "ada"),
        hash_one(SECRET, "actor", "tenant", "acme", "grace"),
        hash_one(SECRET[1:], "actor", "tenant", "acme", "ada"),
    }

    assert len({half for pair in pairs for half in pair}) == 12


def test_kind_and_name_do_not_run_into_each_other() -> None:
    """A tenant cannot choose a name that gives it the keys of another kind."""
    assert derived_key(SECRET, "probe", "tenant", "_cluster") != derived_key(
        SECRET, "probe_cluster", "tenant", ""
    )


@pytest.mark.parametrize("length", [0, 15, 65])
def test_secret_has_to_be_a_secret(length: int) -> None:
    """Shorter than 128 bits could be guessed; longer than 64 bytes BLAKE2b cannot use."""
    with pytest.raises(ConfigError, match=f"expected 16 to 64 bytes, got {length}"):
        PseudonymKey(bytes(length), epoch=1)


def test_epoch_is_not_negative() -> None:
    """It could not be read back."""
    with pytest.raises(ConfigError, match="expected an epoch of 0 or more"):
        PseudonymKey(SECRET, epoch=-1)


def test_secret_is_not_shown() -> None:
    """A traceback or a log of the settings must not hold it."""
    assert "x1f" not in repr(PseudonymKey(SECRET, epoch=1))


def test_keyed_names_are_written_as_pseudonyms() -> None:
    """Whatever the kind, and whatever it was told."""
    key = PseudonymKey(SECRET, epoch=4)
    pair = hash_one(key.secret, "actor", "tenant", "acme", "ada")
    key.remember("actor", np.array([pair], np.uint64), ["ada"])

    assert key.write("actor", pair) == format_pseudonym(pair, 4)


def test_plain_names_are_written_as_given() -> None:
    """Each kind on its own; what was never seen is a pseudonym."""
    names = PlainNames()
    pair = hash_one(PUBLIC_KEY, "actor", "tenant", "acme", "ada")
    names.remember("actor", np.array([pair, (0, 0)], np.uint64), ["ada", None])

    assert names.secret == PUBLIC_KEY
    assert names.write("actor", pair) == "ada"
    assert names.write("credential", pair) == format_pseudonym(pair, 0)
    assert names.write("actor", (0, 0)) == format_pseudonym((0, 0), 0)
