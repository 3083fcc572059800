import io
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from rich.console import Console

from detectors.alerts import (
    Alert,
    Entity,
    Mode,
    PatternCode,
    Reason,
    Severity,
)
from streams.promise import held
from streams.report import latest, print_alerts, print_summary
from streams.summary import (
    AlertCount,
    Share,
    Summary,
    TenantLevel,
    Tracked,
    Verdicts,
    write_summary,
)
from streams.terminal import console
from tests.alerts import an_alert

SENTENCE = "the same person on 12 of 14 days, where others of the force come back on 1.3"
ALERT = an_alert(
    pattern=PatternCode.PERSISTENT_STALKING,
    severity=Severity.HIGH,
    score=0.99,
    rarity=0.0213,
    tenant_id="city",
    tenants=("city",),
    entity=Entity("pair", "p0_aaaaaaaaaaaaaaaaaaaaaaaaaa+p0_bbbbbbbbbbbbbbbbbbbbbbbbbb"),
    actors=("p0_aaaaaaaaaaaaaaaaaaaaaaaaaa",),
    subjects=("p0_bbbbbbbbbbbbbbbbbbbbbbbbbb",),
    first_event_time="2026-03-01T00:00:00.000Z",
    event_count=12,
    subjects_exposed=1,
    reasons=(Reason("days", 12, 1.3, "days", SENTENCE), Reason("share", 1, 0, "", "second")),
    event_ids=("e1", "e2"),
)


def alert(**changes: Any) -> Alert:
    """The alert above, with changes."""
    return msgspec.structs.replace(ALERT, **changes)


def terminal(width: int) -> tuple[Console, io.StringIO]:
    """A terminal without colours, and what it shows."""
    file = io.StringIO()
    out = Console(
        file=file,
        width=width,
        force_terminal=True,
        color_system=None,
        highlight=False,
        markup=False,
    )
    return out, file


def piped(*alerts: Alert) -> str:
    """What a pipe gets."""
    file = io.StringIO()
    print_alerts(alerts, console(file))
    return file.getvalue()


def test_a_pipe_gets_one_line_per_alert_with_nothing_cut() -> None:
    """The columns are aligned, ids are whole, and the strongest reason is said."""
    quiet = alert(severity=Severity.LOW, mode=Mode.SHADOW, rarity=3, reasons=())
    who = f"pair {ALERT.entity.id}"
    what = "persistent_stalking"
    columns = f"{'pattern':19}  alert  {'who':{len(who)}}  why"
    assert piped(ALERT, quiet).splitlines() == [
        f"raised                    severity      rarity  {columns}",
        f"2026-03-05T10:00:00.000Z  high          0.021   {what}  a1     {who}  {SENTENCE}",
        f"2026-03-05T10:00:00.000Z  low (shadow)  3       {what}  a1     {who}  no reason given",
    ]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_terminal_shows_everything_within_its_width(width: int) -> None:
    """Ids are shortened, the sentence is wrapped, no line is wider than the screen."""
    out, file = terminal(width)
    print_alerts([ALERT, alert(alert_id="a2", severity=Severity.CRITICAL, rarity=1e-9)], out)
    text = file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    for part in (
        "2026-03-05 10:00",
        "high",
        "critical",
        "0.021",
        "<0.001",
        "persistent stalking",
        "pair p0_aaaaaaaaaaaa… + p0_bbbbbbbbbbbb…",
        "alert a1",
        "alert a2",
    ):
        assert part in words, part
    assert [word for word in SENTENCE.split() if word not in words.split()] == []


def test_a_wide_terminal_has_one_row_per_alert() -> None:
    """From 200 columns the sentence of the example fits beside the rest."""
    out, file = terminal(200)
    print_alerts([ALERT], out)
    heading, row, below, _ = file.getvalue().splitlines()
    assert below.strip() == "alert a1"
    assert heading.split() == ["raised", "severity", "rarity", "pattern", "who", "why"]
    assert row.rstrip().endswith(SENTENCE)


