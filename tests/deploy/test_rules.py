"""The rules for Prometheus: by promtool's judgement, by their own tests, and by what each alert must carry."""

import re
import subprocess
from pathlib import Path

import pytest
from deploy.situations import HEALTHY, SITUATIONS, STATES, Situation
from programs import program

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/rules"
RUNBOOKS = ROOT / "docs/runbooks"
ALERTS = tuple(
    re.findall(r"alert: (\w+)\n(.*?)(?=\n      - alert|\n  - name|\Z)", (RULES / "alerts.yml").read_text(), re.DOTALL)
)
NAMES = sorted({name for name, _ in ALERTS})
INSTANCE = 'job="bmrepmon", instance="mail:10057"'


def test_prometheus_takes_the_rules() -> None:
    """Neither an expression nor a template is wrong."""
    promtool("check", "rules", *map(str, sorted(RULES.glob("*.yml"))))


def test_every_alert_fires_when_it_must_and_only_then(bare: Path) -> None:
    """Each has a history that raises it and one that does not."""
    text = (ROOT / "tests/deploy/rules/alerts_test.yml").read_text()
    (bare / "alerts_test.yml").write_text(text)

    promtool("test", "rules", str(bare / "alerts_test.yml"))
    for name in NAMES:
        checks = re.findall(rf"alertname: {name}\n(\s+exp_alerts:)?", text)
        assert any(checks), f"no test in which {name} fires"
        assert not all(checks), f"no test in which {name} does not fire"


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda s: s.name)
def test_each_situation_raises_its_own_alerts_and_no_other(situation: Situation, bare: Path) -> None:
    """Situations that look alike are told apart."""
    (bare / "situation.yml").write_text(history(situation))

    done = subprocess.run(
        [program("promtool", "prometheus"), "test", "rules", str(bare / "situation.yml")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    raised = re.findall(r'alertname="(\w+)"', done.stdout + done.stderr)
    assert set(raised) == situation.alerts, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_alert_tells_what_to_do(name: str) -> None:
    """Whoever is woken up finds severity, a sentence, a runbook in both languages and a dashboard."""
    for found, text in ALERTS:
        if found == name:
            assert re.search(r"severity: (critical|warning|info)\n", text)
            assert re.search(r"summary: [A-Z].*\.\n", text)
            assert re.search(r"description: >-\n", text)
            assert re.search(rf"runbook_url: \S+/runbooks/{name}\n", text)
            assert re.search(r"dashboard_url: \S+/d/bmrepmon-(overview|backend|health)$", text)
            assert re.search(r"for: \d+[mh]\n", text)
    assert (RUNBOOKS / f"{name}.md").is_file()
    assert (RUNBOOKS / f"{name}.fr.md").is_file()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a folder with the rules, their annotations taken off: promtool would want each repeated in each test."""
    for file in RULES.glob("*.yml"):
        text = re.sub(r"^ {8}annotations:\n(?: {10}.*\n)+", "", file.read_text(), flags=re.MULTILINE)
        (tmp_path / file.name).write_text(text)
    return tmp_path


def history(situation: Situation) -> str:
    """Write a test for promtool that expects no alert: those that fire are then told as surprises."""
    minutes = [state for word in situation.states.split() for state in [word.split("*")[0]] * int(word.split("*")[1])]
    series = {f'verdict{{state="{state}"}}': " ".join(str(int(m == state)) for m in minutes) for state in STATES}
    series |= {name: values for name, values in (HEALTHY | situation.figures).items() if values is not None}
    lines = ["rule_files: [recording.yml, alerts.yml]", "evaluation_interval: 30s", "tests:", "  - interval: 1m"]
    lines += ["    input_series:", f"      - series: 'up{{{INSTANCE}}}'", "        values: '1x120'"]
    for name, values in series.items():
        metric, _, labels = name.rstrip("}").partition("{")
        own = ", ".join(filter(None, (INSTANCE, 'backend="bm-master"', labels)))
        lines += [f"      - series: 'bmrepmon_{metric}{{{own}}}'", f"        values: '{values}'"]
    lines.append("    alert_rule_test:")
    lines += [f"      - {{eval_time: {situation.minute}m, alertname: {name}}}" for name in NAMES]
    return "\n".join(lines) + "\n"


def promtool(*arguments: str) -> None:
    """Run promtool, which must be content."""
    command = [program("promtool", "prometheus"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
