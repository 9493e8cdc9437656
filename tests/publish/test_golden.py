import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
import snapshots
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from bmrepmon.publish.exposition import Exposition, render_plain

GOLDEN = Path(__file__).parents[1] / "fixtures" / "golden" / "metrics.txt"


def scrape() -> str:
    """Return the scrape of a hand-built snapshot, without what differs between machines."""
    text = render_plain(snapshots.full()).decode()
    return re.sub(r"(build_info{)[^}]*}", r'\1python_version="3",version="0"}', text)


def test_a_scrape_is_byte_for_byte_the_golden_one() -> None:
    """A changed name, label, value or HELP shows as a difference; UPDATE_GOLDEN=1 accepts it."""
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(scrape(), "utf-8")

    assert scrape().splitlines() == GOLDEN.read_text("utf-8").splitlines()


def test_promtool_has_nothing_to_say() -> None:
    """Prometheus's own linter finds every name, type, unit and HELP in order, those of the process included."""
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is missing: apt-get install --no-install-recommends prometheus")
        pytest.skip("promtool is not installed; Debian has it in its package prometheus")
    text, _ = Exposition(snapshots.full).render()
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=30, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_no_value_is_a_stand_in_for_unknown() -> None:
    """Neither NaN nor -1 is ever published."""
    values = {
        sample.value for family in parse_text(render_plain(snapshots.unknown()).decode()) for sample in family.samples
    }

    assert values == {4.0, 1.0, 0.0}  # expected sessions, build, dropped series


def samples(families: Iterable[Metric]) -> set[tuple[object, ...]]:
    """Return every sample of a parsed scrape."""
    found = [sample for family in families for sample in family.samples]
    return {(s.name, tuple(sorted(s.labels.items())), s.value, s.timestamp) for s in found}


def test_both_formats_hold_the_same_values() -> None:
    """A reader of OpenMetrics and a reader of plain text see the same samples, none with a time stamp."""
    exposition = Exposition(snapshots.full, process=False)
    openmetrics, content_type = exposition.render("application/openmetrics-text;version=1.0.0")
    plain, _ = exposition.render()
    told, seen = samples(parse_openmetrics(openmetrics.decode())), samples(parse_text(plain.decode()))  # type: ignore[no-untyped-call]

    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert told == seen
    assert {timestamp for *_, timestamp in seen} == {None}


def test_no_folder_or_error_text_is_in_a_scrape() -> None:
    """Sentences for people stay out of labels, and examples of unreadable paths too."""
    assert "pg_hba" not in scrape()
    assert "refuses" not in scrape()
    assert "/var/" not in scrape()
