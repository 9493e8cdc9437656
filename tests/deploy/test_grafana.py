"""The dashboard asks for metrics that exist, and Prometheus understands what it asks."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from programs import program

from bmrepmon.publish.metrics import METRICS

BOARD = json.loads((Path(__file__).parents[2] / "grafana/overview.json").read_text("utf-8"))
SUFFIXES = r"(_bucket|_sum|_count)$"


def panels() -> list[Any]:
    return list(BOARD["panels"])


def test_every_metric_of_the_dashboard_is_published() -> None:
    """A panel that asks for a name that nobody publishes stays empty for ever."""
    published = {metric.name for metric in METRICS}
    asked = {
        re.sub(SUFFIXES, "", name)
        for panel in panels()
        for target in panel["targets"]
        for name in re.findall(r"bmrepmon_\w+", target["expr"])
    }

    assert asked - published == set()


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_every_panel_says_what_it_shows(panel: Any) -> None:
    """Title, description and unit; every query is of the chosen job, instance and data source."""
    assert panel["title"]
    assert panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert all('job=~"$job", instance=~"$instance"' in target["expr"] for target in panel["targets"])
    assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    """As rules, with Grafana's variables filled in, promtool finds nothing wrong with them."""
    queries = [target["expr"] for panel in panels() for target in panel["targets"]]
    rules = [
        {"record": f"panel:query{number}:now", "expr": re.sub(r"\$__rate_interval", "5m", query)}
        for number, query in enumerate(queries)
    ]
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = subprocess.run(
        [program("promtool", "prometheus"), "check", "rules", str(file)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
    assert f"{len(queries)} rules found" in checked.stdout
