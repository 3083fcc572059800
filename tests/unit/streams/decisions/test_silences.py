import pytest

from detectors.alerts import Entity, PatternCode, Severity
from streams.decisions.silences import Silences, covered
from streams.settings.suppressions import Suppression
from tests.alerts import an_alert
from tests.decisions import NOW, a_snooze
from tests.logs import HOUR

ONE, OTHER = "p0_" + "a" * 26, "p0_" + "b" * 26
PAIR = an_alert(entity=Entity("pair", f"{ONE}+{OTHER}"), pattern=PatternCode.PERSISTENT_STALKING)


def a_suppression(**changed: object) -> Suppression:
    """Of everything in a tenant, for long, but for what is `changed`."""
    plain = {"id": "red-team", "owner": "soc", "reason": "exercise", "tenants": ("t",)}
    return Suppression(**({"until": "2099-01-01T00:00:00Z"} | plain | changed))  # type: ignore[arg-type]


def of_alert(alert_id: str, severity: Severity | None = Severity.MEDIUM) -> Silences:
    """A snooze of one alert."""
    snooze = a_snooze(pattern=None, tenant_id=None, alert_id=alert_id, severity=severity)
    return Silences((snooze,))


def test_nothing_covers_nothing() -> None:
    """Without snoozes and suppressions every alert is delivered."""
    assert Silences().covers(an_alert(), NOW) is None


def test_a_snooze_covers_its_alert_until_it_ends() -> None:
    """By the clock; and no other alert."""
    silences = of_alert("a1")

    assert silences.covers(an_alert(), NOW) == "snooze 0a1b2c3d"
    assert silences.covers(an_alert(), NOW + HOUR - 1) == "snooze 0a1b2c3d"
    assert silences.covers(an_alert(), NOW + HOUR) is None
    assert silences.covers(an_alert(alert_id="a2"), NOW) is None


@pytest.mark.parametrize("entity", [ONE, OTHER, f"{ONE}+{OTHER}"])
def test_a_snooze_of_an_entity_covers_what_is_about_it(entity: str) -> None:
    """Alone or as one of a pair; not what it merely takes part in."""
    silences = Silences((a_snooze(pattern=None, tenant_id=None, entity=entity),))

    assert silences.covers(PAIR, NOW)
    assert not silences.covers(an_alert(actors=(ONE, OTHER)), NOW)


def test_a_snooze_of_a_pattern_covers_it_in_its_tenant() -> None:
    """Not in another, and not across tenants."""
    silences = Silences((a_snooze(),))

    assert silences.covers(an_alert(), NOW)
    assert not silences.covers(an_alert(pattern=PatternCode.CREDENTIAL_SHARING), NOW)
    assert not silences.covers(an_alert(tenant_id="other"), NOW)
    assert not silences.covers(an_alert(tenant_id=None, tenants=("t", "other")), NOW)


@pytest.mark.parametrize(
    ("then", "now", "silent"),
    [
        (Severity.MEDIUM, Severity.HIGH, True),
        (Severity.MEDIUM, Severity.CRITICAL, False),
        (Severity.HIGH, Severity.CRITICAL, False),
        (None, Severity.CRITICAL, False),
        (Severity.CRITICAL, Severity.CRITICAL, True),
    ],
)
def test_what_turns_critical_breaks_through(
    then: Severity | None, now: Severity, *, silent: bool
) -> None:
    """Unless it was when it was snoozed."""
    assert bool(of_alert("a1", then).covers(an_alert(severity=now), NOW)) is silent


def test_all_that_a_suppression_says_must_fit() -> None:
    """Pattern, tenant and entity, where it names any."""
    silences = Silences((), (a_suppression(patterns=("persistent_stalking",), entities=(ONE,)),))

    assert silences.covers(PAIR, NOW) == "suppression red-team"
    assert not silences.covers(an_alert(entity=Entity("actor", ONE)), NOW)
    assert not silences.covers(an_alert(pattern=PatternCode.PERSISTENT_STALKING), NOW)


def test_a_suppression_says_how_severe_an_alert_may_be() -> None:
    """By default a critical one is delivered."""
    critical = an_alert(severity=Severity.CRITICAL)

    assert not Silences((), (a_suppression(),)).covers(critical, NOW)
    assert Silences((), (a_suppression(up_to="critical"),)).covers(critical, NOW)
    assert not Silences((), (a_suppression(up_to="low"),)).covers(an_alert(), NOW)


def test_one_that_ended_has_no_effect_and_is_told() -> None:
    """However it came to be left in the file."""
    over = a_suppression(until="2025-01-01T00:00:00+01:00")
    silences = Silences((a_snooze(),), (over, a_suppression()))

    assert silences.covers(an_alert(tenant_id="t2"), NOW) is None
    assert [*silences.expired(NOW)] == [over]
    assert silences.active(NOW) == (1, 1)
    assert silences.active(NOW + HOUR) == (0, 1)
    assert not Silences((), (over,)).covers(an_alert(), NOW)


def test_what_a_snooze_is_of_is_found_however_severe() -> None:
    """So that the highest severity among it can be noted."""
    critical = an_alert(alert_id="a2", severity=Severity.CRITICAL)

    assert covered(a_snooze(), [an_alert(), critical, PAIR]) == [an_alert(), critical]
