"""Results as a document for machines, and that as a table for people."""

import os
import platform
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.bars import BARS
from bench.measure import Result

COLUMNS = ("name", "unit", "ours", "peer", "peer_name", "ratio", "n", "bar", "kept")
KEPT = {True: "yes", False: "**no**", None: ""}


def document(results: Sequence[Result]) -> dict[str, Any]:
    """Return what build/bench.json holds."""
    machine = {
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
    return {"machine": machine, "results": [_row(result) for result in results]}


def table(told: Mapping[str, Any]) -> str:
    """Return medians, with the least and the greatest of the runs, and the bar of each row that has one."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *map(_cells, told["results"])]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "unit": result.unit,
        "ours": statistics.median(result.ours),
        "peer": statistics.median(result.peer) if result.peer else None,
        "peer_name": result.peer_name or None,
        "ratio": result.ratio,
        "n": len(result.ours),
        "ours_range": [min(result.ours), max(result.ours)],
        "peer_range": [min(result.peer), max(result.peer)] if result.peer else None,
    }


def _cells(row: Mapping[str, Any]) -> Sequence[str]:
    bar = BARS.get(row["name"])
    return (
        row["name"],
        row["unit"],
        _spread(row["ours"], row["ours_range"]),
        _spread(row["peer"], row["peer_range"]),
        (row["peer_name"] or "").replace("|", "\\|"),
        "" if row["ratio"] is None else f"{row['ratio']:.4g}",
        str(row["n"]),
        str(bar or ""),
        KEPT[bar.kept(row)] if bar else "",
    )


def _spread(median: float | None, extent: Sequence[float] | None) -> str:
    if median is None or extent is None:
        return ""
    return f"{median:.4g} ({extent[0]:.4g} - {extent[1]:.4g})"


def _processor() -> str | None:
    """Return the name of the processor as Linux tells it, None where it does not."""
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else None
