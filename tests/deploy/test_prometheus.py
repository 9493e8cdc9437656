"""The examples for Prometheus and Alertmanager, by their own judgement."""

import re
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from deploy.promql import parse
from deploy.rule_lint import Rule, Rules
from programs import program

SCRAPE = Path(__file__).parents[2] / "deploy/prometheus/scrape.yml"
EXAMPLE = SCRAPE.with_name("alertmanager.example.yml")
RULES = Rules.of(
    *(yaml.safe_load((SCRAPE.parent / f"rules/{name}.yml").read_text()) for name in ("recording", "alerts"))
)
ALERTS = [rule for rule in RULES.each() if "alert" in rule]
SEVERITIES = ("info", "warning", "critical")


def test_prometheus_takes_the_scrape_example() -> None:
    """The example is a whole configuration file."""
    command = [program("promtool", "prometheus"), "check", "config", str(SCRAPE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_alertmanager_takes_the_routing_example() -> None:
    """So is the one for Alertmanager."""
    command = [program("amtool", "prometheus-alertmanager"), "check-config", str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def inhibitions() -> list[Any]:
    """Return what mutes what."""
    rules: list[Any] = yaml.safe_load(EXAMPLE.read_text())["inhibit_rules"]
    return rules


def matched(matchers: list[str]) -> list[Rule]:
    """Return the alerts that matchers of Alertmanager take."""
    wanted = [re.fullmatch(r'(\w+)=~?"(.*)"', matcher) for matcher in matchers]
    return [
        alert
        for alert in ALERTS
        if all(
            one and re.fullmatch(one[2], ({"alertname": alert["alert"]} | alert["labels"])[one[1]]) for one in wanted
        )
    ]


def test_nothing_mutes_what_is_more_severe() -> None:
    """A warning that silenced somebody's pager would be worse than all the noise that it saves."""
    for rule in inhibitions():
        loud, quiet = matched(rule["source_matchers"]), matched(rule["target_matchers"])
        assert loud, rule
        assert quiet, rule
        for source, target in product(loud, quiet):
            ranks = [SEVERITIES.index(one["labels"]["severity"]) for one in (source, target)]
            assert ranks[0] >= ranks[1], f"{source['alert']} mutes {target['alert']}"


def test_what_mutes_is_about_the_same_backend() -> None:
    """Where a label is missing on both sides it counts as equal: then one server would mute another."""
    for rule in inhibitions():
        for alert in (*matched(rule["source_matchers"]), *matched(rule["target_matchers"])):
            assert {"job", "backend"} <= RULES.known(parse(alert["expr"])), alert["alert"]
        assert rule["equal"] == ["job", "backend"]


def test_what_is_critical_wakes_somebody_up() -> None:
    """And again every hour, while what needs nobody is only shown."""
    routes = yaml.safe_load(EXAMPLE.read_text())["route"]["routes"]
    found = {tuple(m for m in route["matchers"] if "severity" in m): route for route in routes}

    assert {matchers: route["receiver"] for matchers, route in found.items()} == {
        ('severity="critical"',): "oncall",
        ('severity="info"',): "shown",
    }
    assert found[('severity="critical"',)]["repeat_interval"] == "1h"
