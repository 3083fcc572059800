import msgspec
import pytest

from bench.rig.promptness import DEADLINES, Delay, delays, group_days
from detectors.alerts import Alert, Entity, Mode, PatternCode
from streams.evaluate import Labels, evaluate
from streams.evaluate.records import Campaign, Group, Meta, Search
from tests.alerts import an_alert

MONDAY = 1_772_409_600_000
"""2026-03-02T00:00Z."""
HOUR = 3_600_000

CAMPAIGN = Campaign(
    campaign_id="c1",
    pattern=PatternCode.PERSISTENT_STALKING,
    difficulty="moderate",
    tenants=frozenset({"city"}),
    actors=frozenset({"stalker"}),
    subjects=frozenset({"ex", "mother"}),
    start=MONDAY,
    end=MONDAY + 7 * 12 * HOUR,
    event_ids=tuple(f"e{i}" for i in range(8)),
)

LOG = [
    Search(
        event_id=f"e{i}",
        event_time=MONDAY + 12 * i * HOUR,
        tenant_id="city",
        actor_id="stalker",
        subject_id=("ex", "mother")[i % 2],
    )
    for i in range(8)
]
"""Two look-ups a day: of the former partner at midnight, of her mother at noon."""

# At noon of the third day, by the search e5.
ALERT = an_alert(
    pattern=PatternCode.PERSISTENT_STALKING,
    score=0.99,
    tenant_id="city",
    tenants=("city",),
    entity=Entity("pair", "stalker+mother"),
    actors=("stalker",),
    subjects=("mother",),
    first_event_time="2026-03-02T12:00:00.000Z",
    last_event_time="2026-03-04T12:00:00.000Z",
    raised_event_time="2026-03-04T12:00:00.000Z",
    event_count=3,
    subjects_exposed=1,
)


def delay_of(alerts: list[Alert], campaign: Campaign = CAMPAIGN) -> Delay:
    """The delay of one campaign under these alerts."""
    truth = Labels(Meta(), (campaign,), ())
    (delay,) = delays(evaluate(alerts, truth, LOG), truth, alerts, LOG)
    return delay


def test_searches_of_the_named_person_are_counted() -> None:
    """Of six searches up to the alert three were of the person that it names, on three days."""
    delay = delay_of([ALERT])

    assert (delay.searches, delay.of_person, delay.days) == (6, 3, 3)


def test_later_alerts_do_not_count() -> None:
    """An alert on the other person that comes later changes nothing."""
    later = msgspec.structs.replace(
        ALERT,
        alert_id="a2",
        subjects=("ex",),
        last_event_time="2026-03-05T00:00:00.000Z",
        raised_event_time="2026-03-05T00:00:00.000Z",
    )

    assert delay_of([ALERT, later]) == delay_of([ALERT])


def test_alert_without_a_person_is_about_all() -> None:
    """If the alert names nobody of them, searches of every victim count."""
    assert delay_of([msgspec.structs.replace(ALERT, subjects=())]).of_person == 6


def test_what_pages_nobody_finds_nothing() -> None:
    """A shadow alert at an earlier time is not the first."""
    early = msgspec.structs.replace(
        ALERT,
        alert_id="a0",
        mode=Mode.SHADOW,
        subjects=("ex",),
        last_event_time="2026-03-03T00:00:00.000Z",
        raised_event_time="2026-03-03T00:00:00.000Z",
    )

    assert delay_of([early, ALERT]) == delay_of([ALERT])


def test_missed_campaign_has_no_delay() -> None:
    """Without an alert there is nothing to count, and no deadline is kept."""
    delay = delay_of([])

    assert (delay.searches, delay.of_person, delay.days) == (None, None, None)
    assert not any(deadline.kept(delay) for deadline in DEADLINES)


def test_ambiguous_campaign_is_left_out() -> None:
    """What the log cannot tell from innocence has no delay."""
    truth = Labels(Meta(), (msgspec.structs.replace(CAMPAIGN, ambiguous=True),), ())

    assert delays(evaluate([ALERT], truth, LOG), truth, [ALERT], LOG) == ()


@pytest.mark.parametrize(
    ("of_person", "days", "kept"),
    [(10, 9, True), (11, 3, True), (11, 4, False), (None, None, False)],
)
def test_stalking_is_due_at_the_later_of_both(
    of_person: int | None, days: int | None, *, kept: bool
) -> None:
    """Ten searches of the person or three active days: either is early enough."""
    delay = Delay(
        campaign_id="c1",
        pattern=PatternCode.PERSISTENT_STALKING,
        difficulty="stealthy",
        searches=50,
        of_person=of_person,
        days=days,
    )
    (deadline,) = (d for d in DEADLINES if d.pattern is PatternCode.PERSISTENT_STALKING)

    assert deadline.kept(delay) is kept


@pytest.mark.parametrize(
    ("searches", "kept"),
    [(15, [True, True]), (16, [False, True]), (61, [False, False]), (None, [False, False])],
)
def test_scraping_is_due_by_searches(searches: int | None, kept: list[bool]) -> None:
    """A campaign is found in time if its alert came at the last search allowed or before."""
    delay = Delay(
        campaign_id="c1",
        pattern=PatternCode.BULK_SCRAPING,
        difficulty="blatant",
        searches=searches,
        of_person=None,
        days=None,
    )
    due = [d for d in DEADLINES if d.pattern is PatternCode.BULK_SCRAPING]

    assert [deadline.kept(delay) for deadline in due] == kept


def test_days_of_groups_are_counted_by_actor_and_day() -> None:
    """An actor's searches of one day are one actor-day, in every group that it is in."""
    groups = (
        Group("fans", frozenset({"stalker", "ada"})),
        Group("others", frozenset({"ada"})),
        Group("absent", frozenset({"nobody"})),
    )
    noon = Search("x", MONDAY + 12 * HOUR, "city", "ada")

    assert group_days([*LOG, noon], groups) == {"fans": 5, "others": 1, "absent": 0}
