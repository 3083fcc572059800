"""A real Alertmanager takes, groups, routes and resolves our alerts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from detectors.alerts import Alert, Entity, PatternCode, Severity, Status
from tests.alerts import an_alert
from tests.integration.alertmanager import Alertmanager
from tests.integration.delivery import QUICK, Delivery
from tests.integration.receiver import Receiver
from tests.integration.service import Worker, wait_for
from tests.kafka.cluster import KafkaCluster

STALKING = PatternCode.PERSISTENT_STALKING


def routing(receiver: Receiver) -> dict[str, Any]:
    """Pages for what is severe, a chat for the rest, and a group for each pattern."""
    names = ("page", "chat")
    return {
        "route": {
            "receiver": "chat",
            "group_by": ["alertname", "tenant"],
            "group_wait": "1s",
            "group_interval": "1s",
            "repeat_interval": "1h",
            "routes": [{"receiver": "page", "matchers": ['severity=~"high|critical"']}],
        },
        "receivers": [
            {"name": name, "webhook_configs": [{"url": f"{receiver.url}/{name}"}]} for name in names
        ],
    }


def told(receiver: Receiver, name: str, status: str) -> set[str]:
    """The alerts, by their ids, that a receiver was told to be so."""
    return {
        alert["labels"].get("alert_id", alert["labels"]["alertname"])
        for got in list(receiver.got)
        if got.json["receiver"] == name
        for alert in got.json["alerts"]
        if alert["status"] == status
    }


def revised(alert_id: str, revision: int, **changed: Any) -> Alert:
    """A revision of a stalking episode."""
    entity = Entity("pair", f"{alert_id}+someone")
    return an_alert(
        alert_id=alert_id, revision=revision, pattern=STALKING, entity=entity, **changed
    )


def test_alerts_are_taken_grouped_routed_and_resolved(kafka: KafkaCluster, tmp_path: Path) -> None:
    """Two episodes of one pattern stay two alerts in one group; each ends when it is closed."""
    with Receiver() as receiver, Alertmanager(tmp_path, routing(receiver)) as manager:
        sinks = Delivery(
            tmp_path,
            kafka.bootstrap,
            {
                "name": "alertmanager",
                "type": "alertmanager",
                "url": manager.url,
                "named_tenants": ["t"],
                "resend_interval": "1s",
                **QUICK,
            },
        )
        sinks.write([revised("one", 1), revised("two", 1), an_alert(severity=Severity.CRITICAL)])
        with sinks.start() as process:
            wait(process, lambda: told(receiver, "chat", "firing") == {"one", "two"})
            wait(process, lambda: told(receiver, "page", "firing") == {"a1"})
            groups = [got.json for got in receiver.got if got.json["receiver"] == "chat"]
            assert groups[-1]["groupLabels"] == {
                "alertname": "ProbewatchPersistentStalking",
                "tenant": "t",
            }
            assert {alert["labels"]["pattern"] for alert in groups[-1]["alerts"]} == {STALKING}

            # It gets worse: who was only told in the chat is paged, and the chat hears no more.
            sinks.write([revised("one", 2, severity=Severity.HIGH)])
            wait(process, lambda: told(receiver, "page", "firing") == {"a1", "one"})
            wait(process, lambda: told(receiver, "chat", "resolved") == {"one"})

            sinks.write([revised("one", 3, severity=Severity.HIGH, status=Status.CLOSED)])
            wait(process, lambda: told(receiver, "page", "resolved") == {"one"})
            assert {a["labels"]["alert_id"] for a in manager.alerts()} == {"two", "a1"}

        # Killed. What was open is told again by the next process, before it ends by itself.
        del receiver.got[:]
        with sinks.start() as process:
            ends = {a["labels"]["alert_id"]: a["endsAt"] for a in manager.alerts()}
            wait(
                process,
                lambda: (
                    {
                        a["labels"]["alert_id"]
                        for a in manager.alerts()
                        if a["endsAt"] > ends.get(a["labels"]["alert_id"], "")
                    }
                    == {"two", "a1"}
                ),
            )
        wait_for(lambda: not manager.alerts())


def wait(process: Worker, condition: Callable[[], object]) -> None:
    """Return when a condition holds, as long as the process runs."""
    wait_for(condition, process)
