"""One event explained: the log is judged up to it, and every pattern asked what it makes of it."""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import orjson

from detectors.alerts import Alert, PatternCode, rfc3339
from detectors.errors import InputError
from detectors.events import EventBatch, Operation, Outcome
from detectors.inspection import Finding, inspect
from detectors.pipeline import Judgement
from streams.decisions.exported import read_exported
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import Names
from streams.ingest.sources import STDIN, read_chunks
from streams.inputs import decoder_of, names_of, stdin_for
from streams.outputs import NameMode, Outputs, Progress, Writers
from streams.replay import Replay
from streams.settings import Settings

from .trail import About, Searches, Trail


class EventFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The event that is explained, as far as it matters; ids as pseudonyms."""

    event_id: str
    event_time: str
    record: int
    tenant_id: str
    operation: str
    outcome: str
    actor: str
    subject: str | None
    case: str | None


class EventExplained(msgspec.Struct, frozen=True, kw_only=True):
    """Why an event did or did not raise an alert; `probewatch.explanation.v1` of kind `event`.

    Attributes:
        event: which.
        findings: what each pattern made of it, in the order in which they judge.
        alerts: revisions that it brought about.
        events_before: that were judged before it.
        config_hash: of the settings that judged.
    """

    schema: str = "probewatch.explanation.v1"
    kind: str = "event"
    event: EventFacts
    findings: tuple[Finding, ...]
    alerts: tuple[Alert, ...]
    events_before: int
    config_hash: str

    def strongest(self) -> Finding:
        """The finding that is furthest from nothing."""
        return min(
            self.findings,
            key=lambda finding: np.inf if finding.rarity is None else finding.rarity,
        )


@dataclass(frozen=True, slots=True)
class Query:
    """Which event of which files, under which settings.

    Attributes:
        settings: that judge.
        files: in the order of time; they are read twice, so none may be standard input.
        names: how ids are written.
        verdicts: a file of analysts' verdicts to heed, if any.
        event_id: the event's.
        tenant: whose, where several tenants have an event with that id; None for the first.
    """

    settings: Settings
    files: Sequence[str]
    names: NameMode
    verdicts: Path | None
    event_id: str
    tenant: str | None = None

    @property
    def where(self) -> str:
        """The files, for messages."""
        return ", ".join(self.files)


def explain_event(
    query: Query, progress: Progress
) -> tuple[EventExplained, dict[PatternCode, Searches]]:
    """Judge the files up to and including an event, and say what was made of it.

    Returns:
        The explanation, and for each pattern the searches that an alert of it would be about.

    Raises:
        ConfigError: there is no pseudonym key where one is needed.
        InputError: a file cannot be read, or the event is not in them, or was not used.
    """
    if STDIN in query.files:
        raise InputError(f"{STDIN}: is read twice; name a file")
    names = names_of(query.settings, query.names)
    found = _find(query, names)
    with ExitStack() as stack:
        run = Replay(query.settings, names, Writers(Outputs(), stack))
        if query.verdicts is not None:
            run.hear(read_exported(query.verdicts, query.settings))
        trails = _trails(found, names, run)
        before = 0
        for batch in run.batches(query.files, progress):
            at = np.flatnonzero(batch.rows["index"] == found.rows["index"][0])
            stop = int(at[0]) if len(at) else len(batch)
            _judge(run, batch.take(0, stop), trails)
            before += stop
            if len(at):
                one = batch.take(stop, stop + 1)
                findings, alerts = inspect(run.pipeline, one, names.write)
                for trail in trails.values():
                    trail.note(one, _scores_of(findings, run))
                explained = EventExplained(
                    event=_facts(one, names),
                    findings=findings,
                    alerts=tuple(alerts),
                    events_before=before,
                    config_hash=query.settings.config_hash,
                )
                return explained, {c: trail.searches(c) for c, trail in trails.items()}
    raise InputError(
        f"{query.where}: event {query.event_id} came too late to be used; see [input] "
        "allowed_lateness"
    )


def _find(query: Query, names: Names) -> EventBatch:
    """The event, decoded.

    Raises:
        InputError: it is not there, or was rejected.
    """
    ingest = Ingest(names, decoder_of(query.settings), query.settings.subjects.namespace)
    for chunk in read_chunks(query.files, stdin_for(query.files)):
        ingested = ingest.decode(chunk.lines, chunk.first_index)
        batch = ingested.batch
        for at, event_id in enumerate(batch.event_ids):
            tenant = batch.names[int(batch.rows["tenant"][at])]
            if event_id == query.event_id and query.tenant in {None, tenant}:
                return batch.take(at, at + 1)
        for reject in ingested.rejected:
            if _is_of(chunk.lines[reject.index - chunk.first_index], query.event_id):
                about = f" ({reject.field})" if reject.field else ""
                raise InputError(
                    f"{query.where}: event {query.event_id}, record {reject.index}, was rejected: "
                    f"{reject.reason}{about}"
                )
    raise InputError(f"{query.where}: no event {query.event_id}")


def _is_of(line: bytes, event_id: str) -> bool:
    """Whether a rejected record says that it is this event, be it JSON or what is left of it."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        quoted = re.escape(orjson.dumps(event_id))
        return re.search(rb'"event_id"\s*:\s*' + quoted, line) is not None
    return isinstance(record, dict) and str(record.get("event_id")) == event_id


def _trails(found: EventBatch, names: Names, run: Replay) -> dict[PatternCode, Trail]:
    """For each pattern, whose searches an alert on the event would be about."""
    row = found.rows[0]
    who = {
        kind: frozenset({names.write(kind, _pair(row[kind]))} if row[kind][0] else ())
        for kind in ("actor", "subject", "case")
    }
    about = {
        "subject": About(subjects=who["subject"]),
        "pair": About(actors=who["actor"], subjects=who["subject"]),
        "case": About(actors=who["actor"], cases=who["case"]),
    }
    return {
        pattern.code: Trail(
            names, about.get(pattern.entity, About(actors=who["actor"])), [pattern.code]
        )
        for pattern in run.pipeline.patterns
    }


def _judge(run: Replay, batch: EventBatch, trails: dict[PatternCode, Trail]) -> None:
    if len(batch):
        judgement = run.pipeline.observe(batch)
        for trail in trails.values():
            trail.note(batch, judgement)


def _scores_of(findings: Sequence[Finding], run: Replay) -> Judgement:
    scores = {}
    for finding in findings:
        nats = np.array([np.nan if finding.evidence is None else finding.evidence])
        scores[finding.pattern.value] = run.pipeline.scale(finding.pattern).scores(nats)
    return Judgement(scores=scores)


def _facts(batch: EventBatch, names: Names) -> EventFacts:
    row = batch.rows[0]

    def written(kind: str) -> str | None:
        return names.write(kind, _pair(row[kind])) if row[kind][0] else None  # type: ignore[arg-type]

    return EventFacts(
        event_id=batch.event_ids[0],
        event_time=rfc3339(int(row["time"])),
        record=int(row["index"]),
        tenant_id=batch.names[int(row["tenant"])],
        operation=Operation(row["operation"]).name.lower(),
        outcome=Outcome(row["outcome"]).name.lower(),
        actor=written("actor") or "",
        subject=written("subject"),
        case=written("case"),
    )


def _pair(halves: Sequence[int]) -> tuple[int, int]:
    return int(halves[0]), int(halves[1])