def test_a_terminal_shows_the_most_severe_fifty_in_order_of_time() -> None:
    """What is left out is counted."""
    many = [
        alert(
            alert_id=f"a{hour}",
            severity=Severity.LOW if hour % 2 else Severity.HIGH,
            rarity=hour,
            raised_event_time=f"2026-03-{hour // 24 + 1:02}T{hour % 24:02}:00:00.000Z",
        )
        for hour in range(70)
    ]
    out, file = terminal(200)
    print_alerts(many, out)
    _, *rows, last, _ = file.getvalue().splitlines()
    rows = [row for row in rows if not row.strip().startswith("alert ")]
    severities = [row.split()[2] for row in rows]
    assert (severities.count("high"), severities.count("low")) == (35, 15)
    assert last == "… and 20 less severe."
    times = [row[:16] for row in rows]
    assert times == sorted(times)


def test_what_verdicts_lifted_is_shown_first() -> None:
    """Of many alerts of one severity those with the highest scores, whatever their rarity."""
    many = [alert(alert_id=f"a{n}", score=0.5, rarity=0.01 * n) for n in range(60)]
    many.append(alert(alert_id="lifted", score=0.9, rarity=1.0, entity=Entity("actor", "lifted")))
    out, file = terminal(200)
    print_alerts(many, out)
    assert "lifted" in file.getvalue()


def test_ids_cannot_steer_the_terminal() -> None:
    """Control characters are made visible, and what looks like markup is printed as it is."""
    sly = alert(
        entity=Entity("actor", "\x1b[2J\n[red]x"),
        reasons=(Reason("f", 1, 0, "", "\x07[bold]:smile:"),),
    )
    assert "actor �[2J�[red]x  �[bold]:smile:" in piped(sly)
    out, file = terminal(200)
    print_alerts([sly], out)
    assert "actor �[2J�[red]x" in file.getvalue()
    assert "\x1b[2J" not in file.getvalue()


def test_no_alerts_are_said_to_be_none() -> None:
    """An empty table would leave the reader guessing."""
    assert piped() == "No alerts.\n"


def test_the_last_revision_of_every_alert_is_kept_in_order_of_raising() -> None:
    """Updates replace what came before; a late update does not move an alert down."""
    early, update = alert(), alert(revision=2, severity=Severity.CRITICAL)
    other = alert(alert_id="a0", raised_event_time="2026-03-05T11:00:00.000Z")
    assert latest([early, other, update]) == [update, other]


SUMMARY = Summary(
    config_hash="0123456789ab",
    records=1_240,
    events=1_200,
    rejected={"not_json": 3, "missing_field": 30},
    dropped_fields={"user_agent": 4},
    ignored_fields=12,
    late=4,
    duplicates=2,
    clock_ahead=1,
    first_event_time="2026-03-01T00:00:00.000Z",
    last_event_time="2026-05-30T00:00:00.000Z",
    alerts=(
        AlertCount(PatternCode.BULK_SCRAPING, Severity.HIGH, Mode.LIVE, 2),
        AlertCount(PatternCode.BULK_SCRAPING, Severity.CRITICAL, Mode.LIVE, 1),
        AlertCount(PatternCode.SUBJECT_PILE_ON, Severity.LOW, Mode.SHADOW, 5),
    ),
    seconds=2.5,
    events_per_second=480,
    peak_memory_bytes=300 * 1024**2,
    tracked=(Tracked("actors", 300, 2048), Tracked("pairs", 9_000, 3 * 1024**3, 70, 6)),
    tenants=(
        TenantLevel("city", 3, 1_000),
        TenantLevel(
            "county", 0, 200, (PatternCode.PERSISTENT_STALKING, PatternCode.CASE_LAUNDERING)
        ),
    ),
    budget=held(1.0, 1_203, 2),
)


def summarised(summary: Summary) -> list[str]:
    """The lines that a pipe gets, every run of spaces as one."""
    file = io.StringIO()
    print_summary(summary, console(file))
    return [" ".join(line.split()) for line in file.getvalue().splitlines()]


def test_the_summary_says_what_became_of_every_record() -> None:
    """Judged, rejected by reason, set aside, and what the run found and cost."""
    assert summarised(SUMMARY) == [
        "Events 1,200 judged of 1,240 records, 2026-03-01 to 2026-05-30",
        "Rejected 33: missing_field 30, not_json 3",
        "Set aside 4 late, 2 duplicate, 1 clock set back",
        "Fields 4: user_agent 4 taken as absent; 12 unknown",
        (
            "Budget 1 false alert per 10,000 actor-days promised; 2 alerts in 1,203 actor-days: "
            "at most 60 per 10,000 (95 %) if none is real"
        ),
        "Speed 480 events/s for 2.5 s; 300 MiB of memory at most",
        "Tracked 300 actors in 2 KiB",
        "Tracked 9,000 pairs in 3.0 GiB, 70 forgotten, no room for 6 events",
        "Settings 0123456789ab",
        "",
        "Alerts",
        "pattern low medium high critical",
        "bulk_scraping - - 2 1",
        "subject_pile_on (shadow) 5 - - -",
        "",
        "Tenants",
        "tenant level cannot support events",
        "city L3 - 1,000",
        "county L0 persistent_stalking, case_laundering 200",
    ]


