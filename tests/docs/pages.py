"""The Markdown pages of the project, and the parts of them that can be checked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"

_FENCE = re.compile(
    r"(?:<!-- ((?:(?!-->).)+) -->\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        line: the number of its first line, from 1.
        language: what its fence names.
        text: what is in it.
        note: the comment on the line before it, empty if there is none.
    """

    line: int
    language: str
    text: str
    note: str


def pages() -> list[Path]:
    """The README and everything under docs/."""
    return [README, *sorted(DOCS.rglob("*.md"))]


def name(page: Path) -> str:
    """The path from the root, as a test's id."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> Iterator[Block]:
    """The fenced blocks of these languages, in order."""
    text = page.read_text()
    for match in _FENCE.finditer(text):
        note, language, inside = match.groups(default="")
        if language in languages:
            yield Block(text.count("\n", 0, match.start(3)) + 1, language, inside, note)


def links(page: Path) -> list[str]:
    """Where it links to, code left out."""
    prose = _CODE.sub("", _FENCE.sub("", page.read_text()))
    return [target or source for target, source in _LINK.findall(prose)]


def anchors(page: Path) -> set[str]:
    """The fragments that its headings can be linked by, as GitHub makes them."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, row by row, its head left out."""
    below = page.read_text().partition(f"# {heading}\n")[2]
    rows = re.search(r"(?:^\|.*\|\n)+", below, re.MULTILINE)
    if rows is None:
        raise LookupError(f"{name(page)}: no table below {heading!r}")
    lines = rows[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
