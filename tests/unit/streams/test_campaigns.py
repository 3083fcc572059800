from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Alert, Entity, PatternCode
from streams.campaigns import campaigns
from tests.alerts import an_alert


def about(kind: str, entity: str, actors: str, campaign: str, **more: Any) -> Alert:
    """An alert on an entity, which names some accounts."""
    subject = {"pair": entity.rsplit("+", maxsplit=1)[-1], "subject": entity}.get(kind)
    return an_alert(
        alert_id=f"{kind}-{entity}",
        entity=Entity(kind, entity),  # type: ignore[arg-type]
        actors=tuple(actors.split()),
        subjects=(subject,) if subject else (),
        campaign_id=campaign,
        **more,
    )


RING = about("subject", "ann", "ada bob", "person-ann", pattern=PatternCode.COORDINATED_STALKING)
PAIR = about("pair", "ada+ann", "ada", "of-ada", pattern=PatternCode.PERSISTENT_STALKING)
OTHER_PAIR = about("pair", "eve+ann", "eve", "of-eve", pattern=PatternCode.PERSISTENT_STALKING)
ADA = about("actor", "ada", "ada", "of-ada")
BOB = about("actor", "bob", "bob", "of-bob")
GROUP = about("cohort", "g1", "bob carl dan", "g1", pattern=PatternCode.DISTRIBUTED_SCRAPING)
SAME = about("cohort", "g2", "bob carl", "g2", pattern=PatternCode.DISTRIBUTED_SCRAPING)
FAR = about("cohort", "g3", "bob x y z", "g3", pattern=PatternCode.DISTRIBUTED_SCRAPING)
SHARED = about("actor", "dan", "dan", "of-dan", pattern=PatternCode.CREDENTIAL_SHARING)
ELSEWHERE = about("actor", "carl", "carl", "of-carl", tenant_id="u", tenants=("u",))

ALL = (RING, PAIR, OTHER_PAIR, ADA, BOB, GROUP, SAME, SHARED, ELSEWHERE)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (PAIR, ADA, True),
        (RING, PAIR, True),
        (RING, OTHER_PAIR, False),
        (RING, ADA, False),
        (GROUP, BOB, True),
        (GROUP, SHARED, False),
        (GROUP, ELSEWHERE, False),
        (GROUP, SAME, True),
        (GROUP, FAR, False),
        (ADA, BOB, False),
    ],
)
def test_what_belongs_together(one: Alert, other: Alert, together: bool) -> None:  # noqa: FBT001
    """One account's, a ring with its pairs, a group with its scrapers and its like; no others."""
    assert (len(campaigns([one, other])) == 1) == together


def test_an_account_of_a_ring_brings_its_other_alerts() -> None:
    """What is joined are campaigns."""
    assert campaigns([RING, ADA, PAIR]) == [[RING, ADA, PAIR]]


@given(st.permutations(ALL))
def test_the_order_does_not_matter(alerts: list[Alert]) -> None:
    """The same campaigns, each in the order given, and none is lost."""
    found = campaigns(alerts)
    expected = {frozenset(alert.alert_id for alert in group) for group in campaigns(ALL)}

    assert {frozenset(alert.alert_id for alert in group) for group in found} == expected
    assert sorted(a.alert_id for group in found for a in group) == sorted(a.alert_id for a in ALL)
    assert [group[0] for group in found] == [
        alert for alert in alerts if any(alert is group[0] for group in found)
    ]
