"""Results as a table for people and as a document for machines."""

import os
import platform
import statistics
from collections.abc import Sequence
from typing import Any

from bench.measure import Result

HEAD = "| name | unit | ours | peer | peer_name | ratio | n |\n|---|---|---|---|---|---|---|\n"


def document(results: Sequence[Result]) -> dict[str, Any]:
    """Return what build/bench.json holds."""
    machine = {"cpus": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()}
    return {"machine": machine, "results": [_row(result) for result in results]}


def table(results: Sequence[Result]) -> str:
    """Return medians, with the least and the greatest of the runs."""
    return HEAD + "".join(
        f"| {result.case.name} | s | {_spread(result.ours)} | {_spread(result.peer)} | {_cell(result.case.peer_name)} "
        f"| {result.ratio:.3f} | {len(result.ours)} |\n"
        for result in results
    )


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.case.name,
        "unit": "s",
        "ours": statistics.median(result.ours),
        "peer": statistics.median(result.peer),
        "peer_name": result.case.peer_name,
        "ratio": result.ratio,
        "n": len(result.ours),
    }


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.3f} ({min(seconds):.3f} - {max(seconds):.3f})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
