"""The reference pages, made from the code they describe: docs/reference/metrics.md and docs/reference/api.md."""

import types
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

from bmrepmon.model.error_reasons import CATALOGUE
from bmrepmon.publish.document import History, SeriesNames, Status
from bmrepmon.publish.folders import SORTS, STATES, Folders
from bmrepmon.publish.metrics import METRICS, SERIES_DROPPED, Metric

NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", datetime: "time", types.NoneType: "null"}

METRICS_HEAD = """# Metrics

What `/metrics` publishes, made from the table in `bmrepmon/publish/metrics.py`. A value that is not known is an absent
sample, never 0, -1 or NaN. Times are Unix timestamps in seconds. Beside these there are the standard `process_*`
metrics of the daemon itself.

| Metric | Type | Labels | Meaning |
|---|---|---|---|
"""

REASONS_HEAD = """
## Reasons

The `reason` of `bmrepmon_replication_errors_total` is one of these; each is there, as 0, from the first line read.

| Reason | Severity | Meaning |
|---|---|---|
"""

API_HEAD = """# HTTP

What the daemon answers, by GET and HEAD. Field names are stable within a major version; `null` is "not known",
never 0. Times are UTC in ISO 8601. `bmrepmon once --format json` prints the same document as `/api/v1/status`.

| Path | Answer |
|---|---|
| `/`, `/?backend=NAME` | a page for people, in English or French by Accept-Language; of the backend that needs \
somebody most, unless one is named |
| `/metrics` | [metrics](metrics.md) as text 0.0.4, or OpenMetrics where Accept asks for it; `name[]` picks some |
| `/api/v1/status` | [Status](#status) |
| `/api/v1/folders?state=STATE&sort=KEY&limit=N` | [Folders](#folders); `state` is one of {states} (else \
`lagging`), `sort` one of {sorts} (else `lag`), `limit` 100 unless given |
| `/api/v1/history` | [SeriesNames](#seriesnames): which series there are |
| `/api/v1/history?series=NAME&since=TIME` | [History](#history); `since` is Unix seconds or ISO 8601 with offset |
| `/runbooks`, `/runbooks/ALERT` | what to do about each alert, in English or French by Accept-Language |
| `/-/healthy` | 200 while every thread of the daemon beats, whatever replication does; else 503 and their names |
| `/-/ready` | 200 after every source had its first complete round; else 503 and what is awaited |

An error below `/api/` is `{"error": "one sentence"}`. All texts may be gzipped by Accept-Encoding.
"""


def metrics_reference() -> str:
    """Return docs/reference/metrics.md."""
    metrics = "".join(_metric_line(metric) for metric in (*METRICS, SERIES_DROPPED))
    reasons = "".join(f"| `{word}` | {severity} | {meaning} |\n" for word, severity, meaning in CATALOGUE)
    return METRICS_HEAD + metrics + REASONS_HEAD + reasons


def api_reference() -> str:
    """Return docs/reference/api.md."""
    shapes: dict[type, None] = {}
    for shape in (Status, Folders, SeriesNames, History):
        shapes |= dict.fromkeys(_shapes(shape))
    head = API_HEAD.replace("{states}", _choices(STATES)).replace("{sorts}", _choices(SORTS))
    return head + "".join(_shape_section(shape) for shape in shapes)


def _choices(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _metric_line(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.type} | {labels} | {metric.help} |\n"


def _shape_section(shape: type) -> str:
    head = f"\n## {shape.__name__}\n\n{shape.__doc__}\n\n| Field | Type | Meaning |\n|---|---|---|\n"
    return head + "".join(f"| `{name}` | {_written(hint)} | {told} |\n" for name, hint, told in _fields(shape))


def _fields(shape: Any) -> Iterator[tuple[str, Any, str]]:
    hints = get_type_hints(shape, include_extras=True)
    for field in fields(shape):
        hint, meta = get_args(hints[field.name])
        yield field.name, hint, meta.description


def _shapes(shape: type) -> Iterator[type]:
    """Yield a shape and, depth first, those of its fields."""
    yield shape
    for _, hint, _ in _fields(shape):
        for inner in _inner(hint):
            yield from _shapes(inner)


def _inner(hint: Any) -> Iterator[type]:
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for argument in get_args(hint):
        yield from _inner(argument)


def _written(hint: Any) -> str:
    """Write a type as JSON has it."""
    if hint in NAMES:
        return NAMES[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(map(_written, arguments))
    if origin is dict:
        return f"object of {_written(arguments[1])}"
    if origin is tuple:
        inner = arguments[:1] if arguments[-1] is ... else arguments
        return "array of " + ", ".join(map(_written, inner))
    return f"[{hint.__name__}](#{hint.__name__.lower()})"
