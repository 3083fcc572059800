"""From evidence to alerts, with the evidence given and no detection in between."""

from collections.abc import Sequence

import numpy as np
import pytest

from detectors.alerts import Alert, Mode, Reason, Severity, Status, Told
from detectors.calibration import Calibration
from detectors.entities import MOST_NAMED, Found
from detectors.episodes import MOST_EVENT_IDS, EpisodeBook
from detectors.events import EventBatch
from detectors.patterns import (
    BulkScraping,
    DistributedScraping,
    Figures,
    Pattern,
    PersistentStalking,
    SubjectPileOn,
)
from detectors.state.actors import ACTOR_FIGURES, DAY
from detectors.state.groups import GROUP_FIGURES
from detectors.state.subjects import NETWORK_FIGURES, SUBJECT_FIGURES
from tests.logs import MONDAY, Fields, at, batch, in_order, name_of, search

THRESHOLD = 10.0
SCALE = Calibration(intercept=0.0, rate=1.0, allowed=1e4 * float(np.exp(-THRESHOLD)))
FIRST_DAY = MONDAY // DAY

NOISE, LEAD_UP, MISUSE = 1.0, 0.6 * THRESHOLD, 1.2 * THRESHOLD


class Bulk(BulkScraping, frozen=True):
    """Bulk scraping with a stock reason, since no figures are given."""

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """One, which tells the events apart."""
        number = float(figures.events["index"][0])
        return (Reason("event", number, 0.0, "number", f"event {number:.0f}"),)


class Crowd(SubjectPileOn, frozen=True):
    """A pattern about persons, likewise."""

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """One."""
        return (Reason("newcomers", float(len(figures)), 0.0, "accounts", "some"),)


class Stalking(PersistentStalking, frozen=True):
    """Persistent stalking, likewise."""

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """One, of the pair's searches."""
        return (Reason("searches", float(len(figures)), 0.0, "searches", "some"),)

    def most_severe(self, figures: Figures) -> Severity:
        """Never more than medium."""
        assert len(figures) == 1
        return Severity.MEDIUM


def book_of(pattern: Pattern) -> EpisodeBook:
    """An empty book."""
    return EpisodeBook(pattern, SCALE, "hash", name_of)


def told(book: EpisodeBook, log: EventBatch, evidence: Sequence[float]) -> list[Told]:
    """What the book says of events with this evidence."""
    n = len(log)
    figures = Figures(
        log.rows,
        np.zeros(n, ACTOR_FIGURES),
        np.zeros(n, SUBJECT_FIGURES),
        np.zeros(n, NETWORK_FIGURES),
        np.zeros(n, GROUP_FIGURES),
    )
    nats = np.array(evidence)
    found = Found(log, figures, nats, nats, np.flatnonzero(nats >= book.calibration.floor))
    return [one for _, one in book.observe(found)]


def tell(book: EpisodeBook, log: EventBatch, evidence: Sequence[float]) -> list[Alert]:
    """The revisions alone."""
    return [alert for alert, _ in told(book, log, evidence)]


def looks(count: int, day: float = 0, **fields: str) -> list[Fields]:
    """Searches a minute apart."""
    return [search(at(day, 9, i), **{"subject": "ann", **fields}) for i in range(count)]


def test_an_episode_opens_at_the_threshold() -> None:
    """Once, with the event that crossed it as its moment."""
    (alert,) = tell(book_of(Bulk()), batch(looks(3)), [LEAD_UP, THRESHOLD, THRESHOLD])

    assert (alert.status, alert.revision, alert.severity) == (Status.OPEN, 1, Severity.MEDIUM)
    assert alert.raised_event_time == "2025-01-06T09:01:00.000Z"
    assert alert.first_event_time == "2025-01-06T09:00:00.000Z"
    assert alert.event_ids == ("e0", "e1")
    assert alert.reasons[0].text == "event 1"


def test_just_below_is_no_alert() -> None:
    """However often."""
    below = float(np.nextafter(THRESHOLD, 0))

    assert tell(book_of(Bulk()), batch(looks(200)), [below] * 200) == []


def test_only_evidence_worth_keeping_is_kept() -> None:
    """What led up to an alert is in it; noise and what was not judged is not."""
    evidence = [NOISE, LEAD_UP, np.nan, LEAD_UP, MISUSE]
    (alert,) = tell(book_of(Bulk()), batch(looks(5)), evidence)

    assert alert.event_ids == ("e1", "e3", "e4")
    assert alert.event_count == 3


