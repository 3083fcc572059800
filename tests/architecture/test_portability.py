"""What is committed works anywhere: it names no package index and no path of one machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The bracketed letters keep these patterns from matching their own text.
FORBIDDEN = {
    "package index": re.compile(
        r"py[p]i\.org|python[h]osted|registry\.npm[j]s|repo1?\.mave[n]\."
        r"|proxy\.golan[g]|(?:static|index)\.crate[s]\.|deb\.debia[n]|archive\.ubunt[u]"
    ),
    "path of one machine": re.compile(r"(?<![\w.~-])/(?:hom[e]|User[s]|roo[t]|wor[k])/"),
}


def texts() -> dict[str, str]:
    """What git tracks, or would with the next `git add`, by path."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    run = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)
    paths = [ROOT / name for name in run.stdout.split("\0") if name]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(errors="replace")
        for path in paths
        if path.is_file()
    }


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_names(what: str) -> None:
    """No committed line holds the forbidden text."""
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if FORBIDDEN[what].search(line)
    ]

    assert not found


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("package index", "--index-url https://" + "pypi" + ".org/simple"),
        ("path of one machine", "open('/" + "home/ada/events.jsonl')"),
    ],
)
def test_forbidden_text_is_noticed(what: str, text: str) -> None:
    """The patterns match what they are there for."""
    assert FORBIDDEN[what].search(text)
