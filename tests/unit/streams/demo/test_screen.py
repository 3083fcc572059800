import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from detectors.alerts import Entity, PatternCode, Reason, Severity, Status
from streams.demo.screen import Screen
from streams.evaluate import Labels, evaluate
from streams.evaluate.records import Campaign, Meta
from streams.terminal import console
from tests.alerts import an_alert

BEGIN = datetime(2026, 3, 5, 9, tzinfo=UTC)
FIRST = an_alert(
    severity=Severity.HIGH,
    entity=Entity("actor", "p0_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    reasons=(Reason("a", 1, 0, "", "reached 900 new people"),),
)
LATER = an_alert(
    revision=2,
    status=Status.CLOSED,
    severity=Severity.CRITICAL,
    entity=FIRST.entity,
    event_count=1_200,
    last_event_time="2026-03-06T11:00:00.000Z",
)


def campaign(name: str, actor: str, lasted: timedelta, *, ambiguous: bool = False) -> Campaign:
    """Three searches of an account that scrapes."""
    return Campaign(
        campaign_id=name,
        pattern=PatternCode.BULK_SCRAPING,
        difficulty="blatant",
        tenants=frozenset({"t"}),
        actors=frozenset({actor}),
        start=BEGIN,
        end=BEGIN + lasted,
        event_ids=("e1", "e2", "e3"),
        ambiguous=ambiguous,
    )


def terminal() -> tuple[Screen, io.StringIO]:
    """A terminal of 80 columns without colours."""
    file = io.StringIO()
    out = Console(file=file, width=80, force_terminal=True, color_system=None, markup=False)
    return Screen(out), file


def test_a_pipe_gets_a_line_per_revision_with_whole_ids() -> None:
    """When, how bad, what, who; then the strongest reason, or how far it has come."""
    file = io.StringIO()
    screen = Screen(console(file))
    screen.show(FIRST)
    screen.show(LATER)

    who = "bulk scraping  actor p0_aaaaaaaaaaaaaaaaaaaaaaaaaa"
    assert file.getvalue().splitlines() == [
        f"2026-03-05 10:00  high      {who}  reached 900 new people  rarity 0.5, alert a1",
        f"2026-03-06 11:00  critical  {who}  1,200 searches, over",
    ]


def test_a_terminal_gets_the_reason_below_and_updates_in_one_line() -> None:
    """Ids are cut to what tells them apart."""
    screen, file = terminal()
    screen.show(FIRST)
    screen.show(LATER)

    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    assert lines == [
        "2026-03-05 10:00  high      bulk scraping actor p0_aaaaaa…",
        "                            reached 900 new people",
        "                            rarity 0.5, alert a1",
        "2026-03-06 11:00  critical  actor p0_aaaaaa…: 1,200 searches, over",
    ]


def test_no_id_steers_the_terminal() -> None:
    """Control characters are shown, not obeyed."""
    screen, file = terminal()
    screen.show(an_alert(entity=Entity("actor", "a\x1b[2J")))

    assert "\x1b[2J" not in file.getvalue()


def test_nothing_moves_in_a_pipe() -> None:
    """Neither while starting nor while searches are sent."""
    file = io.StringIO()
    screen = Screen(console(file))
    with screen.starting(), screen.progress(10) as pace:
        pace.told(1_741_000_000_000, 5)

    assert file.getvalue() == ""


def test_a_terminal_sees_how_far_the_traffic_is() -> None:
    """The simulated day, and how many searches were sent."""
    screen, file = terminal()
    with screen.progress(2_000) as pace:
        pace.told(1_741_000_000_000, 1_500)

    assert "2025-03-03" in file.getvalue()
    assert "1,500 searches" in file.getvalue()


@pytest.mark.parametrize(
    ("lasted", "written"),
    [
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=48, hours=11), "48 days"),
    ],
)
def test_the_end_says_what_was_planted_and_found(lasted: timedelta, written: str) -> None:
    """Each campaign with how long it took to find it; those that are in doubt do not count."""
    labels = Labels(
        Meta(),
        (
            campaign("c1", "someone", lasted),
            campaign("c2", "other", lasted),
            campaign("c3", "another", lasted, ambiguous=True),
        ),
        (),
    )
    file = io.StringIO()
    screen = Screen(console(file))
    wrong = an_alert(alert_id="a2", entity=Entity("actor", "nobody"), actors=("nobody",))
    screen.conclude(labels, evaluate([an_alert(), wrong], labels))

    rows = [line.split("  ") for line in file.getvalue().splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert ["bulk scraping", "blatant", "3", written, "60 minutes"] in cells
    assert ["bulk scraping", "blatant", "3", written, "missed"] in cells
    assert cells[-1] == ["Of 2 planted campaigns of misuse 1 were found; 1 alerts were false."]
    assert screen.concluded
