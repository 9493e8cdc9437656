"""The benchmark itself, on a tiny input and without a word about time."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import folders
from bench.bars import BARS
from bench.measure import Case, Differs, Result, compare
from bench.page import page
from bench.report import COLUMNS, document

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
ROWS = {  # and their units
    "spool_full_300": "s",
    "spool_fd_300": "s",
    "spool_unique_300": "s",
    "spool_recount_1pct": "s",
    "spool_recount_scale": "s",
    "folders_250_first": "s",
    "folders_250_changed": "s",
    "folders_250_memory": "MiB",
    "bodies_sample": "s",
    "log_read": "MB/s",
    "log_count": "MB/s",
    "log_grep": "MB/s",
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
ALONE = (
    "folders_",
    "audit_",
    "page_",
    "start_",
    "daemon_",
    *([] if shutil.which("mtail") else ["log_read"]),
)  # without a peer
ABSENT = {
    *(() if shutil.which("fdfind") else ("spool_fd_300",)),
    *(() if shutil.which("mtail") else ("log_count",)),
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
    assert [(name, row["unit"]) for name, row in rows.items()] == [row for row in ROWS.items() if row[0] not in ABSENT]
    for name, row in rows.items():
        assert list(row) == [*COLUMNS[:7], "ours_range", "peer_range"]
        assert row["n"] == (1 if name.startswith("daemon_idle_") else 2)
        assert (row["peer"] is None) == (row["ratio"] is None) == name.startswith(ALONE)
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


@pytest.mark.parametrize(("ours", "kept"), [(0.5, "yes"), (0.51, "**no**")])
def test_the_page_tells_whether_a_bar_is_kept(ours: float, kept: str) -> None:
    """A row that misses its bar is told as such, with the bar."""
    told = page([document([Result("spool_full_1m", "s", (ours, ours / 2, ours * 2), (1.0,), "find | wc")])])

    assert f"| spool_full_1m | s | {ours:.4g} (" in told
    assert f"| find \\| wc | {ours:.4g} | 3 | ratio <= 0.5 | {kept} |" in told
    assert BARS["log_read"].kept({"ours": 70.0, "ratio": None}) is None
