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
    return HEAD + "".join(map(_line, results))


def _line(result: Result) -> str:
    ratio = "" if result.ratio is None else f"{result.ratio:.3f}"
    medians = f"{_spread(result.ours)} | {_spread(result.peer)} | {_cell(result.peer_name)}"
    return f"| {result.name} | {result.unit} | {medians} | {ratio} | {len(result.ours)} |\n"


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "unit": result.unit,
        "ours": statistics.median(result.ours),
        "peer": statistics.median(result.peer) if result.peer else None,
        "peer_name": result.peer_name or None,
        "ratio": result.ratio,
        "n": len(result.ours),
    }


def _spread(found: Sequence[float]) -> str:
    return f"{statistics.median(found):.3f} ({min(found):.3f} - {max(found):.3f})" if found else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
