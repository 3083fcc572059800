"""For whoever answers for the detection: whether it promises what it holds."""

from typing import Final

from .panels import Look, Query, course, figure, ranking, row

_VERDICTS: Final = "probewatch_verdicts_total"

QUALITY: Final = (
    row("Verdicts"),
    figure(
        "Alerts that were right",
        "Share of true ones among verdicts of true, false and benign, in the time shown.",
        Query(
            f'sum(increase({_VERDICTS}{{verdict="true"}}[$__range])) / '
            f'sum(increase({_VERDICTS}{{verdict=~"true|false|benign"}}[$__range]))'
        ),
        Look(unit="percentunit", span=6),
    ),
    ranking(
        "Verdicts in all",
        "In the time shown.",
        Query(f"sum by (verdict) (increase({_VERDICTS}[$__range]))", "{{verdict}}"),
        Look(span=9),
    ),
    course(
        "Silences in force",
        "Snoozes and suppressions.",
        Query("max(probewatch_snoozes_active)", "snoozes"),
        Query("max(probewatch_suppressions_active)", "suppressions"),
        look=Look(span=9),
    ),
    row("Shadow"),
    course(
        "In the shadow, by pattern",
        "What patterns that page nobody would have said.",
        Query(
            'sum by (pattern) (increase(probewatch_alerts_total{mode="shadow"}[$__rate_interval]))',
            "{{pattern}}",
        ),
        look=Look(span=12, stacked=True),
    ),
    ranking(
        "Live and in the shadow",
        "Alerts and updates in the time shown.",
        Query(
            "sum by (pattern, mode) (increase(probewatch_alerts_total[$__range]))",
            "{{pattern}}, {{mode}}",
        ),
        Look(span=12),
    ),
)
"""Headlines and panels, in order."""
