"""Every rule of what finds a campaign and what is false, one alert at a time."""

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Alert, Entity, Mode, PatternCode, Severity, Status
from streams.evaluate.outcome import Evaluation, Fate, evaluate, pool
from streams.evaluate.records import Campaign, Group, Labels, Meta, Search
from tests.alerts import an_alert

START, END = "2026-03-01T00:00:00.000Z", "2026-03-10T12:00:00.000Z"
DURING = "2026-03-05T10:00:00.000Z"

ALERT = an_alert(
    pattern=PatternCode.PERSISTENT_STALKING,
    score=0.99,
    tenant_id="city",
    tenants=("city",),
    entity=Entity("pair", "stalker+victim"),
    actors=("stalker",),
    subjects=("victim",),
    first_event_time=START,
    last_event_time=DURING,
    raised_event_time=DURING,
    event_count=12,
    subjects_exposed=1,
    event_ids=("e1", "e2"),
)

STALKING = msgspec.convert(
    {
        "campaign_id": "c1",
        "pattern": "persistent_stalking",
        "difficulty": "moderate",
        "tenants": ["city"],
        "actors": ["stalker"],
        "subjects": ["victim"],
        "start": START,
        "end": END,
        "event_ids": ["e0", "e1", "e2", "e3"],
        "type": "campaign",
    },
    Campaign,
)
SCRAPING = msgspec.structs.replace(
    STALKING,
    campaign_id="c2",
    pattern=PatternCode.BULK_SCRAPING,
    actors=frozenset({"scraper"}),
    subjects=frozenset(),
)


def alert(**changes: Any) -> Alert:
    """The alert that finds `STALKING`, with changes."""
    return msgspec.structs.replace(ALERT, **changes)


def about(actor: str, **changes: Any) -> Alert:
    """A bulk-scraping alert about this actor and no subject."""
    return alert(
        **{
            "alert_id": f"about {actor}",
            "pattern": PatternCode.BULK_SCRAPING,
            "entity": Entity("actor", actor),
            "actors": (actor,),
            "subjects": (),
            **changes,
        }
    )


def judge(
    *alerts: Alert,
    campaigns: tuple[Campaign, ...] = (STALKING, SCRAPING),
    groups: tuple[Group, ...] = (),
) -> Evaluation:
    """The evaluation of these alerts."""
    return evaluate(alerts, Labels(Meta(), campaigns, groups))


def found(evaluation: Evaluation) -> set[str]:
    """The campaigns found."""
    return {c.campaign_id for c in evaluation.campaigns if c.found_at is not None}


def fate(*revisions: Alert, campaigns: tuple[Campaign, ...] = (STALKING, SCRAPING)) -> Fate:
    """What became of one alert."""
    fates = judge(*revisions, campaigns=campaigns).fates
    assert sum(fates.values()) == 1
    return next(iter(fates))


def test_an_alert_that_meets_every_condition_finds_the_campaign() -> None:
    """Live, medium, of the family, in time, naming actor and subject: found, and not false."""
    evaluation = judge(ALERT)
    assert found(evaluation) == {"c1"}
    assert evaluation.fates == {"found": 1}
    assert evaluation.false_alerts == ()


@pytest.mark.parametrize(
    ("moment", "is_found"),
    [
        ("2026-02-28T23:59:59.999Z", False),
        (START, True),
        (END, True),
        ("2026-03-11T12:00:00.000Z", True),
        ("2026-03-11T12:00:00.001Z", False),
        ("2026-03-11T13:30:00.000+01:30", True),
    ],
)
def test_an_alert_is_in_time_from_the_start_to_a_day_after_the_end(
    moment: str, *, is_found: bool
) -> None:
    """Both bounds are included, to the millisecond; outside them the alert is false."""
    raised = alert(raised_event_time=moment, last_event_time=moment)
    assert fate(raised) == ("found" if is_found else "false")


def test_an_update_in_time_finds_what_was_raised_too_early() -> None:
    """An episode raised before the campaign finds it when it is updated during it."""
    early = "2026-02-20T08:00:00.000Z"
    raised = alert(raised_event_time=early, last_event_time=early)
    updated = alert(revision=2, status=Status.UPDATED, raised_event_time=early)
    assert fate(raised) == "false"
    assert fate(raised, updated) == "found"
    assert judge(raised, updated).campaigns[0].found_at == judge(ALERT).campaigns[0].found_at