def test_an_episode_is_published_again_when_it_has_doubled() -> None:
    """So that two weeks of scraping are a dozen revisions, not thousands of alerts."""
    alerts = tell(book_of(Bulk()), batch(looks(100)), [THRESHOLD] * 100)

    assert [alert.event_count for alert in alerts] == [1, 2, 4, 8, 16, 32, 64]
    assert [alert.revision for alert in alerts] == [1, 2, 3, 4, 5, 6, 7]
    assert len({alert.alert_id for alert in alerts}) == 1
    assert {len(alert.event_ids) for alert in alerts[5:]} == {MOST_EVENT_IDS}


def test_more_severe_evidence_is_published_at_once() -> None:
    """And severity never falls again."""
    critical = SCALE.evidence_for(Severity.CRITICAL)
    evidence = [THRESHOLD, THRESHOLD, THRESHOLD, critical, *[THRESHOLD] * 5]
    alerts = tell(book_of(Bulk()), batch(looks(9)), evidence)

    assert [(alert.event_count, alert.severity.value) for alert in alerts] == [
        (1, "medium"),
        (2, "medium"),
        (4, "critical"),
        (8, "critical"),
    ]


def test_each_severity_is_reached_once() -> None:
    """By the first revision that has it or more; as often as the episode is opened again."""
    high, critical = (SCALE.evidence_for(s) for s in (Severity.HIGH, Severity.CRITICAL))
    book = book_of(Bulk())
    evidence = [THRESHOLD, THRESHOLD, critical, *[high] * 5]
    found = told(book, batch(looks(8)), evidence)
    book.advance(FIRST_DAY + 60)
    found += told(book, batch(looks(1, day=61)), [critical])

    assert [(alert.status.value, [*reached]) for alert, reached in found] == [
        ("open", ["low", "medium"]),
        ("updated", []),
        ("updated", ["high", "critical"]),
        ("updated", []),
        ("reopened", []),
    ]


def test_a_pattern_may_hold_severity_down() -> None:
    """Whatever the evidence."""
    (alert,) = tell(book_of(Stalking()), batch(looks(1)), [1000.0])

    assert alert.severity is Severity.MEDIUM


def test_entities_are_told_apart() -> None:
    """An actor's two victims are two alerts of one campaign; two actors are two campaigns."""
    log = batch(
        in_order(
            [
                *looks(2, actor="ada", subject="ann"),
                *looks(2, actor="ada", subject="bea"),
                *looks(2, actor="bob", subject="ann"),
            ]
        )
    )
    alerts = tell(book_of(Stalking()), log, [THRESHOLD] * 6)
    opened = {alert.entity.id: alert for alert in alerts if alert.status is Status.OPEN}

    assert opened.keys() == {"ada+ann", "ada+bea", "bob+ann"}
    assert len({alert.alert_id for alert in opened.values()}) == 3
    assert opened["ada+ann"].campaign_id == opened["ada+bea"].campaign_id
    assert opened["ada+ann"].campaign_id != opened["bob+ann"].campaign_id
    assert (opened["bob+ann"].actors, opened["bob+ann"].subjects) == (("bob",), ("ann",))


def test_alert_ids_tell_tenants_and_patterns_apart() -> None:
    """The same names in two tenants, or under two patterns, are different alerts."""
    one, other = batch(looks(1)), batch(looks(1, tenant_id="other"))
    ids = {
        tell(book_of(pattern), log, [THRESHOLD])[0].alert_id
        for pattern in (Bulk(), Stalking())
        for log in (one, other)
    }

    assert len(ids) == 4


def test_a_quiet_episode_closes() -> None:
    """On the first day beyond the pattern's quiet days, once."""
    book = book_of(Bulk())
    tell(book, batch(looks(3)), [THRESHOLD] * 3)
    quiet = [book.advance(FIRST_DAY + day) for day in range(1, Bulk.quiet_days + 4)]
    (closed,) = quiet[Bulk.quiet_days]

    assert [len(alerts) for alerts in quiet] == [0] * Bulk.quiet_days + [1, 0, 0]
    assert (closed.status, closed.revision, closed.event_count) == (Status.CLOSED, 3, 3)


def test_a_closed_episode_reopens() -> None:
    """As the same alert, if it comes back within the pattern's memory, and only by misuse."""
    book = book_of(Bulk())
    (opened,) = tell(book, batch(looks(1)), [THRESHOLD])
    book.advance(FIRST_DAY + 10)
    assert tell(book, batch(looks(1, day=10)), [LEAD_UP]) == []
    (again,) = tell(book, batch(looks(1, day=11)), [THRESHOLD])

    assert (again.alert_id, again.status) == (opened.alert_id, Status.REOPENED)
    assert (again.revision, again.event_count) == (3, 3)
    assert again.raised_event_time == opened.raised_event_time


