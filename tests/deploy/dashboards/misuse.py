"""For the safety team: what is going on, whether it reaches them, what became of it."""

from typing import Final

from .panels import Look, Query, course, figure, ranking, row

_LIVE: Final = 'probewatch_alerts_total{mode="live",instance=~"$instance"}'
_GRAVE: Final = (
    'probewatch_alerts_total{mode="live",severity=~"high|critical",instance=~"$instance"}'
)

MISUSE: Final = (
    row("Now"),
    figure(
        "Alerts and updates",
        "Revisions of live alerts in the time shown: one that goes on is revised, not repeated.",
        Query(f"sum(increase({_LIVE}[$__range]))"),
        Look(span=6),
    ),
    figure(
        "High or critical",
        "Of these, the ones that are a hundred times rarer among innocent use, or more.",
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
        "By pattern",
        "Live alerts and their updates, by what kind of misuse.",
        Query(f"sum by (pattern) (increase({_LIVE}[$__rate_interval]))", "{{pattern}}"),
        look=Look(span=16, stacked=True),
    ),
    ranking(
        "By pattern, in all",
        "In the time shown.",
        Query(f"sum by (pattern) (increase({_LIVE}[$__range]))", "{{pattern}}"),
    ),
    course(
        "By severity",
        "Medium is worth an alert at all; high is a hundred times rarer, critical a million times.",
        Query(f"sum by (severity) (increase({_LIVE}[$__rate_interval]))", "{{severity}}"),
        look=Look(span=12, stacked=True),
    ),
    course(
        "From query to alert",
        "From the event time of the search to the alert. A replayed past is as old as it is.",
        Query(
            "histogram_quantile(0.5, sum by (le) "
            "(rate(probewatch_alert_event_seconds_bucket[$__rate_interval])))",
            "half within",
        ),
        Query(
            "histogram_quantile(0.99, sum by (le) "
            "(rate(probewatch_alert_event_seconds_bucket[$__rate_interval])))",
            "99 % within",
        ),
        look=Look(unit="s", span=12),
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
