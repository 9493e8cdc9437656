"""bmrepmon's own log: one line an event on stderr, for people, for machines, or as logfmt.

No renderer here shows local variables of a traceback: they could hold a password.
"""

import logging
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import Processor

Format = Literal["console", "json", "logfmt"]
QUIET_LOGGERS = ("apscheduler", "uvicorn", "watchdog", "asyncio")  # they tell every run, request and event at INFO


def configure(level: str, form: Format, stream: TextIO | None = None) -> None:
    """Send every log line of at least ``level`` to ``stream`` (default stderr) in ``form``."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[*_shared(form), *_renderer(form, out)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _route_libraries(form, out)


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


def _route_libraries(form: Format, out: TextIO) -> None:
    """Give the libraries' own loggers the same look, warnings and worse only."""
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(form),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(form, out)],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    for name in QUIET_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.WARNING)
        logger.propagate = False