def test_after_its_memory_it_is_another_episode() -> None:
    """With another id, by its ordinal."""
    book = book_of(Bulk())
    (first,) = tell(book, batch(looks(1)), [THRESHOLD])
    for day in range(1, Bulk.quiet_days + Bulk.memory_days + 5):
        book.advance(FIRST_DAY + day)
    assert book.episodes == {}
    (second,) = tell(book, batch(looks(1, day=60)), [THRESHOLD])

    assert second.status is Status.OPEN
    assert second.alert_id != first.alert_id
    assert second.event_count == 1


def test_what_never_became_an_alert_is_forgotten() -> None:
    """Without a word, and with all that it held."""
    book = book_of(Bulk())
    tell(book, batch(looks(30)), [LEAD_UP] * 30)
    assert (len(book.episodes), book.short.live + book.dense.live) == (1, 1)

    assert book.advance(FIRST_DAY + Bulk.quiet_days + 1) == []
    assert (len(book.episodes), book.short.live + book.dense.live) == (0, 0)


def test_exposed_people_are_counted_once() -> None:
    """Whoever was returned, as candidate or as the person found."""
    log = batch(
        [
            search(at(0, 9, 0), subject="a", candidate_ids=["a", "b", "c"]),
            search(at(0, 9, 1), subject="c", candidate_ids=["c", "d"]),
        ]
    )
    alerts = tell(book_of(Bulk()), log, [THRESHOLD] * 2)

    assert [alert.subjects_exposed for alert in alerts] == [3, 4]


def test_a_shadow_pattern_says_so() -> None:
    """So that nobody is paged."""
    (alert,) = tell(book_of(Bulk(shadow=True)), batch(looks(1)), [THRESHOLD])

    assert alert.mode is Mode.SHADOW


def test_who_was_told_of_an_episode_is_told_of_its_end() -> None:
    """Though its pattern has gone into the shadow since; the next episode is not told."""
    book = book_of(Bulk())
    (opened,) = tell(book, batch(looks(1)), [THRESHOLD])
    book.pattern = Bulk(shadow=True)
    quiet = [book.advance(FIRST_DAY + day) for day in range(1, Bulk.memory_days + 5)]
    (closed,) = [alert for alerts in quiet for alert in alerts]
    (another,) = tell(book, batch(looks(1, day=80)), [THRESHOLD])

    assert (closed.alert_id, closed.status, closed.mode) == (
        *(opened.alert_id, Status.CLOSED, Mode.LIVE),
    )
    assert (another.mode, another.revision) == (Mode.SHADOW, 1)


def test_an_episode_comes_out_of_the_shadow_as_it_goes_on() -> None:
    """Whoever misuses the service goes on with it after the pattern was found good enough."""
    book = book_of(Bulk(shadow=True))
    (hidden,) = tell(book, batch(looks(1)), [THRESHOLD])
    book.pattern = Bulk()
    (told,) = tell(book, batch(looks(1, day=1)), [THRESHOLD])

    assert [hidden.mode, told.mode] == [Mode.SHADOW, Mode.LIVE]
    assert told.alert_id == hidden.alert_id


@pytest.mark.parametrize("shift", [-3.0, 3.0])
def test_an_episode_outlasts_another_budget(shift: float) -> None:
    """With its id and its severity; what it holds decides only when there is another revision."""
    book = book_of(Bulk())
    high = THRESHOLD + float(np.log(100.0))
    (opened,) = tell(book, batch(looks(1)), [high])
    book.calibration = Calibration(0.0, 1.0, 1e4 * float(np.exp(-THRESHOLD - shift)))
    (grown,) = tell(book, batch(looks(1, day=1)), [high])

    assert (grown.alert_id, grown.revision) == (opened.alert_id, 2)
    assert grown.severity is opened.severity is Severity.HIGH


def test_the_alert_carries_what_judged() -> None:
    """Configuration, tenant, gallery, and the pattern's place in public taxonomies."""
    log = batch(looks(1, gallery_id="mugshots"))
    (alert,) = tell(book_of(Bulk()), log, [THRESHOLD])

    assert (alert.config_hash, alert.tenant_id, alert.gallery_id) == ("hash", "tenant", "mugshots")
    assert alert.tenants == ("tenant",)
    assert alert.taxonomy == Bulk.taxonomy
    assert alert.rarity == pytest.approx(SCALE.allowed)


