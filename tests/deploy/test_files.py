"""Nothing lies in `deploy/` that nobody uses."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BY_NAME = {".gitignore": "git", "Dockerfile.dockerignore": "docker build"}
"""Files that a program looks for by itself."""

_WORD = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*|(?:\.\./)+[\w.*/-]+")


def files() -> list[Path]:
    """All that is checked in there, secrets and what is compiled left out."""
    found = (path for path in DEPLOY.rglob("*") if path.is_file())
    return sorted(path for path in found if "secrets" not in path.relative_to(DEPLOY).parts)


def users() -> list[Path]:
    """Where a file may be named: what is deployed, and what tests it."""
    tests = (path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
    return [ROOT / "docker-compose.yml", *files(), *tests]


@cache
def used() -> frozenset[Path]:
    """Everything that is named by something else, by itself or by its directory."""
    return frozenset(path for user in users() for path in named_in(user) if path != user)


def named_in(user: Path) -> Iterator[Path]:
    """The files of `deploy/` that a file names."""
    # A test puts paths together; what is deployed names them from where it lies.
    rooms = {user.parent} if user.is_relative_to(DEPLOY) else {ROOT, DEPLOY, *DEPLOY.glob("*/")}
    for word in set(_WORD.findall(user.read_text(errors="replace"))):
        for room in rooms:
            if re.search(r"(?<!\*)\*(?!\*)", word):
                yield from (path for path in room.glob(word) if path.is_file())
            else:
                yield from meant(room / word)


def meant(path: Path) -> Iterator[Path]:
    """The file, or the files of a directory; of one of Kustomize's, what that lists."""
    path = path.resolve()
    if path.is_file():
        yield path
    elif path.is_dir() and path.is_relative_to(DEPLOY) and path != DEPLOY:
        one = path / "kustomization.yaml"
        yield from [one] if one.is_file() else (each for each in path.rglob("*") if each.is_file())


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(DEPLOY)))
def test_every_file_is_used(file: Path) -> None:
    """Another file that is deployed, or a test, names it."""
    assert file in used() or file.name in BY_NAME


def test_a_directory_of_kustomize_uses_what_it_lists() -> None:
    """What only lies there is dead; nor is all of `deploy/` used because it is named."""
    base = DEPLOY / "kubernetes/base"

    assert list(meant(base)) == [base / "kustomization.yaml"]
    assert list(meant(DEPLOY)) == []
    assert base / "network.yaml" in named_in(base / "kustomization.yaml")
