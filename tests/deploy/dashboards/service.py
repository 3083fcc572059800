"""For whoever is on call: whether workers work, keep up, and keep what they know."""

from typing import Final

from .panels import Look, Query, course, figure, ranking, row

_OF: Final = '{instance=~"$instance"}'


def _within(share: float, metric: str, by: str) -> str:
    """The seconds within which a share of what a histogram counts was done."""
    labels = f"le, {by}" if by else "le"
    return (
        f"histogram_quantile({share}, sum by ({labels}) "
        f"(rate({metric}_bucket{_OF}[$__rate_interval])))"
    )


SERVICE: Final = (
    row("Now"),
    figure(
        "Workers ready",
        "That have partitions and work on them.",
        Query("sum(probewatch_ready)"),
        Look(span=4),
    ),
    figure(
        "Workers not ready",
        "For longer than a rebalance takes, that is a reason to look.",
        Query("count(probewatch_ready) - sum(probewatch_ready)"),
        Look(span=4, bad=1),
    ),
    figure(
        "Records to be read",
        "In all topics that are read as a group.",
        Query("sum(probewatch_consumer_lag_records)"),
        Look(span=4, bad=100_000),
    ),
    figure(
        "Oldest checkpoint",
        "What a restart would have to read again, as time.",
        Query("max(probewatch_checkpoint_age_seconds)"),
        Look(unit="s", span=4, bad=120),
    ),
    figure(
        "Memory of entities",
        "Of all workers.",
        Query("sum(probewatch_tracked_bytes)"),
        Look(unit="bytes", span=4),
    ),
    figure(
        "Configuration refused",
        "1 if the last configuration that was sent is not in force.",
        Query("max(probewatch_configuration_rejected)"),
        Look(span=4, bad=1),
    ),
    row("Flow"),
    course(
        "Events",
        "Queries that were read and can be judged, by worker.",
        Query(f"sum by (instance) (rate(probewatch_events_total{_OF}[$__rate_interval]))"),
        look=Look(unit="eps"),
    ),
    course(
        "Lag",
        "Records not read yet. That of queries is the delay of everything.",
        Query(
            f"sum by (topic) (probewatch_consumer_lag_records{_OF})",
            "{{topic}}",
        ),
    ),
    course(
        "Behind the present",
        "By which the newest event that was read is older than now; 0 if all is read.",
        Query(f"max(probewatch_consumer_lag_seconds{_OF})", "the slowest partition"),
        look=Look(unit="s", bad=300),
    ),
    course(
        "Rejected records",
        "By reason. A new reason is mostly a new version of whoever writes.",
        Query(
            f"sum by (reason) (rate(probewatch_events_rejected_total{_OF}[$__rate_interval]))",
            "{{reason}}",
        ),
        look=Look(unit="eps", stacked=True),
    ),
    course(
        "Events out of order",
        "Late and repeated ones do not count; a clock in the future is set back.",
        Query(f"sum(rate(probewatch_events_late_total{_OF}[$__rate_interval]))", "late"),
        Query(f"sum(rate(probewatch_events_clock_ahead_total{_OF}[$__rate_interval]))", "ahead"),
        Query(f"sum(rate(probewatch_events_duplicated_total{_OF}[$__rate_interval]))", "repeated"),
        look=Look(unit="eps"),
    ),
    course(
        "Fields not used",
        "Optional fields that were cut or taken as absent, by name; and unknown ones.",
        Query(
            f"sum by (field) (rate(probewatch_fields_dropped_total{_OF}[$__rate_interval]))",
            "{{field}}",
        ),
        Query(f"sum(rate(probewatch_fields_ignored_total{_OF}[$__rate_interval]))", "unknown"),
    ),
    course(
        "Rows",
        "Applied to the state, by stage. Repeated ones had been applied before a restart.",
        Query(
            f"sum by (stage) (rate(probewatch_rows_applied_total{_OF}[$__rate_interval]))",
            "{{stage}}",
        ),
        Query(
            f"sum by (stage) (rate(probewatch_rows_repeated_total{_OF}[$__rate_interval]))",
            "{{stage}} repeated",
        ),
        look=Look(unit="rowsps"),
    ),
    course(
        "Partitions",
        "Of all stages, by worker: how the work is shared.",
        Query(f"sum by (instance) (probewatch_partitions{_OF})"),
    ),
    course(
        "Sources that wait",
        "Partitions of queries that are held until the others have come as far in event time.",
        Query(f"sum(probewatch_events_held{_OF})", "held"),
    ),
    row("Checkpoints"),
    course(
        "Age",
        "Since the last one, by stage; it should stay near the interval that is set.",
        Query(f"max by (stage) (probewatch_checkpoint_age_seconds{_OF})", "{{stage}}"),
        look=Look(unit="s"),
    ),
    course(
        "Stalls",
        "For how long processing waited; 99 % within.",
        Query(_within(0.99, "probewatch_checkpoint_stall_seconds", "stage"), "{{stage}}"),
        look=Look(unit="s"),
    ),
    course(
        "Duration",
        "Of one checkpoint in all; 99 % within.",
        Query(_within(0.99, "probewatch_checkpoint_seconds", "stage"), "{{stage}}"),
        look=Look(unit="s"),
    ),
    course(
        "Written",
        "Bytes of checkpoints a second.",
        Query(
            f"sum by (stage) (rate(probewatch_checkpoint_bytes_total{_OF}[$__rate_interval]))",
            "{{stage}}",
        ),
        look=Look(unit="Bps", stacked=True),
    ),
    course(
        "State log",
        "Bytes in the state topics: what a worker reads that takes everything over.",
        Query(f"sum by (stage) (probewatch_checkpoint_log_bytes{_OF})", "{{stage}}"),
        look=Look(unit="bytes", stacked=True),
    ),
    course(
        "Take-over",
        "How long the last take-over of partitions took.",
        Query(f"max by (instance) (probewatch_restore_seconds{_OF})"),
        look=Look(unit="s"),
    ),
    row("Memory"),
    ranking(
        "Entities",
        "That have state, by kind.",
        Query(f"sum by (kind) (probewatch_tracked_entities{_OF})", "{{kind}}"),
    ),
    course(
        "Bytes",
        "By kind of entity.",
        Query(f"sum by (kind) (probewatch_tracked_bytes{_OF})", "{{kind}}"),
        look=Look(unit="bytes", stacked=True),
    ),
    course(
        "Room taken",
        "Share of the limit of each kind that is taken; when it is full, the longest idle go.",
        Query(
            f"sum by (kind) (probewatch_tracked_entities{_OF}) "
            f"/ sum by (kind) (probewatch_tracked_limit_entities{_OF})",
            "{{kind}}",
        ),
        look=Look(unit="percentunit", bad=0.9, most=1),
    ),
    course(
        "Dropped",
        "Entities that were forgotten, by cause. For want of room, limits are too low.",
        Query(
            "sum by (kind, cause) "
            f"(rate(probewatch_evicted_entities_total{_OF}[$__rate_interval]))",
            "{{kind}} {{cause}}",
        ),
    ),
    course(
        "Turned away",
        "Events whose entity there was no room for. They are not judged.",
        Query(
            f"sum by (kind) (rate(probewatch_events_untracked_total{_OF}[$__rate_interval]))",
            "{{kind}}",
        ),
        look=Look(unit="eps"),
    ),
    course(
        "Memory of workers",
        "Resident, of each.",
        Query(f"max by (instance) (probewatch_process_resident_memory_bytes{_OF})"),
        look=Look(unit="bytes"),
    ),
    course(
        "CPU of workers",
        "Cores that each keeps busy; one thread does the work.",
        Query(
            "sum by (instance) "
            f"(rate(probewatch_process_cpu_seconds_total{_OF}[$__rate_interval]))",
        ),
    ),
    course(
        "Up since",
        "For how long each worker has run: whoever starts again and again cannot go on.",
        Query(f"time() - max by (instance) (probewatch_process_start_time_seconds{_OF})"),
        look=Look(unit="s"),
    ),
    course(
        "Versions",
        "Workers by version; two never work side by side.",
        Query(f"count by (version) (probewatch_build_info{_OF})", "{{version}}"),
        look=Look(stacked=True),
    ),
    row("Sinks and configuration"),
    course(
        "Time of a delivery",
        "99 % within, by sink.",
        Query(_within(0.99, "probewatch_delivery_seconds", "sink"), "{{sink}}"),
        look=Look(unit="s"),
    ),
    course(
        "Queues of sinks",
        "Deliveries that wait to be sent.",
        Query(f"sum by (sink) (probewatch_sink_queue_depth{_OF})", "{{sink}}"),
    ),
    course(
        "Configurations",
        "Workers by the configuration that they judge by; more than one for long is wrong.",
        Query(f"count by (hash) (probewatch_configuration_info{_OF})", "{{hash}}"),
        look=Look(stacked=True),
    ),
)
"""Headlines and panels, in order."""
