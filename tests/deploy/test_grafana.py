"""The dashboards: the JSON is what the code makes, keeps the rules of dashboard-linter, and asks for what there is."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from programs import program

from bmrepmon.model.verdict.states import VERDICT_STATES
from bmrepmon.publish.metrics import METRICS, SERIES_DROPPED
from grafana.boards import ANNOTATIONS, BOARDS, render
from grafana.verdict import STATE_COLOURS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "grafana"
FILES = {file.stem: json.loads(file.read_text("utf-8")) for file in FOLDER.glob("*.json")}
SUFFIXES = r"(_bucket|_sum|_count)$"
UNITS = {"none", "short", "s", "bytes", "cps", "percentunit"}  # of Grafana's, those that are used here
PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
EACH_BOARD = pytest.mark.parametrize("name", sorted(BOARDS))


def panels(name: str) -> Iterator[Any]:
    """Return the panels of a dashboard that show something, those of collapsed rows included."""
    for panel in FILES[name]["panels"]:
        yield from panel["panels"] if panel["type"] == "row" else [panel]


def queries(name: str) -> list[str]:
    """Return every expression of a dashboard."""
    asked = [target["expr"] for panel in panels(name) for target in panel["targets"]]
    return asked + [annotation["expr"] for annotation in FILES[name]["annotations"]["list"]]


EACH_PANEL = pytest.mark.parametrize(
    "panel", [pytest.param(panel, id=f"{name}-{panel['title']}") for name in sorted(FILES) for panel in panels(name)]
)


@EACH_BOARD
def test_the_files_are_what_the_code_makes(name: str) -> None:
    """Whoever changes a dashboard runs `python -m grafana`."""
    assert (FOLDER / f"{name}.json").read_text("utf-8") == render(BOARDS[name])


def test_no_file_is_left_over() -> None:
    """Every dashboard has its code."""
    assert set(FILES) == set(BOARDS)


@EACH_BOARD
def test_a_dashboard_cannot_be_edited_and_is_found(name: str) -> None:
    """Under the uid that the alerts link to; dashboard-linter: uneditable-dashboard."""
    board = FILES[name]

    assert board["uid"] == f"bmrepmon-{name}"
    assert board["editable"] is False
    assert board["tags"] == ["bmrepmon"]
    assert board["description"]
    assert [link["type"] for link in board["links"]] == ["dashboards", "link"]
    assert board["links"][0]["includeVars"]
    assert board["links"][0]["keepTime"]


@EACH_BOARD
def test_the_variables_are_those_that_every_dashboard_has(name: str) -> None:
    """dashboard-linter: template-datasource, -job, -instance, -label-promql, -on-time-change-reload."""
    datasource, *chosen = FILES[name]["templating"]["list"]

    assert (datasource["name"], datasource["label"], datasource["type"]) == ("datasource", "Data source", "datasource")
    assert datasource["query"] == "prometheus"
    assert [(v["name"], v["label"], v["allValue"]) for v in chosen] == [
        ("job", "Job", ".+"),
        ("instance", "Instance", ".+"),
        ("backend", "Backend", ".*"),
    ]
    for variable in chosen:
        assert variable["datasource"] == PROMETHEUS
        assert (variable["type"], variable["multi"], variable["includeAll"]) == ("query", True, True)
        assert variable["refresh"] == 2
        assert re.fullmatch(r"label_values\(bmrepmon_\w+(\{.+\})?, \w+\)", variable["query"])


@EACH_PANEL
def test_a_panel_says_what_it_shows(panel: Any) -> None:
    """dashboard-linter: panel-title-description, panel-units, panel-no-targets, panel-datasource."""
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None
    assert panel["datasource"] == PROMETHEUS
    assert panel["targets"]
    assert all(target["datasource"] == PROMETHEUS for target in panel["targets"])
    assert all(target["legendFormat"] for target in panel["targets"])


@EACH_PANEL
def test_a_query_is_of_the_chosen_daemons(panel: Any) -> None:
    """dashboard-linter: target-job, target-instance, target-rate-interval, target-counter-agg."""
    for target in panel["targets"]:
        selectors = re.findall(
            r"((?:bmrepmon|process|scrape|up)\w*)(\{[^}]*\})?", re.sub(r'"[^"]*"', '"_"', target["expr"])
        )
        assert selectors
        assert [metric for metric, labels in selectors if not labels.startswith('{job=~"_", instance=~"_"')] == []
        assert re.findall(r"\[(?!\$__rate_interval\])", target["expr"]) == []
        for before, counter in re.findall(r"(\w*)\(?(\b\w+_total)\b", target["expr"]):
            assert before in {"rate", "irate", "increase"}, counter


@EACH_PANEL
def test_links_lead_somewhere(panel: Any) -> None:
    """To a dashboard of ours, with everything that was chosen, and to a runbook that there is."""
    for link in panel["fieldConfig"]["defaults"].get("links", []):
        assert re.match(r"/d/bmrepmon-(\w+)\?", link["url"])[1] in BOARDS  # type: ignore[index]
        for variable in ("datasource", "job", "instance", "backend"):
            assert f"${{{variable}:queryparam}}" in link["url"]
    for link in panel.get("links", []):
        assert (ROOT / f"docs/runbooks/{link['url'].rpartition('/')[2]}.md").is_file()


def test_every_dashboard_of_the_alerts_is_there() -> None:
    """An alert at night must not lead to a page that is not found."""
    alerts = (ROOT / "deploy/prometheus/rules/alerts.yml").read_text("utf-8")
    linked = set(re.findall(r"/d/(\S+)", alerts))

    assert linked
    assert linked - {board["uid"] for board in FILES.values()} == set()


@EACH_BOARD
def test_every_metric_of_a_dashboard_is_published(name: str) -> None:
    """A panel that asks for a name that nobody publishes stays empty for ever."""
    published = {metric.name for metric in (*METRICS, SERIES_DROPPED)}
    asked = {re.sub(SUFFIXES, "", metric) for query in queries(name) for metric in re.findall(r"bmrepmon_\w+", query)}

    assert asked - published == set()


@EACH_BOARD
def test_what_bends_a_curve_is_marked_in_it(name: str) -> None:
    """Restarts, rotations and changes of the verdict are annotations, from the same Prometheus."""
    found = FILES[name]["annotations"]["list"]

    assert [annotation["name"] for annotation in found] == [title for title, _, _ in ANNOTATIONS]
    assert all(annotation["datasource"] == PROMETHEUS for annotation in found)


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    """As rules, with Grafana's variables filled in, promtool finds nothing wrong with them."""
    asked = [query.replace("$__rate_interval", "5m") for name in FILES for query in queries(name)]
    rules = [{"record": f"panel:query{number}:now", "expr": query} for number, query in enumerate(asked)]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = subprocess.run(
        [program("promtool", "prometheus"), "check", "rules", str(file)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
    assert f"{len(asked)} rules found" in checked.stdout


@EACH_BOARD
def test_the_verdict_stands_on_top_in_its_colours(name: str) -> None:
    """Each state has its own, and is a word besides; where somebody looks at details the whole is still in sight."""
    first = next(panels(name))
    coloured = {
        override["matcher"]["options"].strip("/$"): override["properties"][0]["value"]["fixedColor"]
        for override in first["fieldConfig"]["overrides"]
    }

    assert (first["title"], first["options"]["textMode"]) == ("State", "name")
    assert coloured == STATE_COLOURS
    assert tuple(coloured) == VERDICT_STATES
