"""The detectors over files: what the service does, without Kafka."""

import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from detectors.alerts import Alert, rfc3339
from detectors.errors import InputError
from detectors.events import EventBatch
from detectors.levels import Levels
from detectors.pipeline import Pipeline
from streams.decisions.exported import Exported, read_exported
from streams.ingest.admission import Admission, TimeRules
from streams.ingest.batches import concat
from streams.ingest.ingest import Ingest
from streams.ingest.lines import Lines
from streams.ingest.pseudonyms import Names
from streams.ingest.sources import read_chunks
from streams.ingest.verdicts import Heard
from streams.inputs import decoder_of, names_of, stdin_for
from streams.outputs import Outputs, Progress, Writers
from streams.promise import Held, held_of, paging, said_real
from streams.settings import Settings
from streams.summary import (
    AlertCount,
    Share,
    Summary,
    TenantLevel,
    Tracked,
    Verdicts,
    write_summary,
)


def replay(
    settings: Settings,
    files: Sequence[str],
    outputs: Outputs,
    progress: Progress,
    said: Sequence[Path] = (),
) -> Summary:
    """Judge the events of `files`, in the order given, and heed the decisions in files.

    Args:
        settings: until a configuration among the decisions takes effect.
        files: of queries.
        outputs: what to write.
        progress: told of it.
        said: files of decisions, of which bare verdicts are some.

    Raises:
        ConfigError: there is no pseudonym key where one is needed, or a configuration among the
            decisions is not understood.
        InputError: a file cannot be opened or decompressed; what was whole has been judged.
        OSError: an output cannot be written.
    """
    with ExitStack() as stack:
        run = Replay(settings, names_of(settings, outputs.names), Writers(outputs, stack))
        for path in said:
            run.hear(read_exported(path, settings))
        run.read(files, progress, scores=outputs.scores is not None)
        return run.finish(outputs)


