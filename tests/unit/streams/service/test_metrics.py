import asyncio
import platform
from datetime import datetime, timedelta
from importlib.metadata import version

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from detectors.alerts import Alert, Mode, PatternCode, Severity, Status
from detectors.errors import FencedError
from streams.service.chores import Chores
from streams.service.keeper import Saved
from streams.service.metrics import Metrics
from streams.service.sources import Counts
from tests.alerts import an_alert
from tests.logs import DAY, Fields, at, misuse, search

from .cluster import Stored
from .test_worker import World, records, world

LABELS = {
    *("reason", "field", "stage", "pattern", "severity", "mode", "status", "kind", "cause"),
    *("topic", "partition", "tenant", "level", "version", "python"),
}
"""All of them closed: words of this program, names and numbers of topics, named tenants."""

BUCKET = {"le"}


def read(metrics: Metrics, name: str, **labels: object) -> float | None:
    """One sample."""
    given = {label: str(value) for label, value in labels.items()}
    return metrics.registry.get_sample_value(f"probewatch_{name}", given)


def exposed(metrics: Metrics) -> str:
    """All metrics as text."""
    text: str = generate_latest(metrics.registry).decode()
    return text


async def at_work() -> World:
    """A worker of one partition each, that has read a few records and applied them."""
    one = world()
    await one.assign(*one.everything())
    events = [
        search(
            at(0, hour),
            "planted-actor",
            "planted-subject",
            event_id=f"planted-event-{hour}",
            tenant_id="planted-tenant",
            case_ref="planted-case",
            source_ip="203.0.113.77",
            unknown_field="planted-value",
            actor_tz="planted/zone",
        )
        for hour in range(3)
    ]
    late = search(at(-1), "planted-actor", event_id="planted-late")
    log = [*records([*events, late]), Stored(4, 0, b"planted-reject")]
    await one.worker.receive(one.query(), log)
    one.flow.ends |= {one.query(): 9, one.blocks("actor"): 1}
    for kind in ("actor", "subject", "network"):
        place = one.blocks(kind)
        blocks = [
            Stored(offset, 0, record.value)
            for offset, record in enumerate(one.producer.of(place.topic))
        ]
        for _ in range(2):
            await one.worker.receive(place, blocks)
    return one


def chores(one: World) -> Chores:
    """The chores of a worker that saves all the time."""
    return Chores(one.worker, one.flow, one.metrics, timedelta(0))


def test_what_was_read_is_counted_once() -> None:
    """However often the gauges are looked at."""

    async def story() -> None:
        one = await at_work()
        for _ in range(2):
            chores(one).look()
        assert read(one.metrics, "events_total") == 3
        assert read(one.metrics, "events_late_total") == 1
        assert read(one.metrics, "events_rejected_total", reason="not_json") == 1
        assert read(one.metrics, "fields_ignored_total") == 3
        assert read(one.metrics, "fields_dropped_total", field="actor_tz") == 3
        for stage in ("actor", "subject", "network"):
            assert read(one.metrics, "rows_applied_total", stage=stage) == 3
            assert read(one.metrics, "rows_repeated_total", stage=stage) == 0

    asyncio.run(story())


def test_gauges_are_of_now() -> None:
    """What is held, what is behind, and what there is to be read."""

    async def story() -> None:
        one = await at_work()
        chores(one).look()
        for stage in ("actor", "subject", "network"):
            assert read(one.metrics, "partitions", stage=stage) == 1
            assert read(one.metrics, "checkpoint_log_bytes", stage=stage) == 0
            age = read(one.metrics, "checkpoint_age_seconds", stage=stage)
            assert age is not None
            assert age >= 0
        for kind in ("actor", "pair", "subject", "network", "event"):
            assert read(one.metrics, "tracked_entities", kind=kind) == (3 if kind == "event" else 1)
            for cause in ("idle", "room"):
                assert read(one.metrics, "evicted_entities_total", kind=kind, cause=cause) == 0
        assert read(one.metrics, "consumer_lag_records", topic=one.query().topic, partition=0) == 4
        lag = {"topic": one.blocks("actor").topic, "partition": 0}
        assert read(one.metrics, "consumer_lag_records", **lag) == 0
        assert read(one.metrics, "events_held", partition=0) == 0
        newest = read(one.metrics, "newest_event_timestamp_seconds", partition=0)
        assert newest == at(0, 2) / 1000
        # There is more to be read, and the last that was is of years ago.
        behind = read(one.metrics, "consumer_lag_seconds", partition=0)
        assert behind is not None
        assert behind > 365 * 86_400
        one.flow.ends[one.query()] = 5
        chores(one).look()
        assert read(one.metrics, "consumer_lag_seconds", partition=0) == 0

    asyncio.run(story())