def test_a_lone_last_revision_counts_as_raised_when_it_says() -> None:
    """A file of last revisions only still shows that the alert was raised in time."""
    last = alert(revision=9, status=Status.CLOSED, last_event_time="2026-05-01T00:00:00.000Z")
    assert fate(last) == "found"


def test_severity_reached_after_the_campaign_comes_too_late() -> None:
    """Raised low in time and medium only later, nobody was paged in time."""
    low = alert(severity=Severity.LOW)
    late = alert(revision=2, status=Status.UPDATED, last_event_time="2026-04-01T00:00:00.000Z")
    assert fate(low, late) == "false"


def test_severity_reached_by_an_update_in_time_finds() -> None:
    """The campaign is found at the update that made the alert medium, not at its raising."""
    low = alert(severity=Severity.LOW)
    update = "2026-03-07T00:00:00.000Z"
    medium = alert(revision=2, status=Status.UPDATED, last_event_time=update)
    outcome = judge(low, medium).campaigns[0]
    assert outcome.found_at is not None
    assert outcome.found_at.day == 7


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"severity": Severity.LOW}, "low"),
        ({"mode": Mode.SHADOW, "severity": Severity.CRITICAL}, "shadow"),
        ({"pattern": PatternCode.BULK_SCRAPING}, "beside"),
        ({"pattern": PatternCode.UNUSUAL_ACTIVITY}, "beside"),
        ({"pattern": PatternCode.SUBJECT_PILE_ON}, "found"),
        ({"pattern": PatternCode.COORDINATED_STALKING}, "found"),
        ({"pattern": PatternCode.CASE_LAUNDERING}, "found"),
        ({"subjects": ("another",)}, "beside"),
        ({"subjects": ("another", "victim")}, "found"),
        ({"subjects": ()}, "found"),
        ({"actors": (), "subjects": ("victim",)}, "found"),
        ({"actors": ("officer",), "subjects": ("victim",)}, "found"),
        ({"actors": ("officer",), "subjects": ("another",)}, "false"),
        ({"actors": (), "subjects": (), "entity": Entity("actor", "stalker")}, "found"),
        ({"actors": (), "subjects": (), "entity": Entity("subject", "victim")}, "found"),
        ({"actors": (), "subjects": (), "entity": Entity("case", "victim")}, "false"),
        ({"tenant_id": "county", "tenants": ("county",)}, "false"),
        ({"tenant_id": None, "tenants": ("county", "city")}, "found"),
        ({"tenant_id": None, "tenants": ()}, "found"),
    ],
)
def test_each_condition_decides_by_itself(changes: dict[str, Any], expected: Fate) -> None:
    """One change to a finding alert makes it what the rules say."""
    assert fate(alert(**changes)) == expected


def test_a_campaign_without_subjects_accepts_any_subject() -> None:
    """Scraping is about nobody in particular, so the subjects named do not matter."""
    named = about("scraper", subjects=("anyone",), pattern=PatternCode.DISTRIBUTED_SCRAPING)
    assert found(judge(named)) == {"c2"}


def test_an_alert_may_find_several_campaigns() -> None:
    """One network alert that names two scrapers finds the campaigns of both."""
    other = msgspec.structs.replace(SCRAPING, campaign_id="c3", actors=frozenset({"second"}))
    both = about("scraper", actors=("scraper", "second"))
    assert found(judge(both, campaigns=(STALKING, SCRAPING, other))) == {"c2", "c3"}


def test_an_episode_that_ever_touched_a_campaign_is_not_false() -> None:
    """Going on long after the campaign does not turn a right alert into a false one."""
    later = alert(revision=2, status=Status.UPDATED, last_event_time="2026-04-01T00:00:00.000Z")
    assert fate(ALERT, later) == "found"


def test_an_ambiguous_campaign_is_neither_found_nor_missed_and_excuses_its_people() -> None:
    """It keeps its own account, and an alert on its people is not false, at any time."""
    doubtful = msgspec.structs.replace(STALKING, ambiguous=True)
    later = "2026-06-01T00:00:00.000Z"
    assert fate(ALERT, campaigns=(doubtful,)) == "ambiguous"
    assert fate(alert(raised_event_time=later, last_event_time=later), campaigns=(doubtful,)) == (
        "ambiguous"
    )
    assert fate(alert(subjects=("another",)), campaigns=(doubtful,)) == "false"
    outcome = judge(ALERT, campaigns=(doubtful,)).campaigns[0]
    assert outcome.ambiguous
    assert outcome.found_at is not None