def test_an_empty_run_is_summarised_too() -> None:
    """Nothing read, nothing found, and no empty tables."""
    assert summarised(Summary(config_hash="c", records=0, events=0)) == [
        "Events 0 judged of 0 records",
        "Rejected none",
        "Set aside 0 late, 0 duplicate, 0 clock set back",
        "Alerts none",
        "Speed 0 events/s for 0.0 s; 0 B of memory at most",
        "Settings c",
        "",
        "Note: there was no record in the log",
    ]


def test_many_tenants_are_cut_to_the_busiest() -> None:
    """Twenty are listed, by events, and the rest counted."""
    tenants = tuple(TenantLevel(f"t{n:03}", 1, n) for n in range(50))
    lines = summarised(Summary(config_hash="c", records=0, events=0, tenants=tenants))
    assert lines[-21] == "t049 L1 - 49"
    assert lines[-1] == "… and 30 with fewer events."


def test_the_summary_fits_eighty_columns() -> None:
    """Long lists wrap; nothing is lost."""
    out, file = terminal(80)
    print_summary(SUMMARY, out)
    assert max(map(len, file.getvalue().splitlines())) <= 80
    assert "case_laundering" in file.getvalue()


def test_the_summary_is_written_as_json(tmp_path: Path) -> None:
    """What is read back is the same summary."""
    path = tmp_path / "summary.json"
    write_summary(SUMMARY, path)
    written = orjson.loads(path.read_bytes())
    assert written["schema"] == "probewatch.summary.v1"
    assert msgspec.convert(written, Summary) == SUMMARY


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"events": 0, "rejected": {"not_json": 3}}, "try --format combined"),
        ({"events": 0, "rejected": {"malformed_line": 3}}, "try --format query"),
        ({"records": 0, "events": 0}, "no record in the log"),
        ({"late": 500}, "sort the log by time"),
        ({"tracked": (Tracked("actor", 0, 0),)}, "no event was a search"),
        ({"last_event_time": "1970-01-21T00:00:00.000Z"}, "look like seconds"),
    ],
)
def test_a_useless_run_says_why(changed: dict[str, Any], hint: str) -> None:
    """It must not look like a clean log."""
    assert not any(line.startswith("Note: ") for line in summarised(SUMMARY))

    lines = summarised(msgspec.structs.replace(SUMMARY, **changed))
    assert [hint in line for line in lines if line.startswith("Note: ")] == [True]


def test_the_summary_says_what_verdicts_did() -> None:
    """How many took effect, and what each pattern's share of the budget is now."""
    shares = (
        Share(PatternCode.BULK_SCRAPING, 0.25, 0.181),
        Share(PatternCode.SUBJECT_PILE_ON, 0.05, 0.0571),
    )
    verdicts = Verdicts(
        records=1_009, rejected={"bad_time": 2}, in_effect=1_000, waiting=3, shares=shares
    )
    lines = summarised(msgspec.structs.replace(SUMMARY, verdicts=verdicts))

    assert "Verdicts 1,000 in effect; 3 wait for their day; rejected 2: bad_time 2" in lines
    where = lines.index("Budget")
    assert lines[where + 1 : where + 4] == [
        "pattern share configured",
        "bulk_scraping 0.181 0.250",
        "subject_pile_on 0.057 0.050",
    ]


def test_shares_that_nothing_moved_are_not_shown() -> None:
    """Verdicts that wait have no effect yet."""
    waiting = Verdicts(records=1, waiting=1, shares=(Share(PatternCode.BULK_SCRAPING, 0.2, 0.2),))
    lines = summarised(msgspec.structs.replace(SUMMARY, verdicts=waiting))

    assert "Verdicts 0 in effect; 1 wait for their day" in lines
    assert "Budget" not in lines