def test_what_others_have_now_is_theirs_to_tell_of() -> None:
    """Nothing is left of partitions that were let go of, or workers' figures would not add up."""

    async def story() -> None:
        one = await at_work()
        chores(one).look()
        await one.worker.close()
        chores(one).look()
        lag = {"topic": one.query().topic, "partition": 0}
        assert read(one.metrics, "consumer_lag_records", **lag) is None
        for name in ("consumer_lag_seconds", "newest_event_timestamp_seconds", "events_held"):
            assert read(one.metrics, name, partition=0) is None
        assert read(one.metrics, "partitions", stage="actor") == 0
        assert read(one.metrics, "tracked_entities", kind="actor") == 0
        assert read(one.metrics, "tracked_limit_entities", kind="actor") == 0

    asyncio.run(story())


def test_metrics_tell_nobodys_id() -> None:
    """Planted ids, and a value that was rejected, are in no name, label or help text."""

    async def story() -> None:
        one = await at_work()
        chores(one).look()
        one.metrics.alert(an_alert(tenant_id="planted-tenant", alert_id="planted-alert"), (), 0.0)
        assert read(one.metrics, "tenant_events_total", tenant="other") == 3
        text = exposed(one.metrics)
        assert "planted" not in text
        assert "203.0.113" not in text
        assert "p0_" not in text

    asyncio.run(story())


def test_names_and_labels_are_of_one_kind() -> None:
    """Prefixed, with base units, and labels out of a closed set."""

    async def story() -> None:
        one = await at_work()
        chores(one).look()
        one.metrics.alert(an_alert(), (), 0.0)
        one.metrics.saved("actor", Saved(3, 5, 0.1, 0.2))
        families = list(one.metrics.registry.collect())
        assert len(families) > 20
        for family in families:
            assert family.name.startswith("probewatch_")
            assert family.documentation.endswith(".")
            assert not family.name.endswith(("_ms", "_millis", "_minutes", "_kb"))
            for sample in family.samples:
                assert set(sample.labels) <= LABELS | BUCKET

    asyncio.run(story())


def test_alerts_are_counted_with_their_delay() -> None:
    """From the time of the event, and never less than nothing."""
    metrics = Metrics(CollectorRegistry())
    alert = an_alert(severity=Severity.HIGH, mode=Mode.SHADOW)
    last = datetime.fromisoformat(alert.last_event_time).timestamp()
    metrics.alert(alert, (Severity.LOW, Severity.MEDIUM), last + 2, last + 1.5)
    metrics.alert(alert, (Severity.HIGH,), last - 60)

    labels = {"pattern": "bulk_scraping", "severity": "high", "mode": "shadow", "status": "open"}
    assert read(metrics, "alerts_total", **labels) == 2
    reached = {"pattern": "bulk_scraping", "mode": "shadow"}
    assert [read(metrics, "alerts_reached_total", severity=s, **reached) for s in Severity] == [
        *(1, 1, 1, 0)
    ]
    assert read(metrics, "alert_event_seconds_sum") == pytest.approx(2)
    assert read(metrics, "alert_event_seconds_bucket", le="0.05") == 1
    assert read(metrics, "alert_processing_seconds_sum") == pytest.approx(0.5)
    assert read(metrics, "alert_processing_seconds_count") == 1


def test_that_an_episode_ends_is_no_delay() -> None:
    """No event closes it: days without one do."""
    metrics = Metrics(CollectorRegistry())
    metrics.alert(an_alert(status=Status.CLOSED), (), 2e9, 1e9)

    assert read(metrics, "alert_event_seconds_count") == 0
    assert read(metrics, "alert_processing_seconds_count") == 0


def test_gauges_say_what_to_make_of_several_workers() -> None:
    """In their help, which dashboards show; and counters are there before they count."""
    metrics = Metrics(CollectorRegistry())
    families = {family.name: family for family in metrics.registry.collect()}
    for made in metrics.making.made:
        family = families[made.name.removesuffix("_total")]
        assert made.kind == family.type
        if made.kind == "gauge":
            assert family.documentation.endswith(f"; {made.over}.")
    for pattern in PatternCode:
        labels = {"pattern": pattern, "severity": "low", "mode": "live", "status": "open"}
        assert read(metrics, "alerts_total", **labels) == 0


