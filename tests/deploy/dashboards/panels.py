"""What the dashboards are made of: panels over Prometheus, and the frame around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    timeseries,
)
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)

SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
"""Whichever Prometheus is chosen at the top of the dashboard."""

TAG: Final = "probewatch"
FULL: Final = 24
"""Columns of Grafana's grid."""
ROW_HEIGHT: Final = 8

AnyPanel = timeseries.Panel | stat.Panel | bargauge.Panel


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of Prometheus.

    Attributes:
        expr: in its language.
        legend: a name for each series, with labels in double braces.
    """

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """How figures are shown.

    Attributes:
        unit: Grafana's name of it.
        span: columns of the 24 that there are.
        bad: from which value on it is red; None for never.
        stacked: whether series stand on each other.
        most: end of the axis.
    """

    unit: str = "short"
    span: int = 8
    bad: float | None = None
    stacked: bool = False
    most: float | None = None


PLAIN: Final = Look()


def course(title: str, about: str, *queries: Query, look: Look = PLAIN) -> timeseries.Panel:
    """How figures went over time."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(look.unit)
        .min(0)
        .span(look.span)
        .height(ROW_HEIGHT)
        .fill_opacity(15)
        .thresholds(_thresholds(look.bad))
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)  # noqa: FBT003 - the library's
        )
        .tooltip(
            common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        )
    )
    if look.most is not None:
        panel.max(look.most)
    if look.stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    for target in _targets(queries):
        panel.with_target(target)
    return panel


def figure(title: str, about: str, query: Query, look: Look = PLAIN) -> stat.Panel:
    """One figure of now; red from the value at which it is bad."""
    return (
        stat.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(look.unit)
        .span(look.span)
        .height(ROW_HEIGHT // 2)
        .color_mode(
            BigValueColorMode.NONE if look.bad is None else BigValueColorMode.BACKGROUND_SOLID
        )
        .thresholds(_thresholds(look.bad))
        .reduce_options(_last())
        .with_target(_target(query, "A").instant())
    )


def ranking(title: str, about: str, query: Query, look: Look = PLAIN) -> bargauge.Panel:
    """Figures of now beside each other, as bars."""
    return (
        bargauge.Panel()
        .title(title)
        .description(about)
        .datasource(SOURCE)
        .unit(look.unit)
        .min(0)
        .span(look.span)
        .height(ROW_HEIGHT)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .orientation(VizOrientation.HORIZONTAL)
        .thresholds(_thresholds(look.bad))
        .reduce_options(_last())
        .with_target(_target(query, "A").instant())
    )


def row(title: str) -> dashboard.Row:
    """A headline."""
    return dashboard.Row(title)


def frame(
    name: str, title: str, about: str, parts: Sequence[AnyPanel | dashboard.Row]
) -> dashboard.Dashboard:
    """A dashboard.

    Args:
        name: of its file, and in its address.
        title: above it.
        about: whom it is for.
        parts: headlines and panels, in order.
    """
    board = (
        dashboard.Dashboard(f"Probewatch: {title}")
        .uid(f"probewatch-{name}")
        .description(about)
        .tags([TAG])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("utc")
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Source").type("prometheus")
        )
        .with_variable(
            dashboard.QueryVariable("instance")
            .label("Worker")
            .datasource(SOURCE)
            .query("label_values(probewatch_ready, instance)")
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .multi(True)  # noqa: FBT003
            .include_all(True)  # noqa: FBT003
            .all_value(".*")
        )
        .link(
            dashboard.DashboardLink("Others")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)  # noqa: FBT003
            .keep_time(True)  # noqa: FBT003
        )
    )
    for part in parts:
        if isinstance(part, dashboard.Row):
            board.with_row(part)
        else:
            board.with_panel(part)
    return board


def _targets(queries: Sequence[Query]) -> list[prometheus.Dataquery]:
    return [_target(query, chr(ord("A") + number)) for number, query in enumerate(queries)]


def _target(query: Query, name: str) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .ref_id(name)
        .datasource(SOURCE)
        .expr(query.expr)
        .legend_format(query.legend or "__auto")
    )


def _thresholds(bad: float | None) -> dashboard.ThresholdsConfig:
    steps = [Threshold(value=None, color="green")]
    if bad is not None:
        steps.append(Threshold(value=bad, color="red"))
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])