def test_false_alerts_count_once_per_pattern_entity_and_day() -> None:
    """Updates never count; further episodes count by pattern, by entity and by day."""
    noon, evening, next_day = (
        {"raised_event_time": t, "last_event_time": t}
        for t in ("2026-03-05T12:00:00Z", "2026-03-05T23:59:59Z", "2026-03-06T00:00:00Z")
    )
    evaluation = judge(
        about("officer", alert_id="1", **noon),
        about("officer", alert_id="1", revision=2, last_event_time="2026-03-09T00:00:00Z"),
        about("officer", alert_id="2", **evening),
        about("officer", alert_id="3", **next_day),
        about("officer", alert_id="4", pattern=PatternCode.CREDENTIAL_SHARING, **noon),
        about("clerk", alert_id="5", **noon),
        about("officer", alert_id="6", tenant_id="county", tenants=("county",), **noon),
    )
    assert evaluation.fates == {"false": 6}
    counted = [(f.tenant_id, f.pattern.value, f.entity.id, f.day) for f in evaluation.false_alerts]
    assert sorted(counted) == [
        ("city", "bulk_scraping", "clerk", "2026-03-05"),
        ("city", "bulk_scraping", "officer", "2026-03-05"),
        ("city", "bulk_scraping", "officer", "2026-03-06"),
        ("city", "credential_sharing", "officer", "2026-03-05"),
        ("county", "bulk_scraping", "officer", "2026-03-05"),
    ]


def test_a_false_alert_counts_on_the_day_on_which_it_first_paged() -> None:
    """Low on the fifth and medium on the seventh is an alert of the seventh."""
    low = about("officer", severity=Severity.LOW)
    medium = about("officer", revision=2, last_event_time="2026-03-07T09:00:00Z")
    assert [f.day for f in judge(low, medium).false_alerts] == ["2026-03-07"]


def test_false_alerts_name_their_look_alikes() -> None:
    """A false alert belongs to its actors' groups; only without any, to its subjects'."""
    groups = (
        Group("desk officers", actors=frozenset({"clerk"})),
        Group("night shift", actors=frozenset({"clerk", "guard"})),
        Group("missing persons", subjects=frozenset({"child"})),
    )
    named = {
        actor: judge(about(actor, subjects=("child",)), groups=groups).false_alerts[0].groups
        for actor in ("clerk", "guard", "stranger")
    }
    assert named == {
        "clerk": ("desk officers", "night shift"),
        "guard": ("night shift",),
        "stranger": ("missing persons",),
    }


@st.composite
def some_alerts(draw: st.DrawFn) -> list[Alert]:
    """Alerts of all sorts, one revision each."""
    kinds = st.tuples(
        st.sampled_from(["stalker", "scraper", "officer", "clerk"]),
        st.sampled_from([(), ("victim",), ("another",)]),
        st.sampled_from(PatternCode),
        st.sampled_from(Severity),
        st.sampled_from(Mode),
        st.integers(1, 28),
    )
    return [
        about(
            actor,
            alert_id=str(number),
            subjects=subjects,
            pattern=pattern,
            severity=severity,
            mode=mode,
            raised_event_time=f"2026-03-{day:02}T12:00:00Z",
            last_event_time=f"2026-03-{day:02}T12:00:00Z",
        )
        for number, (actor, subjects, pattern, severity, mode, day) in enumerate(
            draw(st.lists(kinds, max_size=12))
        )
    ]


@given(some_alerts(), st.randoms(use_true_random=False))
def test_the_order_of_different_alerts_does_not_matter(alerts: list[Alert], chance: Random) -> None:
    """Files that were written by several workers are judged alike however they are joined."""
    shuffled = list(alerts)
    chance.shuffle(shuffled)
    assert judge(*shuffled) == judge(*alerts)


