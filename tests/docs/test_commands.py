"""Whoever types what a page says gets what the page shows."""

from pathlib import Path

import orjson
import pytest

from streams.simulate import Recipe, build
from tests.docs.pages import README, ROOT, blocks, name, pages
from tests.docs.session import FASTER, Outcome, Step, follow, shows, steps

SHELL = ("sh", "console")
ACCESS = (
    '203.0.113.7 - ada [05/Jan/2026:11:00:0{} +0100] "GET /search HTTP/1.1" 200 512 "-" "curl/8"\n'
)


def run_on(page: Path) -> list[Step]:
    """The commands of a page that are to be run."""
    todo = (block for block in blocks(page, *SHELL) if not block.note.startswith("not run: "))
    return [step for block in todo for step in steps(block)]


def complaint(step: Step, outcome: Outcome) -> str | None:
    """What is wrong with what came of a step, if anything."""
    if outcome.status is None or (outcome.status != 0) != step.fails:
        return f"line {step.line}: {step.command}\nended with {outcome.status}:\n{outcome.output}"
    if not shows(outcome.output, step.expected):
        return f"line {step.line}: {step.command}\nprinted:\n{outcome.output}"
    return None


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a reader stands, who has a log of the API and one of the web server."""
    scenario = build(Recipe(world="police", seed=1, actors=20, days=10))
    log = b"".join(orjson.dumps(event) + b"\n" for event in scenario.events())
    (tmp_path / "queries.jsonl").write_bytes(log)
    (tmp_path / "access.log").write_text("".join(ACCESS.format(second) for second in range(6)))
    return tmp_path


@pytest.mark.parametrize("page", [page for page in pages() if run_on(page)], ids=name)
def test_commands_do_what_the_page_shows(page: Path, directory: Path) -> None:
    """Every command ends as it should and prints what is shown, whatever the numbers."""
    todo = run_on(page)
    outcomes = follow(todo, directory)

    wrong = list(filter(None, map(complaint, todo, outcomes)))

    assert not wrong, wrong[0]


@pytest.mark.parametrize("page", pages(), ids=name)
def test_what_is_not_run_has_a_reason(page: Path) -> None:
    """A comment before a block of commands either says why it is not run or that it fails."""
    notes = {block.note for block in blocks(page, *SHELL)} - {"", "fails"}

    assert all(len(note) > len("not run: ") and note.startswith("not run: ") for note in notes)


def test_the_reader_comes_to_the_point() -> None:
    """The README's commands are among those that are run."""
    commands = [step.command for step in run_on(README)]

    assert "make demo" in commands
    assert any(command.startswith("probewatch replay") for command in commands)


def test_a_demo_is_what_make_runs() -> None:
    """The shortcut taken here is the recipe of the target, made to end soon and by itself."""
    recipes = (ROOT / "Makefile").read_text()
    command = FASTER["make demo"].removesuffix(" --seconds 10 --exit")

    assert f"@$(BIN)/{command}\n" in recipes


@pytest.mark.parametrize(
    ("output", "expected", "alike"),
    [
        ("12 events\nlow\n", "7 events high", True),
        ("12 events", "7 searches", False),
        ("a\nb\nc\n", "a\n…\nc\n", True),
        ("a\nc\n", "a\n…\nc\n", True),
        ("c\na\n", "a\n…\nc\n", False),
        ("anything", "…", True),
        ("nothing to see", "", True),
    ],
)
def test_comparison_is_loose_but_not_blind(output: str, expected: str, alike: bool) -> None:  # noqa: FBT001
    """Numbers may differ and `…` leaves out; words and their order count."""
    assert shows(output, expected) == alike
