"""The rules, by what promtool does not look for; and the checks, by rules that are wrong."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.rule_lint import CHECKS, Rule, complaints, known, read

FOLDER = Path(__file__).parents[2] / "deploy/prometheus/rules"
RULES = [rule for file in ("recording.yml", "alerts.yml") for rule in read(FOLDER / file)]
KNOWN = known(RULES)
GOOD = Rule(
    "BlueMindReplicationGood", "max by (job, backend) (bmrepmon_lag_seconds) > 60", True, "5m", {},
    {"description": "It is {{ $value | humanizeDuration }} on {{ $labels.backend }}."},
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_nothing_is_wrong_with_a_rule(rule: Rule) -> None:
    """Every series and label is there, and nothing rings by accident."""
    assert complaints(rule, KNOWN) == []


@pytest.mark.parametrize(
    ("wishes", "complaint"),
    [
        ({"expr": "bmrepmon_lag_secondes > 60", "annotations": {}}, "nobody publishes bmrepmon_lag_secondes"),
        ({"expr": "max by (job, backend, disk) (bmrepmon_lag_seconds) > 60"}, "no series has the label disk"),
        ({"expr": 'bmrepmon_lag_seconds{store="spool"} > 60'}, "bmrepmon_lag_seconds has no label store"),
        ({"expr": "max by (job, backend) (bmrepmon_gaps_total) > 0"}, "bmrepmon_gaps_total is a counter"),
        ({"expr": "max by (job, backend) (bmrepmon_lag_seconds)"}, "compares nothing"),
        ({"expr": 'bmrepmon_lag_seconds{backend=~"mail"} > 60'}, '"mail" is no pattern'),
        ({"expr": "deriv(bmrepmon_lag_seconds[1m]) > 0"}, "[1m] holds fewer than four scrapes"),
        ({"expr": "max by (job) (bmrepmon_lag_seconds) > 60"}, "the text names backend, which is aggregated away"),
        ({"expr": "bmrepmon_lag_seconds > 60 unless bmrepmon_eta_seconds"}, "unless without on ()"),
        ({"name": "Slow"}, "its name has another form"),
        ({"name": "bmrepmon_slow", "alert": False, "wait": None}, "its name has another form"),
        ({"annotations": {"summary": "{{ $value | humanise }}"}}, "humanise is no function of ours"),
        ({"labels": {"age": "{{ $value }}"}}, "label age is templated"),
        ({"wait": None}, "rings at once: it has no for"),
    ],
)
def test_a_check_finds_what_it_is_for(wishes: dict[str, Any], complaint: str) -> None:
    """A good rule, spoilt in one way."""
    assert complaints(GOOD, KNOWN) == []
    assert complaint in complaints(GOOD._replace(**wishes), KNOWN)


def test_every_check_has_been_seen_to_find_something() -> None:
    """None passes whatever it is shown."""
    spoilt = test_a_check_finds_what_it_is_for.pytestmark[0].args[1]
    rules = [GOOD._replace(**wishes) for wishes, _ in spoilt]

    assert [check.__name__ for check in CHECKS if not any(list(check(rule, KNOWN)) for rule in rules)] == []


def test_no_rule_is_there_twice() -> None:
    """Neither by its expression nor by its name and labels."""
    assert [expr for expr, times in Counter(rule.expr for rule in RULES).items() if times > 1] == []
    named = Counter((rule.name, tuple(sorted(rule.labels.items()))) for rule in RULES)
    assert [name for name, times in named.items() if times > 1] == []


def test_groups_are_evaluated_often_enough() -> None:
    """Prometheus forgets a series after five minutes: what is recorded less often has holes."""
    groups = [group for file in sorted(FOLDER.glob("*.yml")) for group in yaml.safe_load(file.read_text())["groups"]]

    assert {group.get("interval", "30s") for group in groups} <= {"30s", "1m"}
