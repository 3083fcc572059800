"""Every page can be found, and leads somewhere."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.docs.pages import DOCS, README, ROOT, anchors, links, name, pages

FIGURES = {
    "detection": "detection.md",
    "rivals": "detection.md",
    "ablation": "detection.md",
    "public": "detection.md",
    "performance": "performance.md",
}
_LOCAL = re.compile(r"(?!https?://|mailto:)")


def local(page: Path) -> list[tuple[Path, str]]:
    """The files of the project that a page links to, with the fragment or an empty one."""
    found = []
    for link in filter(_LOCAL.match, links(page)):
        path, _, fragment = link.partition("#")
        found.append(((page.parent / path).resolve() if path else page, fragment))
    return found


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    """What is linked exists, and has the heading."""
    broken = [
        f"{target}#{fragment}"
        for target, fragment in local(page)
        if not target.exists() or (fragment and fragment not in anchors(target))
    ]

    assert not broken


def test_every_page_is_reached_from_the_readme() -> None:
    """Following links from the README one comes to each page of docs/."""
    reached, new = set[Path](), {README}
    while new:
        reached |= new
        seen = {target for page in new for target, _ in local(page) if target.suffix == ".md"}
        new = seen - reached

    assert {name(page) for page in pages()} <= {name(page) for page in reached}


def test_every_picture_is_shown() -> None:
    """A drawing in docs/ is well-formed, described, and on a page."""
    shown = {target for page in pages() for target, _ in local(page)}
    drawings = list(DOCS.rglob("*.svg"))

    assert drawings
    for drawing in drawings:
        root = ET.fromstring(drawing.read_text())  # noqa: S314 - it is our own
        assert drawing in shown
        assert root.find("{http://www.w3.org/2000/svg}title") is not None


@pytest.mark.parametrize("figures", FIGURES)
def test_figures_have_a_place(figures: str) -> None:
    """There is one marked block to write the figures of a release into."""
    text = (DOCS / FIGURES[figures]).read_text()

    places = re.findall(rf"<!-- figures:{figures} -->\n.+?<!-- /figures -->", text, re.DOTALL)

    assert len(places) == 1
    assert text.count("<!-- figures:") == text.count("<!-- /figures -->")


def test_the_changelog_and_the_guide_are_linked() -> None:
    """The README leads to what changed and to how to take part."""
    targets = {target for target, _ in local(README)}

    assert {ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", ROOT / "LICENSE"} <= targets
