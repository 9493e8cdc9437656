"""The examples for Prometheus and Alertmanager, by their own judgement."""

import subprocess
from pathlib import Path

from programs import program

SCRAPE = Path(__file__).parents[2] / "deploy/prometheus/scrape.yml"


def test_prometheus_takes_the_scrape_example() -> None:
    """The example is a whole configuration file."""
    command = [program("promtool", "prometheus"), "check", "config", str(SCRAPE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_alertmanager_takes_the_routing_example() -> None:
    """So is the one for Alertmanager."""
    example = SCRAPE.with_name("alertmanager.example.yml")
    command = [program("amtool", "prometheus-alertmanager"), "check-config", str(example)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