def test_episodes_come_back() -> None:
    """A book that is loaded goes on as the saved one does."""
    book, again = book_of(Bulk()), book_of(Bulk())
    tell(book, batch(looks(30)), [THRESHOLD] * 30)
    again.load(book.arrays())
    rest = batch(in_order(looks(60, day=1)))

    assert tell(again, rest, [MISUSE] * 60) == tell(book, rest, [MISUSE] * 60)
    assert again.advance(FIRST_DAY + 30) == book.advance(FIRST_DAY + 30)


def test_a_person_s_alert_names_the_most_involved_first() -> None:
    """And is one alert, whoever searches."""
    log = batch([*looks(2, actor="eve"), *looks(1, 1, actor="bob"), *looks(1, 2, actor="abe")])
    alert = tell(book_of(Crowd()), log, [THRESHOLD] * 4)[-1]

    assert alert.entity.type == "subject"
    assert alert.entity.id == "ann"
    assert alert.subjects == ("ann",)
    assert alert.actors[0] == "eve"
    assert set(alert.actors) == {"eve", "bob", "abe"}
    assert alert.campaign_id


def test_all_about_one_account_is_one_campaign() -> None:
    """Whatever the pattern: what an account does, its pairs, and nobody else's."""
    log = batch(in_order([*looks(2, actor="ada"), *looks(2, actor="bob")]))
    evidence = [THRESHOLD] * 4
    ids = {
        (alert.actors[0], alert.campaign_id)
        for kind in (Stalking(), Bulk())
        for alert in tell(book_of(kind), log, evidence)
    }

    assert len(ids) == 2
    assert len({campaign for _, campaign in ids}) == 2


def test_an_alert_across_tenants_is_no_tenant_s() -> None:
    """It names all of them; its id does not depend on who came first."""
    one, two = (
        looks(1, day, tenant_id=tenant, subject_namespace="host")
        for day, tenant in enumerate(("police", "sheriff"))
    )
    here = tell(book_of(Crowd()), batch([*one, *two]), [THRESHOLD] * 2)[-1]
    there = tell(book_of(Crowd()), batch([*two, *one]), [THRESHOLD] * 2)[-1]

    assert here.tenant_id is None
    assert set(here.tenants) == {"police", "sheriff"}
    assert here.alert_id == there.alert_id


def test_no_more_than_so_many_accounts_are_named() -> None:
    """However many take part."""
    crowd = [search(at(0, 9, i / 60), f"curious-{i}", "ann") for i in range(700)]
    alert = tell(book_of(Crowd()), batch(crowd), [THRESHOLD] * 700)[-1]

    assert len(alert.actors) == MOST_NAMED
    assert alert.event_count == 512


class Fleet(DistributedScraping, frozen=True):
    """A pattern about groups, likewise."""

    def reasons(self, figures: Figures) -> tuple[Reason, ...]:
        """One."""
        return (Reason("accounts", float(len(figures)), 0.0, "accounts", "some"),)


def groups_at_the_mark(galleries: Sequence[str], nats: Sequence[float]) -> tuple[float, float]:
    """How many episodes of groups, one a gallery named, are counted, and nats beyond the mark."""
    book = book_of(Fleet())
    log = batch(
        [{**search(at(0, 9, i)), "gallery_id": gallery} for i, gallery in enumerate(galleries)]
    )
    n = len(log)
    groups = np.zeros(n, GROUP_FIGURES)
    groups["key"] = np.arange(1, n + 1)[:, None]
    figures = Figures(
        log.rows,
        np.zeros(n, ACTOR_FIGURES),
        np.zeros(n, SUBJECT_FIGURES),
        np.zeros(n, NETWORK_FIGURES),
        groups,
    )
    evidence = book.law.mark + np.array(nats)
    book.observe(Found(log, figures, evidence, evidence, np.arange(n)))
    (reach,) = book.reached.values()
    return reach.reached, reach.beyond


def test_groups_of_one_gallery_come_near_an_alert_once() -> None:
    """They share their accounts, so one campaign is in many of them: the furthest counts."""
    counted, beyond = groups_at_the_mark(["one"] * 3, [0.5, 1.5, 1.0])
    assert (counted, round(beyond, 9)) == (1, 1.5)
    counted, beyond = groups_at_the_mark(["one", "two"], [0.5, 1.0])
    assert (counted, round(beyond, 9)) == (2, 1.5)


def test_fewer_than_three_accounts_are_no_group() -> None:
    """The alert waits for the third one with evidence, and then names all of them."""
    names = ["a", "b", "a", "b", "c"]
    log = batch([search(at(0, 9, i), name) for i, name in enumerate(names)])

    assert tell(book_of(Fleet()), log.take(0, 4), [20.0] * 4) == []
    (alert,) = tell(book_of(Fleet()), log, [20.0] * 5)
    assert (alert.event_count, len(alert.actors)) == (5, 3)
