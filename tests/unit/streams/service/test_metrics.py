import dataclasses

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from detectors.alerts import Alert, Mode, Severity
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PlainNames
from streams.service.keeper import Saved
from streams.service.metrics import Metrics
from streams.service.sources import Counts
from tests.alerts import an_alert

from .cluster import lines_of, pipeline_over

LABELS = {"reason", "field", "stage", "pattern", "severity", "mode", "kind", "topic", "partition"}
"""All of them closed: words of this program, names and numbers of topics."""