class Replay:
    """One run over a log: ingest, admission and pipeline, and what they counted."""

    def __init__(self, settings: Settings, names: Names, writers: Writers) -> None:
        self._settings = settings
        self._names = names
        self._writers = writers
        self._ingest = Ingest(names, decoder_of(settings), settings.subjects.namespace)
        self._rules = TimeRules(
            allowed_lateness_ms=_milliseconds(settings.input.allowed_lateness),
            clock_tolerance_ms=_milliseconds(settings.input.clock_tolerance),
            sort_window_ms=_milliseconds(settings.input.sort_window),
        )
        self.pipeline = Pipeline(settings.detection, settings.config_hash, names.write)
        self.levels = Levels()
        self._rejected: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._last: dict[str, Alert] = {}
        self._index: list[NDArray[np.int64]] = []
        self._scores: list[dict[str, NDArray[np.float32]]] = []
        self._keep_scores = False
        self._waiting: list[EventBatch] = []
        self._records = self._events = self._ignored = self._late = self._ahead = 0
        self._first: int | None = None
        self._newest: int | None = None
        self._heard: Heard | None = None
        self._started = time.monotonic()

    def hear(self, exported: Exported) -> None:
        """Let verdicts and configurations take effect as their days begin."""
        before, more = self._heard or Heard(), exported.heard
        self._heard = Heard(before.verdicts + more.verdicts, before.rejected + more.rejected)
        self.pipeline.hear(more.verdicts)
        self.pipeline.plan(exported.changes)

    def read(self, files: Sequence[str], progress: Progress, *, scores: bool = False) -> None:
        """Judge every event of `files`; each is a source with a clock of its own."""
        self._keep_scores = scores
        for batch in self.batches(files, progress):
            self._judge(batch)

    def batches(self, files: Sequence[str], progress: Progress) -> Iterator[EventBatch]:
        """What is to be judged of `files`, in batches.

        Raises:
            InputError: a file cannot be read; what was whole has come before.
        """

        def report(read: int, total: int | None) -> None:
            progress(read, total, self._events)

        source, admission = 0, Admission(self._rules)
        failure: InputError | None = None
        try:
            for chunk in read_chunks(files, stdin_for(files), report):
                if chunk.source != source:
                    yield from self._close(admission)
                    source, admission = chunk.source, Admission(self._rules)
                for start, lines in self._cut(chunk.lines):
                    batch = admission.admit(self._decode(lines, chunk.first_index + start))
                    yield from self._gather(batch)
        except InputError as error:
            failure = error
        yield from self._close(admission)
        yield from self._rest()
        if failure is not None:
            raise failure

    def _cut(self, lines: Lines) -> Iterator[tuple[int, Lines]]:
        size = self._settings.input.batch_size
        for start in range(0, len(lines), size):
            yield start, lines[start : start + size]

    def _decode(self, lines: Lines, first_index: int) -> EventBatch:
        ingested = self._ingest.decode(lines, first_index)
        self._records += len(lines) - ingested.blank
        self._rejected.update(reject.reason for reject in ingested.rejected)
        self._dropped += ingested.dropped_fields
        self._ignored += ingested.ignored_fields
        self._writers.rejects(ingested.rejected)
        return ingested.batch

    def _close(self, admission: Admission) -> Iterator[EventBatch]:
        yield from self._gather(admission.flush())
        self._late += admission.late
        self._ahead += admission.clock_ahead

    def _gather(self, batch: EventBatch) -> Iterator[EventBatch]:
        """Go on when there is enough: a file is read in pieces smaller than a batch."""
        if len(batch):
            self._waiting.append(batch)
        if sum(map(len, self._waiting)) >= self._settings.input.batch_size:
            yield from self._rest()

    def _rest(self) -> Iterator[EventBatch]:
        if not self._waiting:
            return
        batch = concat(self._waiting)
        self._waiting.clear()
        times = batch.rows["time"]
        oldest = int(times.min())
        self._first = oldest if self._first is None else min(oldest, self._first)
        self._newest = max(int(times.max()), self._newest or 0)
        self._events += len(batch)
        self.levels.observe(batch)
        yield batch

    def _judge(self, batch: EventBatch) -> None:
        judgement = self.pipeline.observe(batch)
        if self._keep_scores:
            self._index.append(batch.rows["index"].copy())
            self._scores.append(judgement.scores)
        for alert in judgement.alerts:
            self._last[alert.alert_id] = alert
        self._writers.alerts(judgement.alerts)

    def finish(self, outputs: Outputs) -> Summary:
        """Write what is written at the end."""
        if outputs.scores is not None:
            self._write_scores(outputs.scores)
        if outputs.save_state is not None:
            snapshot = self.pipeline.snapshot(self._names.fingerprint)
            state = zstandard.ZstdCompressor().compress(snapshot)
            outputs.save_state.write_bytes(state)
        summary = self.summary()
        if outputs.summary is not None:
            write_summary(summary, outputs.summary)
        return summary

    def _write_scores(self, path: Path) -> None:
        columns: dict[str, NDArray[Any]] = {
            pattern.code.value: np.concatenate(
                [np.empty(0, np.float32), *(part[pattern.code.value] for part in self._scores)]
            )
            for pattern in self.pipeline.patterns
        }
        columns["event_index"] = np.concatenate([np.empty(0, np.int64), *self._index])
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **columns)

    def summary(self) -> Summary:
        """What was done so far."""
        seconds = time.monotonic() - self._started
        untracked = self.pipeline.untracked
        return Summary(
            config_hash=self.pipeline.config_hash,
            records=self._records,
            events=self._events - self.pipeline.duplicates,
            rejected=dict(self._rejected.most_common()),
            dropped_fields=dict(self._dropped.most_common()),
            ignored_fields=self._ignored,
            late=self._late,
            duplicates=self.pipeline.duplicates,
            clock_ahead=self._ahead,
            first_event_time=None if self._first is None else rfc3339(self._first),
            last_event_time=None if self._newest is None else rfc3339(self._newest),
            alerts=_counted(self._last.values()),
            seconds=seconds,
            events_per_second=self._events / max(seconds, 1e-9),
            peak_memory_bytes=_peak_memory(),
            tracked=tuple(
                Tracked(kind, held.count, held.bytes, held.evicted, untracked.get(kind, 0))
                for kind, held in self.pipeline.tracked().items()
            ),
            tenants=self._tenants(),
            verdicts=None if self._heard is None else _taught(self._heard, self.pipeline),
            budget=self._held() if self._events else None,
        )

    def _held(self) -> Held:
        """What was held of the promise, of all patterns at all tenants."""
        terms = self.pipeline.tenure.terms(self.pipeline.actors).values()
        days = sum(term.actor_days for term in terms)
        real = said_real(self._heard.verdicts if self._heard else ())
        return held_of(self.pipeline.budget, days, paging(self._last.values()), real)

    def _tenants(self) -> tuple[TenantLevel, ...]:
        """Each tenant's level and what it cannot support, the largest tenant first."""
        events = self.levels.tenants()
        return tuple(
            TenantLevel(
                tenant,
                self.levels.of(tenant),
                events[tenant],
                tuple(
                    pattern.code
                    for pattern in self.pipeline.patterns
                    if self.levels.blind(tenant, pattern.code, pattern.level)
                ),
            )
            for tenant in sorted(events, key=lambda name: (-events[name], name))
        )


def _counted(alerts: Iterable[Alert]) -> tuple[AlertCount, ...]:
    kinds = Counter((alert.pattern, alert.severity, alert.mode) for alert in alerts)
    return tuple(AlertCount(*kind, count) for kind, count in sorted(kinds.items()))


def _taught(heard: Heard, pipeline: Pipeline) -> Verdicts:
    """What came of the verdicts so far."""
    return Verdicts(
        records=len(heard.verdicts) + len(heard.rejected),
        rejected=dict(Counter(reject.reason for reject in heard.rejected).most_common()),
        in_effect=len(pipeline.docket.in_effect),
        waiting=len(pipeline.docket.waiting),
        shares=tuple(
            Share(p.code, p.budget_share, p.budget_share * pipeline.lesson.factor(p.code))
            for p in pipeline.patterns
            if not p.shadow
        ),
    )


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


def _peak_memory() -> int:
    """Bytes; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
