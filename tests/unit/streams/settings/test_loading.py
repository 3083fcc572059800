import re
import tomllib
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from detectors.errors import ConfigError
from streams.settings import FaultyConfigError, Settings, Sink, default_file, find, load


def written(directory: Path, text: str) -> Path:
    """A configuration file with this text."""
    path = directory / "probewatch.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_hold() -> None:
    """Nothing has to be configured."""
    assert load(None) == Settings()


def test_a_file_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    """Shell sections and detection sections stand side by side in the file."""
    settings = load(
        written(
            tmp_path,
            """
            [input]
            allowed_lateness = "15m"
            [subjects]
            namespace = "host"
            [budget]
            false_alerts_per_10000_actor_days = 5
            [patterns.bulk_scraping]
            shadow = true
            """,
        )
    )
    assert settings.input.allowed_lateness == timedelta(minutes=15)
    assert settings.subjects.namespace == "host"
    assert settings.detection.budget.false_alerts_per_10000_actor_days == 5.0
    assert settings.detection.patterns.bulk_scraping.shadow is True
    untouched = Settings()
    assert settings.input.batch_size == untouched.input.batch_size
    assert settings.detection.limits == untouched.detection.limits


def test_the_default_file_spells_the_defaults(tmp_path: Path) -> None:
    """Loading it changes nothing, and it names every key that there is."""
    path = written(tmp_path, default_file())
    assert load(path) == Settings()

    def keys(value: object, where: str = "") -> set[str]:
        if isinstance(value, dict):
            return {k for name, v in value.items() for k in keys(v, f"{where}.{name}")}
        return {where}

    settings = msgspec.to_builtins(Settings())
    everything = {**settings, **settings.pop("detection")}
    del everything["detection"]
    # There are none by default, so what they may hold stands there as a comment.
    assert everything.pop("sinks") == everything.pop("suppressions") == ()
    assert all(f"# {key}: " in default_file() for key in Sink.__struct_fields__)
    assert keys(tomllib.loads(default_file())) == keys(everything)


def test_the_default_file_explains_every_key() -> None:
    """Above each key stands what it means, and in brackets what it may be."""
    lines = default_file().splitlines()
    explained = 0
    for number, line in enumerate(lines):
        if line.startswith(("[[", "#")) or " = " not in line:
            continue
        above = lines[:number]
        comment: list[str] = []
        while above and above[-1].startswith("#"):
            comment.insert(0, above.pop().removeprefix("# "))
        if not comment:
            # The rows of an array of tables are explained above the first of them.
            assert "rules" in " ".join(lines[max(0, number - 4) : number]), line
            continue
        explained += 1
        assert re.fullmatch(r"\w.{10,} \([a-z].*\)", " ".join(comment)), line
    assert explained > 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[input]\nformat =\n", "probewatch.toml:2: Invalid value (column 9)"),
        ("a = 1\na = 2\n", "probewatch.toml:2: Cannot overwrite a value (column 6)"),
        ('[input]\nformat = "query', "probewatch.toml:2: Unterminated string (end of document)"),
        ("[input\n", "probewatch.toml:1: Expected ']' at the end of a table declaration"),
        (
            "[limits]\nactors = 3\n",
            "limits.actors: expected a whole number, at least 1,000, at most 2,000,000,000, got 3",
        ),
        ("[patterns.bulk_scrapping]\n", "unknown key; did you mean bulk_scraping?"),
        ("[pattern]\n", "probewatch.toml: pattern: unknown key; did you mean patterns?"),
        (
            "[[input.combined.rules]]\npattern = '('\noperation = 'identify'\n",
            "input.combined.rules[0]: pattern: expected a regular expression, got '('",
        ),
        (
            "[input]\nallowed_lateness = '15m'\nsort_window = '1h'\n",
            "input: sort_window: expected at most allowed_lateness, 15m, got 1h",
        ),
    ],
)
def test_a_fault_names_file_place_and_expectation(tmp_path: Path, text: str, message: str) -> None:
    """Syntax errors have a line, wrong values a path, and both are one line."""
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "probewatch.toml"))
    assert "\n" not in str(caught.value)


def test_several_faults_are_all_kept_and_the_message_is_one_line(tmp_path: Path) -> None:
    """Whoever only prints the error sees the first and learns that there are more."""
    path = written(tmp_path, "[input]\nbatch_size = 0\nsort_window = 1\n[subjects]\nnames = []\n")
    with pytest.raises(FaultyConfigError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{caught.value.lines[0]} (and 2 more; probewatch check-config lists them)"
    )
    assert [line.split(": ")[1] for line in caught.value.lines] == [
        "input.sort_window",
        "input.batch_size",
        "subjects.names",
    ]


def test_an_unreadable_file_is_a_configuration_error(tmp_path: Path) -> None:
    """A missing file, a directory and bytes that are no text are named."""
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"# \xff\n")
    with pytest.raises(ConfigError, match=r"latin\.toml: not UTF-8 at byte 2"):
        load(tmp_path / "latin.toml")


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    """Some editors write one."""
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbf[input]\nbatch_size = 5\n")
    assert load(tmp_path / "marked.toml").input.batch_size == 5


def test_a_file_nested_too_deeply_is_a_configuration_error(tmp_path: Path) -> None:
    """The parser's own limit does not show."""
    path = written(tmp_path, "a = " + "[" * 100_000 + "]" * 100_000)
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(path)


def test_the_hash_tells_apart_what_judges_differently(tmp_path: Path) -> None:
    """Detection settings change it; how events are batched or who holds the key does not."""

    def hash_of(text: str) -> str:
        return load(written(tmp_path, text)).config_hash

    default = hash_of("")
    assert re.fullmatch("[0-9a-f]{12}", default)
    assert hash_of(default_file()) == default
    assert hash_of("[input]\nbatch_size = 5\n") == default
    assert hash_of("[pseudonyms]\nepoch = 3\n") == default
    changed = {
        hash_of("[budget]\nfalse_alerts_per_10000_actor_days = 2\n"),
        hash_of("[patterns.bulk_scraping]\nshadow = true\n"),
        hash_of('[subjects]\nnamespace = "host"\n'),
        hash_of('[input]\nallowed_lateness = "2h"\n'),
        hash_of("[limits]\nactors = 5000\n"),
    }
    assert len(changed | {default}) == 6


def test_a_key_file_is_seen_from_the_configuration(tmp_path: Path) -> None:
    """A relative path starts where the file is, not where the command was called."""
    relative = load(written(tmp_path, '[pseudonyms]\nkey_file = "keys/one"\n'))
    assert relative.pseudonyms.key_file == str(tmp_path / "keys" / "one")
    absolute = load(written(tmp_path, '[pseudonyms]\nkey_file = "/etc/probewatch/key"\n'))
    assert absolute.pseudonyms.key_file == "/etc/probewatch/key"


def test_the_file_given_goes_before_the_environments_and_that_before_the_one_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any of them there is no file."""
    monkeypatch.chdir(tmp_path)
    assert find(None, {}) is None
    written(tmp_path, "")
    assert find(None, {}) == Path("probewatch.toml")
    assert find(None, {"PROBEWATCH_CONFIG": "b.toml"}) == Path("b.toml")
    assert find(Path("a.toml"), {"PROBEWATCH_CONFIG": "b.toml"}) == Path("a.toml")
