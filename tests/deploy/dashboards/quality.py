"""For whoever answers for the detection: whether it promises what it holds."""

from typing import Final

from .panels import Look, Query, course, figure, ranking, row

_VERDICTS: Final = "probewatch_verdicts_total"

_HELD: Final = (
    "10000 * sum by (pattern) (probewatch_budget_window_alerts) "
    "/ on () group_left () sum(probewatch_budget_window_actor_days)"
)
"""Alerts in 10,000 actor-days, of the last 30 days of event time: the most that can be false."""

QUALITY: Final = (
    row("The budget"),
    figure(
        "Promised",
        "False alerts in 10,000 actor-days, of all patterns together.",
        Query("sum(max by (pattern) (probewatch_budget_promised_per_10000_actor_days))"),
        Look(span=6),
    ),
    figure(
        "Raised",
        "Alerts in 10,000 actor-days of the last 30 days, right ones too: no more can be false.",
        Query(
            "10000 * sum(probewatch_budget_window_alerts) "
            "/ sum(probewatch_budget_window_actor_days)"
        ),
        Look(span=6),
    ),
    figure(
        "False by verdict",
        "The same, of which people said that they were false; only as many as were looked at.",
        Query(
            f'10000 * sum(increase({_VERDICTS}{{verdict="false"}}[30d])) '
            "/ sum(increase(probewatch_actor_days_total[30d]))"
        ),
        Look(span=6, bad=1),
    ),
    figure(
        "Actor-days judged",
        "In the last 30 whole days of event time: what the figures rest on.",
        Query("sum(probewatch_budget_window_actor_days)"),
        Look(span=6),
    ),
    course(
        "Raised, by pattern",
        "In 10,000 actor-days. Far above its promise, a pattern has found much, or is wrong.",
        Query(_HELD, "{{pattern}}"),
        look=Look(span=12),
    ),
    course(
        "Promised, by pattern",
        "Each pattern's share of the budget.",
        Query("max by (pattern) (probewatch_budget_promised_per_10000_actor_days)", "{{pattern}}"),
        look=Look(span=12, stacked=True),
    ),
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
    row("What is known"),
    course(
        "Accounts in warm-up",
        "That a pattern knows nothing usual of yet, and compares with their peers alone.",
        Query("sum by (pattern) (probewatch_warmup_actors)", "{{pattern}}"),
    ),
    course(
        "Tenants in warm-up",
        "That a pattern does not judge yet, beside those that it knows.",
        Query("max by (pattern) (probewatch_warmup_tenants)", "{{pattern}} waits for"),
        Query("max(probewatch_known_tenants)", "known"),
    ),
    course(
        "Drift",
        "Changes for good of what is usual at a tenant, after which a model began anew.",
        Query(
            "sum by (pattern) (increase(probewatch_model_drifts_total[$__rate_interval]))",
            "{{pattern}}",
        ),
        look=Look(bad=1),
    ),
    ranking(
        "Tenants by level",
        "What their logs can support: 0 who and when, 1 galleries, 2 persons, 3 cases.",
        Query("max by (level) (probewatch_tenants)", "L{{level}}"),
    ),
    ranking(
        "Patterns without a log",
        "Tenants whose log lacks what a pattern needs.",
        Query("max by (pattern) (probewatch_unsupported_tenants)", "{{pattern}}"),
    ),
    ranking(
        "Levels of named tenants",
        "Of those that are named in the settings.",
        Query("max by (tenant) (probewatch_tenant_level)", "{{tenant}}"),
        Look(most=3),
    ),
    row("Shadow"),
    course(
        "In the shadow, by pattern",
        "What patterns that page nobody would have raised.",
        Query(
            "sum by (pattern) (increase("
            'probewatch_alerts_total{mode="shadow",status=~"open|reopened"}[$__rate_interval]))',
            "{{pattern}}",
        ),
        look=Look(span=12, stacked=True),
    ),
    ranking(
        "Live and in the shadow",
        "Raised in the time shown.",
        Query(
            "sum by (pattern, mode) "
            '(increase(probewatch_alerts_total{status=~"open|reopened"}[$__range]))',
            "{{pattern}}, {{mode}}",
        ),
        Look(span=12),
    ),
)
"""Headlines and panels, in order."""
