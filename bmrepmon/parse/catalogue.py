"""The reference page of the messages that are understood, made from the tables themselves."""

from bmrepmon.model.error_reasons import CATALOGUE
from bmrepmon.parse import core_log
from bmrepmon.parse.refusals import REFUSALS
from bmrepmon.parse.replication_log import BARE_ERRORS
from bmrepmon.parse.template import Template
from bmrepmon.parse.templates import TABLES

_HEAD = """# Log messages

What bmrepmon understands of `replication.log` and `core.log`, made from the tables in `bmrepmon/parse`.
A hole in a message is written `{name}`. 2019 stands for BlueMind 4.0 and 4.1 in development, 2022 for 4.8 and 4.9;
the messages in between are those of one or the other. Every other message of level ERROR is counted as
`unlisted_error`, and every line that is not understood by `bmrepmon_log_lines_total{outcome="unknown"}`.

## Reasons

Each failure is counted by `bmrepmon_replication_errors_total` under one of these words.

| Reason | Severity | Meaning |
|---|---|---|
"""

_REFUSALS = """
## Answers that refuse

`REPL S: [frame-N]: BAD ...` is always `protocol_bad`. Of `REPL S: [frame-N]: NO ...` the first row that fits decides;
a text that none fits is `refused`.

| The text | Reason |
|---|---|
"""

_BARE = """
## Bare exceptions

Messages of level ERROR that are nothing but the text of an exception, known by the class that logs them.

| Class | Reason |
|---|---|
"""

_TABLE_HEAD = "\n| Message | Version | Tells |\n|---|---|---|\n"
_COUNTED = "none: the line before it is counted"
_WAYS = {bytes.__eq__: "is", bytes.endswith: "ends with", bytes.__contains__: "holds"}


def catalogue_page() -> str:
    """Return docs/reference/log-messages.md."""
    reasons = "".join(f"| `{reason.word}` | {reason.severity} | {reason.meaning} |\n" for reason in CATALOGUE)
    refusals = "".join(
        f"| {_WAYS[way]} `{needle.decode().strip()}` | {f'`{reason}`' if reason else _COUNTED} |\n"
        for way, needle, reason in REFUSALS
    )
    bare = "".join(f"| `{logger.decode()}` | `{reason}` |\n" for logger, reason in BARE_ERRORS.items())
    tables = "".join(f"\n## {title}\n{_table(templates)}" for title, templates in TABLES.items())
    core = f"\n## core.log: the probe and the circuit breaker\n{_table(core_log.TEMPLATES)}"
    return _HEAD + reasons + _REFUSALS + refusals + _BARE + bare + tables + core


def _table(templates: tuple[Template, ...]) -> str:
    return _TABLE_HEAD + "".join(f"| `{_shown(one.text)}` | {one.era} | {one.tells} |\n" for one in templates)


def _shown(text: str) -> str:
    """Write a message as people read it: the kind of a hole is the parser's business."""
    return text.replace(":d}", "}").replace(":s}", "}").replace("|", "\\|")
