from collections.abc import Collection
from typing import Any

from prometheus_client import CollectorRegistry

from detectors.alerts import Mode, Severity
from detectors.config import Detection
from streams.metrics import Making
from streams.service.measures.tenants import TenantMeasures
from tests.alerts import an_alert
from tests.logs import Fields, at, batch, code, search

L2: Fields = {"subject_id": "ann"}
L3: Fields = {"subject_id": "ann", "case_ref": "case"}


class World:
    """What is measured, and how it is shown."""

    def __init__(self, named: Collection[str] = (), most: int = 1_000) -> None:
        self.registry = CollectorRegistry()
        self.measures = TenantMeasures(Making(self.registry), named, most, code)
        self.measures.promise(Detection())

    def observe(self, tenant: str, day: float, count: int = 1, **fields: Any) -> None:
        """Show it searches of a tenant."""
        searches = [search(at(day, second=i), tenant_id=tenant, **fields) for i in range(count)]
        self.measures.observe(batch(searches))

    def shown(self, name: str, **labels: str) -> float | None:
        """A sample."""
        self.measures.look()
        return self.registry.get_sample_value(f"probewatch_{name}", labels)


def test_only_named_tenants_have_series() -> None:
    """All others are one, with whatever else is theirs."""
    world = World(["acme"])
    world.observe("acme", 0, 3)
    mixed = [search(at(0), tenant_id=name) for name in ("acme", "blue", "corp", "blue")]
    world.measures.observe(batch(mixed))

    assert world.shown("tenant_events_total", tenant="acme") == 4
    assert world.shown("tenant_events_total", tenant="other") == 3
    assert world.shown("tenant_level", tenant="acme") == 0
    assert world.shown("tenant_level", tenant="other") is None


def test_tenants_are_counted_by_level() -> None:
    """And what their levels cannot support, by pattern."""
    world = World(["acme"])
    world.observe("acme", 0, 5, **L3)
    world.observe("blue", 0, 5, **L2)
    world.observe("corp", 0, 5, **L2)
    world.observe("dust", 0, 5)

    assert [world.shown("tenants", level=str(level)) for level in range(4)] == [1, 0, 2, 1]
    assert world.shown("tenant_level", tenant="acme") == 3
    # It needs cases (L3); bulk scraping needs no persons.
    assert world.shown("unsupported_tenants", pattern="case_laundering") == 3
    assert world.shown("unsupported_tenants", pattern="persistent_stalking") == 1
    # None of them says whence a search came.
    assert world.shown("unsupported_tenants", pattern="credential_sharing") == 4


def test_a_log_that_lacks_a_field_from_now_on_is_seen_to() -> None:
    """What was there fades by the day, since the last days are what can be judged."""
    world = World(["acme"])
    world.observe("acme", 0, 200, **L2)
    world.observe("acme", 1, 200)
    assert world.shown("tenant_level", tenant="acme") == 2
    for day in range(2, 9):
        world.observe("acme", day, 200)
    assert world.shown("tenant_level", tenant="acme") == 0


def test_a_tenant_that_sends_nothing_is_forgotten() -> None:
    """So that memory is bounded by those who do; it may come back."""
    world = World(["acme"])
    world.observe("acme", 0, 10, **L2)
    world.observe("blue", 20)

    assert world.shown("tenant_level", tenant="acme") is None
    assert world.shown("tenants", level="2") == 0
    world.observe("acme", 21, **L2)
    assert world.shown("tenant_level", tenant="acme") == 2


def test_tenants_beyond_the_most_are_counted_only() -> None:
    """A flood of made-up tenants costs no memory; a named one is measured all the same."""
    world = World(["acme"], most=10)
    for number in range(30):
        world.observe(f"made-up-{number}", 0)
    world.observe("acme", 0, **L2)

    assert world.shown("tenant_events_total", tenant="other") == 30
    assert sum(world.shown("tenants", level=str(level)) or 0 for level in range(4)) == 11
    assert world.shown("tenant_level", tenant="acme") == 2


def test_alerts_are_counted_at_the_severities_they_come_to() -> None:
    """By tenant if it is named; one across tenants is nobody's own."""
    world = World(["acme"])
    raised, risen = (*Severity,)[:2], (Severity.HIGH,)
    for tenant in ("acme", "blue", None):
        world.measures.alert(an_alert(tenant_id=tenant), raised)
    world.measures.alert(an_alert(tenant_id="acme"), risen)
    world.measures.alert(an_alert(tenant_id="acme"), ())
    world.measures.alert(an_alert(tenant_id="acme", mode=Mode.SHADOW), raised)

    acme = {"tenant": "acme", "mode": "live"}
    assert [world.shown("tenant_alerts_total", severity=s, **acme) for s in Severity] == [
        1,
        1,
        1,
        0,
    ]
    other = {"tenant": "other", "mode": "live"}
    assert [world.shown("tenant_alerts_total", severity=s, **other) for s in Severity] == [
        2,
        2,
        0,
        0,
    ]
    shadow = {"tenant": "acme", "mode": "shadow"}
    assert world.shown("tenant_alerts_total", severity="medium", **shadow) == 1


def test_nothing_comes_of_nothing() -> None:
    """A batch without events is no day, and no tenant."""
    world = World()
    world.measures.observe(batch([]))

    assert world.shown("tenant_events_total", tenant="other") == 0
