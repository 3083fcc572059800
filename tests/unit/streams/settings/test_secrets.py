import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.errors import ConfigError
from streams.settings import pseudonym_key, required_pseudonym_key
from streams.settings.sections import Pseudonyms

KEY = bytes(range(240, 256))


@given(st.binary(min_size=16, max_size=64))
def test_hex_and_base64_are_both_understood(key: bytes) -> None:
    """Either spelling gives the same bytes, in either alphabet, with or without padding."""
    spellings = {
        key.hex(),
        key.hex().upper() + "\n",
        base64.urlsafe_b64encode(key).decode(),
        base64.b64encode(key).decode().rstrip("="),
    }
    for text in spellings:
        # A base64 text that happens to be all hex digits is read as hex.
        if any(digit not in "0123456789abcdefABCDEF" for digit in text.strip()) or (
            text.strip().lower() == key.hex()
        ):
            assert pseudonym_key(Pseudonyms(), {"PROBEWATCH_PSEUDONYM_KEY": text}) == key


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    """The file is used only where the environment says nothing."""
    path = tmp_path / "key"
    path.write_text(KEY.hex() + "\n")
    settings = Pseudonyms(key_file=str(path))
    assert pseudonym_key(settings, {}) == KEY
    assert pseudonym_key(settings, {"PROBEWATCH_PSEUDONYM_KEY": ""}) == KEY
    assert pseudonym_key(settings, {"PROBEWATCH_PSEUDONYM_KEY": "00" * 16}) == bytes(16)


def test_a_key_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "key"
    path.write_bytes(b"\xef\xbb\xbf" + KEY.hex().encode() + b"\r\n")
    assert pseudonym_key(Pseudonyms(key_file=str(path)), {}) == KEY


def test_no_key_is_fine_until_one_is_required() -> None:
    """Reading ids as given needs none; making pseudonyms says how to set one."""
    assert pseudonym_key(Pseudonyms(), {}) is None
    with pytest.raises(ConfigError, match=r"set PROBEWATCH_PSEUDONYM_KEY or .* key_file"):
        required_pseudonym_key(Pseudonyms(), {})
    assert required_pseudonym_key(Pseudonyms(), {"PROBEWATCH_PSEUDONYM_KEY": KEY.hex()}) == KEY


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5ec4e7", "has 3 bytes, expected 16 to 64 random bytes"),
        ("7f" * 65, "has 65 bytes, expected 16 to 64 random bytes"),
        ("open sesame!", "neither hex nor base64"),
        ("schlüssel-schlüssel-schlüssel", "neither hex nor base64"),
        (KEY.hex()[:-1] + "!", "neither hex nor base64"),
    ],
)
def test_a_bad_key_is_refused_without_being_shown(tmp_path: Path, text: str, message: str) -> None:
    """The message says where the key came from and what is wrong, never what it is."""
    with pytest.raises(ConfigError, match=message) as caught:
        pseudonym_key(Pseudonyms(), {"PROBEWATCH_PSEUDONYM_KEY": text})
    assert str(caught.value).startswith("PROBEWATCH_PSEUDONYM_KEY: ")
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as from_file:
        pseudonym_key(Pseudonyms(key_file=str(path)), {})
    assert str(from_file.value).startswith(f"{path}: ")
    assert text not in str(caught.value) + str(from_file.value)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is a configuration error."""
    with pytest.raises(ConfigError, match="gone: cannot be read: No such file"):
        pseudonym_key(Pseudonyms(key_file=str(tmp_path / "gone")), {})
