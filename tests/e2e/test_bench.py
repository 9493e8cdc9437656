"""The benchmark itself, on a tiny input and without a word about time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import Case, Differs, compare

ROOT = Path(__file__).parents[2]


def test_writes_one_row_for_each_case(tmp_path: Path) -> None:
    """A tiny run writes the document that acceptance reads, and prints the same row."""
    output = tmp_path / "bench.json"

    done = subprocess.run(
        [sys.executable, "-m", "bench", "--messages=300", "--folders=12", "--runs=2", f"--output={output}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    (row,) = json.loads(output.read_text())["results"]
    assert list(row) == ["name", "unit", "ours", "peer", "peer_name", "ratio", "n"]
    assert (row["name"], row["n"]) == ("spool_full_300", 2)
    assert "| spool_full_300 | s |" in done.stdout
    assert list(tmp_path.iterdir()) == [output]


def test_fails_when_the_answers_differ() -> None:
    """A comparison of two different answers is none."""
    with pytest.raises(Differs, match="ours says 1, theirs says 2"):
        compare(Case("wrong", "theirs", lambda: 1, lambda: 2), 1)