@given(some_alerts())
def test_every_alert_has_one_fate_and_false_ones_are_at_most_as_many(alerts: list[Alert]) -> None:
    """Nothing is counted twice, and only what pages can be right or wrong."""
    evaluation = judge(*alerts)
    paging = [a for a in alerts if a.mode is Mode.LIVE and a.severity is not Severity.LOW]
    fates = evaluation.fates
    assert sum(fates.values()) == len(alerts)
    assert fates.get("low", 0) + fates.get("shadow", 0) == len(alerts) - len(paging)
    assert len(evaluation.false_alerts) <= fates.get("false", 0)
    assert bool(found(evaluation)) == bool(fates.get("found"))


def search(event_id: str, day: int, actor: str = "stalker", **fields: Any) -> Search:
    """A search at 10:00 on a day of March."""
    return msgspec.convert(
        {
            "event_id": event_id,
            "event_time": f"2026-03-{day:02}T10:00:00Z",
            "tenant_id": "city",
            "actor_id": actor,
            **fields,
        },
        Search,
    )


LOG = (
    search("e0", 2, candidate_ids=["victim", "x"]),
    search("e1", 2, candidate_ids=["victim", "y"]),
    search("e2", 5, subject_id="victim"),
    search("e3", 6, candidate_ids=["victim", "x", "z", "w"]),
    search("e4", 11),
    search("e5", 12),
    search("e6", 5, actor="officer", candidate_ids=["q"]),
    search("e7", 5, actor="officer"),
    search("e0", 6, actor="officer", tenant_id="county"),
    search("e9", 5, actor="stalker", tenant_id="county"),
)


def test_exposure_is_counted_up_to_and_with_the_search_that_raised_the_alert() -> None:
    """Three searches on two days exposed three of five people before the alert of the fifth."""
    outcome = evaluate([ALERT], Labels(Meta(), (STALKING,), ()), LOG).campaigns[0]
    assert (outcome.searches, outcome.active_days, outcome.identities) == (3, 2, 3)
    assert outcome.share_exposed == pytest.approx(3 / 5)


def test_a_missed_campaign_exposed_everything() -> None:
    """Without an alert there is no before; all people are exposed."""
    outcome = evaluate([], Labels(Meta(), (STALKING,), ()), LOG).campaigns[0]
    assert (outcome.found_at, outcome.searches, outcome.share_exposed) == (None, None, 1.0)


def test_clean_actor_days_leave_out_the_campaigns_actors_until_a_day_after() -> None:
    """Of seven actor-days the stalker's 2nd, 5th, 6th and 11th are not clean."""
    evaluation = evaluate([], Labels(Meta(actor_days=99), (STALKING,), ()), LOG)
    # Clean: stalker on the 12th, officer in city on the 5th and in county on the 6th, and
    # the other tenant's actor of the same name.
    assert (evaluation.actor_days, evaluation.basis) == (4, "events")


def test_without_the_log_evidence_places_the_alert_in_the_campaign() -> None:
    """The newest evidence e2 is the campaign's third search; who it exposed is not known."""
    outcome = judge(ALERT).campaigns[0]
    assert (outcome.searches, outcome.identities, outcome.share_exposed) == (3, None, None)
    assert judge(alert(event_ids=("elsewhere",))).campaigns[0].searches is None


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (Meta(actor_days=500, actors=10, days=30), (500, "labels")),
        (Meta(clean_actor_days=450, actor_days=500), (450, "labels")),
        (Meta(actors=10, days=30), (300, "estimate")),
        (Meta(actors=10), (None, "estimate")),
    ],
)
def test_without_the_log_actor_days_come_from_the_labels(
    meta: Meta, expected: tuple[float | None, str]
) -> None:
    """What the labels say goes before what can be estimated from them."""
    evaluation = evaluate([], Labels(meta, (), ()))
    assert (evaluation.actor_days, evaluation.basis) == expected


def test_runs_pool_into_one() -> None:
    """Campaigns, alerts and actor-days add up; the weakest basis is the pool's."""
    counted = evaluate([ALERT], Labels(Meta(), (STALKING,), ()), LOG)
    said = evaluate([about("clerk")], Labels(Meta(actor_days=100), (SCRAPING,), ()))
    together = pool([counted, said])
    assert [c.campaign_id for c in together.campaigns] == ["c1", "c2"]
    assert together.fates == {"found": 1, "false": 1}
    assert (together.actor_days, together.basis, together.runs) == (104, "labels", 2)
    assert pool([together, evaluate([], Labels(Meta(), (), ()))]).actor_days is None
