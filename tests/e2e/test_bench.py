"""The benchmark itself, on a tiny input and without a word about time."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import folders
from bench.measure import Case, Differs, compare

TINY = (
    "--messages=300",
    "--folders=12",
    "--cyrus-folders=250",
    "--bodies=3000",
    "--audited=400",
    "--log-megabytes=1",
    "--follow-seconds=0.5",
    "--series=300",
    "--idle-folders=60",
    "--idle-seconds=0.5",
    "--runs=2",
)
COMPARED = {
    "spool_full_300",
    "spool_unique_300",
    "spool_recount_1pct",
    "spool_recount_scale",
    "bodies_sample",
    "log_follow_cpu",
    "scrape_300",
}
ROOT = Path(__file__).parents[2]


def test_writes_one_row_for_each_case(tmp_path: Path) -> None:
    """A tiny run writes the document that acceptance reads, and prints the same rows."""
    output = tmp_path / "bench.json"

    done = subprocess.run(
        [sys.executable, "-m", "bench", *TINY, f"--output={output}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    rows = {row["name"]: row for row in json.loads(output.read_text())["results"]}
    assert {name: row["unit"] for name, row in rows.items()} == {
        "spool_full_300": "s",
        "spool_unique_300": "s",
        "spool_recount_1pct": "s",
        "spool_recount_scale": "s",
        "folders_250_first": "s",
        "folders_250_changed": "s",
        "folders_250_memory": "MiB",
        "bodies_sample": "s",
        "log_read": "MB/s",
        "log_follow_cpu": "%",
        "audit_messages": "messages/s",
        "scrape_300": "ms",
        "page_first_byte": "ms",
        "start_once": "s",
        "start_nagios": "s",
        "start_status": "s",
        "daemon_idle_rss": "MiB",
        "daemon_idle_cpu": "%",
    }
    compared = COMPARED | ({"log_read"} if shutil.which("mtail") else set())
    for name, row in rows.items():
        assert list(row) == ["name", "unit", "ours", "peer", "peer_name", "ratio", "n"]
        assert row["n"] == (1 if name.startswith("daemon_idle_") else 2)
        assert (row["peer"] is None) == (row["ratio"] is None) == (name not in compared)
        assert f"| {name} | {row['unit']} |" in done.stdout
    assert list(tmp_path.iterdir()) == [output]


def test_fails_when_the_answers_differ() -> None:
    """A comparison of two different answers is none."""
    with pytest.raises(Differs, match="ours says 1, theirs says 2"):
        compare(Case("wrong", "theirs", lambda: 1, lambda: 2), 1)


def test_fails_when_folders_are_not_what_they_should_be(tmp_path: Path) -> None:
    """A look that misses one of them has measured something else."""
    for number in range(9):
        folders.write(tmp_path, number)
    with pytest.raises(Differs, match=r"there are \{.replicated.: 10\}$"):
        folders.look(tmp_path, 10)
