"""A recorded history as a table of text: one row for each judgement of a backend, one column for each number."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, NamedTuple

from bmrepmon.model.frozen import frozen
from bmrepmon.model.verdict.evidence import Evidence

FIXTURES = Path(__file__).parents[1] / "fixtures/histories"
COLUMNS = {field.name: field for field in fields(Evidence)}


class Row(NamedTuple):
    """What was known of a backend when it was judged."""

    at: float  # seconds since the beginning
    now: float  # Unix seconds, by the clock of the server
    backend: str
    evidence: Evidence


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a history; columns in which nothing ever stands are left out, and ages are rounded to a tenth."""
    known = list(rows)
    used = [name for name in COLUMNS if any(_text(row.evidence, name) != _nothing(name) for row in known)]
    with path.open("w", newline="", encoding="ascii") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("at", "now", "backend", *used))
        for row in known:
            values = (_text(row.evidence, name) for name in used)
            table.writerow((f"{row.at:g}", f"{row.now:.1f}", row.backend, *values))


def read(path: Path) -> Iterator[Row]:
    """Read a history as it was written."""
    with path.open(newline="", encoding="ascii") as file:
        for cells in csv.DictReader(file):
            at, now, backend = float(cells.pop("at")), float(cells.pop("now")), cells.pop("backend")
            yield Row(at, now, backend, Evidence(**{name: _value(name, text) for name, text in cells.items()}))


def _text(evidence: Evidence, name: str) -> str:
    value = getattr(evidence, name)
    if name == "errors":
        return " ".join(f"{reason}={count}" for reason, count in sorted(value.items()))
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    return str(value) if isinstance(value, int) else f"{value:.1f}"


def _nothing(name: str) -> str:
    field: Field[Any] = COLUMNS[name]
    return "" if field.default is MISSING or field.default is None else _text(Evidence(), name)


def _value(name: str, text: str) -> Any:
    if name == "errors":
        return frozen({reason: int(count) for reason, _, count in (word.partition("=") for word in text.split())})
    if text in ("", "yes", "no"):
        return {"": None, "yes": True, "no": False}[text]
    return float(text) if "." in text else int(text)
