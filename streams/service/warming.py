"""Compiling what will be needed before the first event comes."""

from types import SimpleNamespace

import numpy as np
from prometheus_client import CollectorRegistry

from detectors.config import Detection
from detectors.kernels.hashing import FREE
from detectors.kernels.sketch import DENSE, SHORT, estimate, insert_all, release
from detectors.kernels.tails import fill_surprises
from detectors.shards.tables import Pool
from streams.blocks import encode
from streams.checkpoints.segments import Tracker
from streams.ingest.admission import TimeRules
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PlainNames
from streams.metrics import Making

from .control import Board
from .measures.tenants import TenantMeasures
from .sources import FOREVER, Source
from .stations import Station
from .worker import STAGES

_EVENT = (
    b'{"event_id":"%d","event_time":%d,"tenant_id":"t","actor_id":"a","operation":"identify",'
    b'"outcome":"success","subject_id":"s","candidate_ids":["s"],"source_ip":"192.0.2.1",'
    b'"actor_created_at":"2020-01-01T00:00:00Z"}'
)


def warm() -> None:
    """Send two days of one search through everything; what it compiles is kept on disk."""
    names = PlainNames()
    source = Source(0, Ingest(names), TimeRules(), 1)
    source.watch = TenantMeasures(Making(CollectorRegistry()), ()).observe
    board = Board()
    stations = {
        kind: Station(make(Detection(), "", names.write), 0, 1, board)
        for kind, make in STAGES.items()
    }
    for day in range(1, 5):
        time = day * 86_400_000
        record = SimpleNamespace(offset=day, timestamp=time, value=_EVENT % (day, time))
        source.take([record])
        queue = [("actor", block) for _, block in source.release(FOREVER)]
        for offset, (kind, block) in enumerate(queue, 10 * day):
            value = encode(block)
            station = stations[kind]
            station.take([SimpleNamespace(offset=offset, timestamp=time, value=value)])
            queue += [(to, block) for to, _, block in station.run().blocks]
    for station in stations.values():
        unit = station.stage.units[0]
        tracker = Tracker()
        tracker.base(station.about(0), unit.arrays())
        tracker.delta(station.about(0), unit.arrays())
    # What an alert needs until it is closed, which one search a day never is.
    short, dense = Pool(SHORT), Pool(DENSE)
    sketch = insert_all(FREE, np.ones(1, np.uint64), short.view(1), dense.view(1))
    estimate(sketch, short.view(0), dense.view(0))
    # And a case, which this search has none of.
    one = np.ones(1)
    fill_surprises(one, one, one / 2, 1.0, one.copy())
    release(sketch, short.view(0), dense.view(0))
