"""From our values to Grafana's, by its own library."""

import json
from collections.abc import Callable, Mapping

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as drawn
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLink,
    DashboardLinkType,
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    VariableModel,
    VariableRefresh,
    VariableSort,
)

from grafana import backend, health, migration, overview
from grafana.shown import OWN, SITE, Board, Panel, Row

BOARDS: Mapping[str, Board] = {
    "overview": overview.BOARD,
    "backend": backend.BOARD,
    "migration": migration.BOARD,
    "health": health.BOARD,
}
PROMETHEUS = DataSourceRef("prometheus", "${datasource}")
RUNBOOKS = "http://127.0.0.1:10057/runbooks"  # every bmrepmon serves them
CHOSEN = "${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${backend:queryparam}&${__url_time_range}"

Drawing = stat.Panel | timeseries.Panel | statetimeline.Panel

# name, colour, expression: what explains a bend in a curve
ANNOTATIONS = (
    (
        "No session: bm-core or sync_client restarts",
        "red",
        f"max by (backend) (bmrepmon_active_sessions{{{OWN}}}) == 0",
    ),
    (
        "replication.log rotated",
        "blue",
        f'increase(bmrepmon_log_rotations_total{{{SITE}, source="log"}}[$__rate_interval]) > 0',
    ),
    ("Verdict changed", "purple", f"changes(bmrepmon_verdict_since_timestamp_seconds{{{OWN}}}[$__rate_interval]) > 0"),
)


def render(board: Board) -> str:
    """Return the JSON of a dashboard."""
    return json.dumps(build(board).build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def build(board: Board) -> dashboard.Dashboard:
    """Put a dashboard together."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["bmrepmon"])
        .readonly()
        .timezone("browser")
        .refresh("30s")
        .time(board.since, "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .variables(variables())
        .links(links())
    )
    for name, colour, expr in ANNOTATIONS:
        query = dashboard.AnnotationQuery().name(name).icon_color(colour).expr(expr).datasource(PROMETHEUS)
        built.annotation(query.enable(True).hide(False))
    for row in board.rows:
        add(row, built)
    return built


def variables() -> list[Builder[VariableModel]]:
    """Return what can be chosen at the top."""
    return [
        dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        choice("job", "label_values(bmrepmon_build_info, job)", ".+"),
        choice("instance", 'label_values(bmrepmon_build_info{job=~"$job"}, instance)', ".+"),
        choice("backend", f"label_values(bmrepmon_expected_sessions{{{SITE}}}, backend)", ".*"),
    ]


def choice(name: str, query: str, everything: str) -> dashboard.QueryVariable:
    """Return a variable that Prometheus knows the values of."""
    variable = dashboard.QueryVariable(name).label(name.capitalize()).query(query).datasource(PROMETHEUS)
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    return variable.multi(True).include_all(True).all_value(everything)


def links() -> list[Builder[DashboardLink]]:
    """Return the links at the top: the other dashboards, with everything that was chosen, and the runbooks."""
    others = dashboard.DashboardLink("BlueMind replication").type(DashboardLinkType.DASHBOARDS).tags(["bmrepmon"])
    runbooks = dashboard.DashboardLink("Runbooks").type(DashboardLinkType.LINK).url(f"{RUNBOOKS}/")
    return [others.include_vars(True).keep_time(True).as_dropdown(False), runbooks.icon("doc").target_blank(True)]


def add(row: Row, built: dashboard.Dashboard) -> None:
    """Add a row; panels of a collapsed one belong to it, others follow it."""
    heading = dashboard.Row(row.title).collapsed(row.collapsed)
    if not row.collapsed:
        built.with_row(heading)
    for panel in row.panels:
        (heading if row.collapsed else built).with_panel(draw(panel))
    if row.collapsed:
        built.with_row(heading)


def draw(panel: Panel) -> Drawing:
    """Draw a panel."""
    drawing = KINDS[panel.kind](panel)
    drawing.title(panel.title).description(panel.description).unit(panel.unit).datasource(PROMETHEUS)
    drawing.span(panel.width).height(4 if panel.kind == "stat" else 8)
    steps = [Threshold(value, colour) for value, colour in panel.steps]
    drawing.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    for number, query in enumerate(panel.queries):
        asked = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(chr(ord("A") + number))
        asked.datasource(PROMETHEUS)
        drawing.with_target(asked.instant() if panel.kind == "stat" else asked.range())
    for ending, colour in panel.colours.items():
        fixed = DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})
        drawing.override_by_regexp(f"/{ending}$/", [fixed])
    if panel.board:
        drawing.data_links([dashboard.DashboardLink("In detail").url(f"/d/{panel.board}?{CHOSEN}")])
    if panel.alert:
        runbook = dashboard.DashboardLink("What to do").type(DashboardLinkType.LINK)
        drawing.links([runbook.url(f"{RUNBOOKS}/{panel.alert}").target_blank(True)])
    return drawing


def _stat(panel: Panel) -> stat.Panel:
    named = panel.unit == "none"  # the series are the message, as with the states of the verdict
    shown = stat.Panel().color_mode(drawn.BigValueColorMode.VALUE).graph_mode(drawn.BigValueGraphMode.NONE)
    shown.text_mode(drawn.BigValueTextMode.NAME if named else drawn.BigValueTextMode.AUTO)
    return shown.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))


def _graph(panel: Panel) -> timeseries.Panel:
    graph = timeseries.Panel().line_width(1).fill_opacity(30 if panel.stacked else 8)
    legend = common.VizLegendOptions().display_mode(drawn.LegendDisplayMode.LIST).show_legend(True)
    graph.legend(legend.placement(drawn.LegendPlacement.BOTTOM).calcs([]))
    graph.tooltip(common.VizTooltipOptions().mode(drawn.TooltipDisplayMode.MULTI).sort(drawn.SortOrder.DESCENDING))
    if len(panel.steps) > 1:
        graph.thresholds_style(common.GraphThresholdsStyleConfig().mode(drawn.GraphThresholdsStyleMode.DASHED))
    if panel.stacked:
        graph.stacking(common.StackingConfig().mode(drawn.StackingMode.NORMAL))
    if panel.mirrored:  # the second query hangs below the axis
        graph.axis_centered_zero(True)
        graph.override_by_query("B", [DynamicConfigValue("custom.transform", "negative-Y")])
    return graph


def _states(_: Panel) -> statetimeline.Panel:
    return statetimeline.Panel().show_value(drawn.VisibilityMode.NEVER).row_height(0.8)


KINDS: Mapping[str, Callable[[Panel], Drawing]] = {"stat": _stat, "graph": _graph, "states": _states}
