import io

from rich.console import Console

from bench.rig.tables import Sheet, as_markdown, show

SHEET = Sheet("Costs", ("what",), ("ns",), [["a|b", "1,000"]], "One core.")


def shown(sheet: Sheet, *, markdown: bool) -> str:
    """What is printed."""
    out = Console(file=io.StringIO(), width=100)
    with out.capture() as captured:
        show(sheet, out, markdown=markdown)
    return captured.get()


def test_markdown_is_a_table_with_title_and_note() -> None:
    """Numbers are to the right, and a cell cannot begin another one."""
    assert as_markdown(SHEET).splitlines() == [
        "**Costs**",
        "",
        "| what | ns |",
        "|---|---:|",
        r"| a\|b | 1,000 |",
        "",
        "One core.",
    ]


def test_terminal_shows_the_same() -> None:
    """Without Markdown there are title, cells and note, and no pipes of a table."""
    text = shown(SHEET, markdown=False)

    assert [text.count(part) for part in ("Costs", "a|b", "1,000", "One core.")] == [1, 1, 1, 1]
    assert "---" not in text


def test_empty_table_is_not_shown() -> None:
    """A table without rows leaves no trace."""
    assert shown(SHEET._replace(rows=[]), markdown=True) == ""