def test_a_worker_says_which_program_it_is() -> None:
    """And when it began, which tells that it was started again."""
    metrics = Metrics(CollectorRegistry())
    began = read(metrics, "process_start_time_seconds")

    versions = {"version": version("probewatch"), "python": platform.python_version()}
    assert read(metrics, "build_info", **versions) == 1
    assert began is not None
    assert began > at(0) / 1000


def test_counts_of_two_looks_add_up() -> None:
    """Counters only grow."""
    metrics = Metrics(CollectorRegistry())
    for _ in range(2):
        metrics.ingested(Counts(events=3, late=2, clock_ahead=1, ignored_fields=4))
        metrics.saved("subject", Saved(3, 500, 0.1, 0.2))

    assert read(metrics, "events_total") == 6
    assert read(metrics, "events_clock_ahead_total") == 2
    assert read(metrics, "checkpoint_bytes_total", stage="subject") == 1000
    assert read(metrics, "checkpoint_seconds_count", stage="subject") == 2
    assert text_string_to_metric_families(exposed(metrics))


def test_chores_end_with_the_first_that_fails() -> None:
    """A checkpoint that cannot be written is no reason to go on without."""

    async def story() -> None:
        one = await at_work()
        (log,) = one.memory.logs[one.topics.actor_state.name, 0]
        log.refuses = FencedError("another owner")
        with pytest.raises(ExceptionGroup) as failed:
            await chores(one).run()
        assert failed.group_contains(FencedError)

    asyncio.run(story())


def test_chores_save_and_commit() -> None:
    """What changed is saved again and again until they are told to end."""

    async def story() -> None:
        one = await at_work()
        running = asyncio.ensure_future(chores(one).run())
        await asyncio.wait_for(one.flow.was_committed(one.blocks("network")), 60)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        for kind in ("actor", "subject", "network"):
            keeper = one.worker.keepers[one.blocks(kind)]
            assert keeper.committed == one.flow.committed[one.blocks(kind)].offset

    asyncio.run(story())


async def followed(one: World, events: list[Fields]) -> None:
    """Let a worker do all that comes of queries."""
    await one.assign(*one.everything())
    await one.worker.receive(one.query(), records(events))
    for kind in ("actor", "subject", "network", "cohort"):
        place = one.blocks(kind)
        sent = one.producer.of(place.topic)
        blocks = [Stored(offset, 0, record.value) for offset, record in enumerate(sent)]
        await one.worker.receive(place, blocks)


def test_the_way_of_an_event_is_timed_and_its_days_are_counted() -> None:
    """From reading the query over all hops to the alert; actors' days as they are over."""

    async def story() -> None:
        one = world()
        events = misuse()
        await followed(one, events)
        chores(one).look()
        count = read(one.metrics, "alert_processing_seconds_count")
        longest = read(one.metrics, "alert_processing_seconds_bucket", le="3600.0")
        assert count is not None
        assert 0 < count == longest
        assert count <= (read(one.metrics, "alert_event_seconds_count") or 0)
        searched = {
            (event["actor_id"], event["event_time"] // DAY)
            for event in events
            if event["operation"] == "identify"
        }
        last = max(day for _, day in searched)
        over = [day for _, day in searched if day <= last - 2]
        assert read(one.metrics, "actor_days_total") == len(over)
        assert read(one.metrics, "budget_window_actor_days") == len(over)
        raised = [
            read(one.metrics, "budget_window_alerts", pattern=pattern) for pattern in PatternCode
        ]
        assert sum(filter(None, raised)) > 0
        tenants = read(one.metrics, "known_tenants")
        assert tenants == 1

    asyncio.run(story())


def test_an_alert_that_is_raised_is_told_with_its_id(caplog: pytest.LogCaptureFixture) -> None:
    """So that a line of the log, the topic and a delivery can be brought together."""

    async def story() -> None:
        one = world()
        await followed(one, misuse())
        alerts = [
            msgspec.json.decode(record.value, type=Alert)
            for record in one.producer.of(one.topics.alerts.name)
        ]
        raised = {alert.alert_id for alert in alerts if alert.status is Status.OPEN}
        told = {vars(line)["alert_id"] for line in caplog.records if "alert_id" in vars(line)}
        assert raised
        assert told == raised
        text = " ".join(line.getMessage() for line in caplog.records)
        assert "actor-" not in text
        assert "p0_" not in text

    with caplog.at_level("INFO", "streams"):
        asyncio.run(story())
