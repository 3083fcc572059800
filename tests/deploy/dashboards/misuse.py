"""For the safety team: what is going on, whether it reaches them, what became of it."""

from typing import Final

from .panels import Look, Query, course, figure, ranking, row

_RAISED: Final = 'probewatch_alerts_total{mode="live",status=~"open|reopened"}'
_GRAVE: Final = 'probewatch_alerts_reached_total{mode="live",severity="high"}'
_REVISIONS: Final = 'probewatch_alerts_total{mode="live"}'


def _within(share: float, metric: str) -> str:
    """The seconds within which a share of alerts came."""
    return f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket[$__rate_interval])))"


MISUSE: Final = (
    row("Now"),
    figure(
        "Alerts raised",
        "In the time shown. An alert that goes on is revised, and counts once.",
        Query(f"sum(increase({_RAISED}[$__range]))"),
        Look(span=6),
    ),
    figure(
        "High or critical",
        "That became so in the time shown: a hundred times rarer among innocent use, or more.",
        Query(f"sum(increase({_GRAVE}[$__range]))"),
        Look(span=6, bad=1),
    ),
    figure(
        "Snoozes in force",
        "Silences with an owner and an end. Each hides what it covers from the sinks.",
        Query("max(probewatch_snoozes_active)"),
        Look(span=6),
    ),
    figure(
        "Not delivered",
        "Alerts that a sink gave up on, in the time shown. They wait in the dead letters.",
        Query('sum(increase(probewatch_deliveries_total{outcome="dead"}[$__range]))'),
        Look(span=6, bad=1),
    ),
    row("What kind"),
    course(
        "Raised, by pattern",
        "Live alerts as they are raised, by what kind of misuse.",
        Query(f"sum by (pattern) (increase({_RAISED}[$__rate_interval]))", "{{pattern}}"),
        look=Look(span=16, stacked=True),
    ),
    ranking(
        "By pattern, in all",
        "Raised in the time shown.",
        Query(f"sum by (pattern) (increase({_RAISED}[$__range]))", "{{pattern}}"),
    ),
    course(
        "Revisions, by severity",
        "Medium is worth an alert at all; high is a hundred times rarer, critical a million times.",
        Query(f"sum by (severity) (increase({_REVISIONS}[$__rate_interval]))", "{{severity}}"),
        look=Look(stacked=True),
    ),
    course(
        "What alerts do",
        "Opened, updated, closed, reopened.",
        Query(f"sum by (status) (increase({_REVISIONS}[$__rate_interval]))", "{{status}}"),
        look=Look(stacked=True),
    ),
    course(
        "Raised, by tenant",
        "Tenants that are named in the settings; all others are one.",
        Query(
            "sum by (tenant) "
            '(increase(probewatch_tenant_alerts_total{mode="live",severity="low"}[$__rate_interval]))',
            "{{tenant}}",
        ),
        look=Look(stacked=True),
    ),
    course(
        "From query to alert",
        "From the event time of the search to the alert. A replayed past is as old as it is.",
        Query(_within(0.5, "probewatch_alert_event_seconds"), "half within"),
        Query(_within(0.99, "probewatch_alert_event_seconds"), "99 % within"),
        look=Look(unit="s", span=12),
    ),
    course(
        "From reading to alert",
        "The part of it that is ours: from reading the query to writing the alert.",
        Query(_within(0.5, "probewatch_alert_processing_seconds"), "half within"),
        Query(_within(0.99, "probewatch_alert_processing_seconds"), "99 % within"),
        look=Look(unit="s", span=12, bad=1),
    ),
    row("Whether it arrives"),
    course(
        "Deliveries",
        "What became of alerts at each sink. Retried ones come again.",
        Query(
            "sum by (sink, outcome) (increase(probewatch_deliveries_total[$__rate_interval]))",
            "{{sink}} {{outcome}}",
        ),
        look=Look(span=12),
    ),
    course(
        "Waiting at sinks",
        "Alerts that a sink has not taken yet.",
        Query("sum by (sink) (probewatch_sink_lag_records)", "{{sink}}"),
        look=Look(span=12, bad=1000),
    ),
    row("What became of it"),
    course(
        "Verdicts",
        "What people said of alerts.",
        Query(
            "sum by (verdict) (increase(probewatch_verdicts_total[$__rate_interval]))",
            "{{verdict}}",
        ),
        look=Look(span=12, stacked=True),
    ),
    course(
        "Floods",
        "1 while a sink gets more alerts than it should, and sends digests instead.",
        Query("max by (sink) (probewatch_alert_flood)", "{{sink}}"),
        look=Look(span=12, bad=1, most=1),
    ),
)
"""Headlines and panels, in order."""
