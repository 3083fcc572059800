from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import PatternCode, Reason
from detectors.verdicts import MOST_KEPT, Cause, Docket, Ruling, Verdict, in_effect, judged
from tests.alerts import an_alert
from tests.logs import DAY, HOUR, MONDAY
from tests.verdicts import a_verdict, several, verdicts

TODAY = MONDAY // DAY


def test_a_verdict_holds_what_it_is_about() -> None:
    """The alert's pattern, tenant and numbers, so that nothing has to be looked up."""
    alert = an_alert(reasons=(Reason("reach", 90, 3, "people", "90 people in a day"),))

    assert judged(alert, Ruling.BENIGN, MONDAY) == Verdict(
        alert_id="a1",
        verdict=Ruling.BENIGN,
        event_time=MONDAY,
        pattern=PatternCode.BULK_SCRAPING,
        tenant_id="t",
        reasons=(Cause("reach", 90.0, 3.0),),
    )


def test_a_verdict_waits_for_the_day_after_its_own() -> None:
    """Given at noon, it counts from midnight on."""
    docket = Docket()
    docket.add([a_verdict(event_time=MONDAY + 12 * HOUR)])

    assert not docket.begin(TODAY)
    assert docket.in_effect == {}
    assert docket.begin(TODAY + 1)
    assert list(docket.in_effect) == ["a1"]
    assert not docket.waiting


def test_the_last_verdict_on_an_alert_is_the_one() -> None:
    """Who thinks better of it is heard, from that day on; what was said first came first."""
    first = a_verdict(verdict=Ruling.FALSE)
    second = a_verdict(verdict=Ruling.TRUE, event_time=MONDAY + DAY)
    docket = Docket()
    docket.add([second, first])
    docket.begin(TODAY + 1)
    assert docket.in_effect == {"a1": first}
    docket.begin(TODAY + 2)
    assert docket.in_effect == {"a1": second}
    docket.add([first])
    docket.begin(TODAY + 3)
    assert docket.in_effect == {"a1": second}


@given(given_=st.lists(verdicts, max_size=12), data=st.data())
def test_order_and_repetition_change_nothing(given_: list[Verdict], data: st.DataObject) -> None:
    """However verdicts come, the same are in effect in the same order, day by day or at once."""
    at_once, by_day = Docket(), Docket()
    at_once.add(given_)
    by_day.add(data.draw(st.permutations([*given_, *given_[:3]])))
    for day in range(TODAY, TODAY + 7):
        by_day.begin(day)
    at_once.begin(TODAY + 6)

    assert list(at_once.in_effect.items()) == list(by_day.in_effect.items())
    assert at_once.in_effect == in_effect(given_, TODAY + 6)


@given(given_=st.lists(verdicts, max_size=12), late=st.lists(verdicts, max_size=3))
def test_what_is_saved_is_all(given_: list[Verdict], late: list[Verdict]) -> None:
    """Also a verdict that came after its day had begun, and takes effect with the next."""
    docket, restored = Docket(), Docket()
    docket.add(given_)
    docket.begin(TODAY + 3)
    docket.add(late)
    restored.load(docket.saved())
    assert restored.saved() == docket.saved()
    for day in (TODAY + 3, TODAY + 4):
        assert restored.begin(day) == docket.begin(day)
        assert list(restored.in_effect.items()) == list(docket.in_effect.items())


def test_the_oldest_are_forgotten() -> None:
    """What is kept is bounded."""
    old = a_verdict(alert_id="old", event_time=MONDAY - DAY)
    docket = Docket()
    docket.add([old, *several(MOST_KEPT)])
    docket.begin(TODAY + 1)

    assert len(docket.in_effect) == MOST_KEPT
    assert "old" not in docket.in_effect
