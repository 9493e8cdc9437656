"""bmrepmon's own log: one line an event on stderr, for people, for machines, or as logfmt.

No renderer here shows local variables of a traceback: they could hold a password.
"""

import logging
import sys
from functools import partial
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor

from bmrepmon.runtime.poller import frames
from bmrepmon.runtime.restraint import Restraint

Format = Literal["console", "json", "logfmt"]
QUIET_LOGGERS = ("apscheduler", "uvicorn", "watchdog", "asyncio")  # they tell every run, request and event at INFO


def configure(level: str, form: Format, stream: TextIO | None = None) -> None:
    """Send every log line of at least ``level`` to ``stream`` (default stderr) in ``form``."""
    out = stream or sys.stderr
    restraint = Restraint()
    structlog.configure(
        processors=[partial(_restrain, restraint), *_shared(form), *_renderer(form, out)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _route_libraries(form, out, restraint)


def _restrain(restraint: Restraint, _logger: object, _method: str, line: EventDict) -> EventDict:
    """Leave a line out when many of its kind were written just now."""
    held = restraint.admit(str(line["event"]))
    if held is None:
        raise structlog.DropEvent
    return {**line, "left_out": held} if held else line


def _shared(form: Format) -> list[Processor]:
    console = form == "console"
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if console else "iso", utc=not console),
    ]


def _renderer(form: Format, out: TextIO) -> list[Processor]:
    match form:
        case "console":
            return [
                structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
            ]
        case "json":
            return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        case "logfmt":
            order = ("timestamp", "level", "event")
            return [structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer(key_order=order)]


class Tame(logging.Filter):
    """What libraries may say: each kind so often, and of an exception its type and places, never its text."""

    def __init__(self, restraint: Restraint) -> None:
        """Share an allowance with our own lines."""
        super().__init__()
        self._restraint = restraint

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written, and change what it says of an exception."""
        if self._restraint.admit(str(record.msg)) is None:
            return False
        if record.exc_info and record.exc_info[0]:
            places = " > ".join(frames(record.exc_info[2]))
            record.msg = f"{str(record.msg).strip()}: {record.exc_info[0].__name__} at {places}"
            record.args = record.exc_info = record.exc_text = None
        return True


def _route_libraries(form: Format, out: TextIO, restraint: Restraint) -> None:
    """Give the libraries' own loggers the same look, warnings and worse only."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(form),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(form, out)],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    handler.addFilter(Tame(restraint))
    for name in QUIET_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.WARNING)
        logger.propagate = False
