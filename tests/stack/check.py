"""Whether the whole stack works: workers are watched, rules are loaded, misuse reaches somebody."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from streams.service.warming import warm
from streams.simulate import Recipe, build
from tests.integration.service import Service, wait_for
from tests.kafka.cluster import KafkaCluster

from .boards import has_data, panels
from .programs import Program, Receiver, alertmanager, prometheus

EMPTY: Final[dict[str, str]] = {
    "quality: Alerts that were right": "Nobody has given a verdict.",
}
"""Panels that may have no data while all is well, and why."""

SAFETY_TEAM: Final = "safety-team"
"""The receiver of `deploy/alertmanager` that misuse goes to."""

_LOG: Final = Recipe(world="police", seed=2, actors=120, days=60)
"""The log of `probewatch demo`, which has misuse of several kinds in it."""
_SCRAPES_SECONDS: Final = 3.0
_PATIENCE_SECONDS: Final = 60.0


def check(kafka: KafkaCluster, directory: Path, tell: Callable[[str], None]) -> list[str]:
    """Start the stack, feed it, and look; what is wrong, a sentence each.

    Args:
        kafka: brokers that run.
        directory: for files of all programs.
        tell: told what was found, line by line.
    """
    # In a new checkout that takes longer than a worker is waited for.
    warm()
    events = list(build(_LOG).events())
    # One optional field is no number, as in any log.
    events[-1] |= {"latency_ms": "a while"}
    log = [orjson.dumps(event) for event in events]
    service = Service(directory, kafka.bootstrap)
    with service.file.open("a") as settings:
        settings.write(f'[metrics]\ntenants = ["{orjson.loads(log[0])["tenant_id"]}"]\n')
        settings.write('[[sinks]]\nname = "kept"\ntype = "file"\noutput_file = "alerts.jsonl"\n')
    began = time.time()
    with ExitStack() as stack:
        worker = stack.enter_context(service.run())
        wait_for(worker.ready, worker)
        receiver = stack.enter_context(Receiver())
        manager = stack.enter_context(alertmanager(directory, receiver.address))
        watch = stack.enter_context(
            prometheus(directory, [urlsplit(worker.address).netloc], manager)
        )
        wait_for(lambda: manager.ready and watch.ready)
        # A counter's first figure is where it begins: what was before is no increase.
        time.sleep(_SCRAPES_SECONDS)
        half = len(log) // 2
        for part in (log[:half], log[half:]):
            service.send(part)
            wait_for(lambda: service.behind() == 0, worker)
            time.sleep(_SCRAPES_SECONDS)
        wrong = [*_targets(watch), *_rules(watch, tell)]
        wrong += _alerts(watch, manager, receiver, tell)
        wrong += _panels(watch, began, tell)
    return wrong


def _targets(watch: Program) -> Iterator[str]:
    """Those that are not up."""
    targets = watch.api("/api/v1/targets", state="active")["data"]["activeTargets"]
    if not targets:
        yield "Prometheus watches nobody"
    for target in targets:
        if target["health"] != "up":
            yield f"target {target['scrapeUrl']} is {target['health']}: {target['lastError']}"


def _rules(watch: Program, tell: Callable[[str], None]) -> Iterator[str]:
    """Those that cannot be evaluated."""
    rules = _loaded(watch)
    tell(f"rules: {len(rules)} loaded")
    if not rules:
        yield "no rule is loaded"
    for rule in rules:
        if rule["health"] != "ok":
            yield f"rule {rule['name']} is {rule['health']}: {rule.get('lastError', '')}"


def _loaded(watch: Program) -> list[dict[str, Any]]:
    groups = watch.api("/api/v1/rules")["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _alerts(
    watch: Program, manager: Program, receiver: Receiver, tell: Callable[[str], None]
) -> Iterator[str]:
    """Whether misuse came through, and what fires though all is well."""

    def arrived() -> set[str]:
        return {each["labels"]["alertname"] for to, each in receiver.sent if to == SAFETY_TEAM}

    if not _until(lambda: bool(arrived())):
        yield "no alert of misuse reached the safety team's webhook"
    tell(f"reached the safety team: {', '.join(sorted(arrived())) or 'nothing'}")
    known = {each["labels"]["alertname"] for each in manager.api("/api/v2/alerts")}
    if lost := arrived() - known:
        yield f"Alertmanager does not know of {', '.join(sorted(lost))}"
    for rule in _loaded(watch):
        faulty = rule["type"] == "alerting" and rule["state"] == "firing"
        if faulty and rule["name"] not in arrived():
            yield f"{rule['name']} fires though nothing is wrong"


def _panels(watch: Program, began: float, tell: Callable[[str], None]) -> Iterator[str]:
    """Panels that show nothing, though they should."""
    if has_data(watch, "probewatch_that_nobody_has", began, time.time()):
        yield "a query of nothing gives data: what panels show says nothing"
    found = [*panels()]
    asked = [(panel, query) for panel in found for query in panel.queries]
    silent = [each for each in asked if not has_data(watch, each[1], began, time.time())]
    tell(f"panels: {len(asked) - len(silent)} of {len(asked)} queries have data")
    for panel, query in silent:
        if str(panel) not in EMPTY:
            yield f"panel {panel} shows nothing of {query}"


def _until(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes to hold in time."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.2)
    return condition()
