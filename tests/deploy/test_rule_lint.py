"""The rules for Prometheus, by the offline checks of cloudflare/pint; and the checks themselves, which must bite."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.promql import Binary, Call, Number, Selector, parse
from deploy.rule_lint import SCRAPE, Rule, Rules, complaints, seconds

PROMETHEUS = Path(__file__).parents[2] / "deploy/prometheus"
FILES = (PROMETHEUS / "rules/recording.yml", PROMETHEUS / "rules/alerts.yml")
RULES = Rules.of(*(yaml.safe_load(file.read_text()) for file in FILES))
LONGEST = 300  # seconds: Prometheus forgets a sample after five minutes
TOLD = {"summary": "It stands.", "description": "x", "runbook_url": "x", "dashboard_url": "x"}
GOOD = {
    "alert": "A",
    "expr": "bmrepmon_lag_seconds > 60",
    "for": "5m",
    "labels": {"severity": "warning"},
    "annotations": TOLD,
}


@pytest.mark.parametrize("rule", tuple(RULES.each()), ids=lambda rule: str(rule.get("alert") or rule.get("record")))
def test_a_rule_is_without_fault(rule: Rule) -> None:
    """What Prometheus would take and nobody would notice for months."""
    assert complaints(rule, RULES) == []


def test_no_rule_stands_there_twice() -> None:
    """rule/duplicate: neither by its expression, nor as the same alert with the same labels."""
    expressions = [" ".join(rule["expr"].split()) for rule in RULES.each()]
    alerts = [(rule["alert"], *sorted(rule["labels"].items())) for rule in RULES.each() if "alert" in rule]
    records = [rule["record"] for rule in RULES.each() if "record" in rule]

    for each in (expressions, alerts, records):
        assert sorted(each) == sorted(set(each))


@pytest.mark.parametrize("group", RULES.groups, ids=lambda group: str(group["name"]))
def test_a_group_is_asked_often_enough(group: dict[str, Any]) -> None:
    """rule/interval: above five minutes there would be holes between two samples of a recording rule."""
    assert seconds(group.get("interval", "1m")) <= LONGEST


def test_the_checks_know_how_often_is_scraped() -> None:
    """By the example that stands beside the rules."""
    [job] = yaml.safe_load((PROMETHEUS / "scrape.yml").read_text())["scrape_configs"]

    assert seconds(job["scrape_interval"]) == SCRAPE


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"annotations": TOLD | {"runbook_url": ""}}, "has no runbook_url"),
        ({"labels": {"severity": "high"}}, "has no severity"),
        ({"for": "0m"}, "has no `for`"),
        ({"labels": {"severity": "critical"}}, "is critical and has no `keep_firing_for`: it flaps"),
        ({"expr": "bmrepmon_lag_second > 60"}, "asks for bmrepmon_lag_second, which there is not"),
        ({"expr": "bmrepmon_log_gaps_total > 0"}, "bmrepmon_log_gaps_total is a counter and needs a rate"),
        ({"expr": "rate(bmrepmon_lag_seconds[5m]) > 0"}, "bmrepmon_lag_seconds is rated and is no counter"),
        ({"expr": "rate(bmrepmon_log_gaps_total[30s]) > 0"}, "bmrepmon_log_gaps_total[30s] is shorter than 4 scrapes"),
        ({"expr": "max by (job, server) (bmrepmon_lag_seconds) > 1"}, "server is no label of what it is asked of"),
        ({"expr": 'bmrepmon_lag_seconds{source="log"} > 1'}, "source is no label of what it is asked of"),
        ({"expr": 'bmrepmon_verdict{state="hung"} == 1'}, "state is never hung"),
        (
            {"expr": "max by (job) (bmrepmon_lag_seconds) > on (job, backend) bmrepmon_eta_seconds"},
            "backend is no label of what it is asked of",
        ),
        (
            {"expr": "bmrepmon_verdict == 1 and bmrepmon_lag_seconds > 60"},
            "the sides of and have other labels: ['state']",
        ),
        (
            {"expr": "bmrepmon_lag_seconds > on (job, backend) bmrepmon_eta_seconds"},
            "a side of > may have several: ['instance']",
        ),
        ({"expr": "max by (backend) (bmrepmon_lag_seconds) > 60"}, "loses the job"),
        ({"annotations": TOLD | {"description": "{{ $labels.source }}"}}, "tells source, which may not be there"),
        (
            {"expr": "up == 0 or absent(up)", "annotations": TOLD | {"description": "{{ $labels.job }}"}},
            "tells job, which may not be there",
        ),
        (
            {"annotations": TOLD | {"summary": "{{ $value }} s late."}},
            "has a label or a summary that changes: each time it is another alert",
        ),
        ({"expr": "bmrepmon_lag_seconds"}, "compares nothing"),
        ({"expr": "bmrepmon_lag_seconds > bool 60"}, "compares nothing"),
        ({"expr": "bmrepmon_lag_seconds > 60 or bmrepmon_eta_seconds"}, "compares nothing"),
        ({"expr": "topk(3, bmrepmon_lag_seconds) > 60"}, "changes its series with topk or bottomk"),
        ({"expr": 'bmrepmon_verdict{state=~"idle"} == 1'}, 'state=~"idle" needs no pattern'),
        ({"expr": 'bmrepmon_lag_seconds{backend=~".+"} > 1'}, 'backend=~".+" needs no pattern'),
    ],
)
def test_a_fault_is_found(wrong: dict[str, Any], said: str) -> None:
    """Each check, on the smallest rule that has its fault; without it the rule is good."""
    assert complaints(GOOD, RULES) == []
    assert said in complaints(GOOD | wrong, RULES)


@pytest.mark.parametrize(
    ("record", "expr", "said"),
    [
        ("bmrepmon_lag", "max by (job, backend) (bmrepmon_lag_seconds)", "is not named level:metric:operation"),
        ("backend:bmrepmon_lag_seconds:max", "max by (job) (bmrepmon_lag_seconds)", "has lost its level backend"),
        (
            "backend:bmrepmon_lag_seconds:max5m",
            "max by (job, backend) (max_over_time(bmrepmon_lag_seconds[10m]))",
            "says 5m and takes another range",
        ),
    ],
)
def test_a_fault_of_a_record_is_found(record: str, expr: str, said: str) -> None:
    """Whoever reads the name believes it."""
    assert complaints({"record": record, "expr": expr}, RULES) == [said]


def test_what_is_under_a_condition_may_be_missing() -> None:
    """A text that asks before it tells has no hole."""
    text = "bmrepmon{{ with $labels.job }} of {{ . }}{{ end }} is gone."
    rule = GOOD | {"expr": "up == 0 or absent(up)", "annotations": TOLD | {"description": text}}

    assert complaints(rule, RULES) == []


def test_an_expression_is_read_as_prometheus_reads_it() -> None:
    """`and` binds less than a comparison, a comparison less than a sum, and all are read from the left."""
    assert parse('a - b - 1 > 2 and c{x=~"y|z"} or sum by (x, y) (rate(d[5m]))') == Binary(
        "or",
        Binary(
            "and",
            Binary(">", Binary("-", Binary("-", Selector("a"), Selector("b")), Number("1")), Number("2")),
            Selector("c", (("x", "=~", "y|z"),)),
        ),
        Call("sum", (Call("rate", (Selector("d", (), "5m"),)),), ("x", "y")),
    )
