"""What receivers read, against files that people can read; see tests/golden/sinks."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from detectors.alerts import Alert, Entity, PatternCode, Reason, Severity, Status, Taxonomy
from detectors.verdicts import Ruling
from streams.sinks.formats.alertmanager import firing, flooding, labels
from streams.sinks.formats.line import line
from streams.sinks.formats.ocsf import VERSION, ocsf
from streams.sinks.formats.slack import LONGEST_TEXT, plain, slack
from streams.sinks.formats.webhook import webhook
from streams.sinks.messages import Message, message
from tests.alerts import an_alert
from tests.unit.streams.sinks.examples import FLOOD, GOLDEN, alerts

NOW = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 5, 10, 4, tzinfo=UTC)
HOSTILE = st.text(
    st.one_of(st.sampled_from("<>&@`*_~[]()#|!:\n\r\x1b\u202e"), st.characters()), max_size=300
)
FORMATS: dict[str, Callable[[Alert], Any]] = {
    "webhook": lambda alert: webhook(message(alert)),
    "alertmanager": lambda alert: firing(alert, ("police",), NOW, LATER),
    "slack": lambda alert: slack(message(alert)),
    "ocsf": lambda alert: ocsf(message(alert).key, alert, None, "0.0.0"),
}


def written(value: object) -> str:
    """As a golden file has it."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def compare(name: str, found: str, *, writes: bool) -> None:
    """Hold what was found against a golden file, or write it."""
    path = GOLDEN / name
    if writes:
        path.write_text(found)

    assert found == path.read_text()


@cache
def schema(*profiles: str) -> Draft202012Validator:
    """The JSON Schema of a Detection Finding, made from the published definition."""
    published = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION))
    name = published.lookup_class_name_from_uid(class_uid=2004)
    return Draft202012Validator(published.get_class_schema(name, list(profiles)))


hostile_alerts = st.builds(
    an_alert,
    alert_id=HOSTILE,
    tenant_id=st.none() | HOSTILE,
    tenants=st.lists(HOSTILE, max_size=3).map(tuple),
    gallery_id=st.none() | HOSTILE,
    campaign_id=st.none() | HOSTILE,
    pattern=st.sampled_from(PatternCode),
    severity=st.sampled_from(Severity),
    status=st.sampled_from(Status),
    rarity=st.floats(0, 1e9),
    entity=st.builds(Entity, st.sampled_from(["actor", "pair"]), HOSTILE),
    actors=st.lists(HOSTILE, max_size=3).map(tuple),
    event_ids=st.lists(HOSTILE, max_size=3).map(tuple),
    reasons=st.lists(
        st.builds(Reason, HOSTILE, st.floats(0, 1e9), st.floats(0, 1e9), HOSTILE, HOSTILE),
        max_size=4,
    ).map(tuple),
    taxonomy=st.builds(
        Taxonomy,
        mitre_attack=st.sampled_from([None, "T1119", "T1589.001"]),
        mitre_atlas=st.sampled_from([None, "AML.T0036", "AML.T0043.001"]),
    ),
)


def test_there_is_an_alert_of_each_pattern() -> None:
    """The goldens cover everything that can be detected."""
    assert [alert.pattern for alert in alerts()] == list(PatternCode)


@pytest.mark.parametrize("name", FORMATS)
def test_each_pattern_is_written_as_agreed(name: str, *, writes_goldens: bool) -> None:
    """What a receiver is sent of an alert of each pattern."""
    made = {alert.pattern.value: FORMATS[name](alert) for alert in alerts()}

    compare(f"{name}.json", written(made), writes=writes_goldens)


def test_terminal_is_written_as_agreed(*, writes_goldens: bool) -> None:
    """A line each."""
    found = [line(message(alert)) for alert in alerts()] + [line(Message("flood", FLOOD))]

    compare("terminal.txt", "\n".join(found) + "\n", writes=writes_goldens)


def test_a_flood_is_written_as_agreed(*, writes_goldens: bool) -> None:
    """How many, of which patterns, since when."""
    told = Message("flood:test:0-0:2", FLOOD)
    made = {
        "webhook": webhook(told),
        "alertmanager": flooding(FLOOD, "on-call", LATER),
        "slack": slack(told),
    }

    compare("flood.json", written(made), writes=writes_goldens)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert.pattern))
def test_findings_are_by_the_schema(alert: Alert) -> None:
    """Each pattern's alert is a Detection Finding by OCSF's own definition."""
    schema().validate(ocsf("key", alert, None, "0.0.0"))


@given(hostile_alerts, st.sampled_from(Ruling))
def test_any_alert_is_a_finding(alert: Alert, ruling: Ruling) -> None:
    """With a verdict or without, and whatever ids a log brings."""
    schema().validate(ocsf("key", alert, None, "0.0.0"))
    schema("incident").validate(ocsf("key", alert, ruling, "0.0.0"))


def test_the_schema_would_notice() -> None:
    """A field that there is not, or one that is missing, is no finding."""
    finding = ocsf("key", alerts()[0], None, "0.0.0")

    assert not schema().is_valid(finding | {"verdict_id": 2})
    assert not schema().is_valid({k: v for k, v in finding.items() if k != "finding_info"})


@given(hostile_alerts)
def test_alertmanager_labels_come_from_closed_sets(alert: Alert) -> None:
    """Only the alert's id is from outside of them; a tenant is named only if it may be."""
    found = labels(alert, ("named",))

    assert found.pop("alert_id") == alert.alert_id
    assert found["tenant"] in {"named", "other", "several"}
    assert found["pattern"] in set(PatternCode)
    assert found["severity"] in set(Severity)
    assert found["alertname"].isalpha()
    assert found.keys() == {"alertname", "pattern", "severity", "tenant"}


def test_two_episodes_are_two_alerts() -> None:
    """Alertmanager tells them apart, and takes revisions of one for the same."""
    one, again = an_alert(alert_id="a", revision=1), an_alert(alert_id="a", revision=2)

    assert labels(one, ()) == labels(again, ())
    assert labels(one, ()) != labels(an_alert(alert_id="b"), ())


def test_an_alert_never_ends_before_it_begins() -> None:
    """An event clock ahead of ours does not make Alertmanager refuse the alert."""
    ahead = an_alert(raised_event_time="2031-01-01T00:00:00.000Z")

    assert firing(ahead, (), NOW, NOW)["startsAt"] == firing(ahead, (), NOW, NOW)["endsAt"]


@given(HOSTILE)
def test_slack_shows_text_as_text(text: str) -> None:
    """No mention, link, markup or second line can be made of what a log holds."""
    shown = plain(text)

    assert "<" not in shown
    assert ">" not in shown
    assert "@channel" not in plain("@channel")
    assert all(mark not in shown for mark in ("\n", "\x1b", "\u202e"))


@given(hostile_alerts)
def test_slack_stays_within_its_limits(alert: Alert) -> None:
    """However long reasons and ids are."""
    (attachment,) = slack(message(alert))["attachments"]
    texts = [attachment["text"], *(field["value"] for field in attachment["fields"])]

    assert all(len(text) <= 5 * LONGEST_TEXT for text in texts)
    assert len(json.dumps(slack(message(alert)))) < 40_000


@given(hostile_alerts)
def test_a_terminal_is_not_steered(alert: Alert) -> None:
    """One line, all of it visible."""
    assert line(message(alert)).isprintable()


def test_webhooks_are_the_same_each_time() -> None:
    """An attempt that is repeated has the same body."""
    told = message(alerts()[0])

    assert webhook(told) == webhook(told)
    assert told.key == f"{alerts()[0].alert_id}:1"
