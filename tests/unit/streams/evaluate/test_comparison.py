from detectors.alerts import Alert, Entity, PatternCode, Severity
from streams.evaluate.comparison import Difference, compare
from tests.alerts import an_alert


def about(who: str, day: int, **changed: object) -> Alert:
    """An alert about an account, of one hour of a day."""
    times = {
        "first_event_time": f"2026-03-{day:02}T09:00:00.000Z",
        "last_event_time": f"2026-03-{day:02}T10:00:00.000Z",
        "raised_event_time": f"2026-03-{day:02}T10:00:00.000Z",
    }
    who_and_when = {"alert_id": f"{who}{day}", "entity": Entity("actor", who), "actors": (who,)}
    return an_alert(**(who_and_when | times | changed))


def test_a_run_is_like_itself() -> None:
    """Nothing comes or goes."""
    run = [about("a", 3), about("b", 4)]

    result = compare(run, run)

    assert (result.gone, result.new) == ((), ())
    assert result.differences[0] == Difference(
        pattern=None, before=2, after=2, gone=0, new=0, sooner=0, later=0, overlap=1.0
    )


def test_what_comes_and_goes_is_told_the_rarest_first() -> None:
    """An alert about somebody else is new, and the one that is missing is gone."""
    before = [about("a", 3), about("b", 4)]
    after = [about("a", 3), about("c", 4, rarity=0.4), about("d", 5, rarity=0.1)]

    result = compare(before, after)

    assert [finding.entity.id for finding in result.gone] == ["b"]
    assert [finding.entity.id for finding in result.new] == ["d", "c"]
    assert result.differences[0].overlap == 1 - 3 / 5


def test_episodes_are_the_same_if_they_overlap_whatever_their_ids() -> None:
    """Another number of the episode gives another id; another week is another finding."""
    before = [about("a", 3)]

    same = compare(before, [about("a", 3, alert_id="other")])
    later = compare(before, [about("a", 10)])

    assert not same.new
    assert (len(later.new), len(later.gone)) == (1, 1)


def test_another_pattern_or_tenant_is_another_finding() -> None:
    """Only like is compared with like."""
    before = [about("a", 3)]

    assert compare(before, [about("a", 3, pattern=PatternCode.CASE_LAUNDERING)]).new
    assert compare(before, [about("a", 3, tenant_id="u")]).new


def test_what_pages_nobody_is_no_alert() -> None:
    """An alert that has become low is gone."""
    result = compare([about("a", 3)], [about("a", 3, severity=Severity.LOW)])

    assert len(result.gone) == 1
    assert result.differences[0].after == 0


def test_sooner_and_later_are_counted() -> None:
    """The same episode, raised an hour earlier."""
    sooner = about("a", 3, raised_event_time="2026-03-03T09:00:00.000Z")

    assert compare([about("a", 3)], [sooner]).differences[0].sooner == 1
    assert compare([sooner], [about("a", 3)]).differences[0].later == 1
