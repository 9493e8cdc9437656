"""The logger of bmrepmon's own log.

It brings structlog when the first line is said: a look that finds all well, as most do, spares that tenth of a second.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any


class Logger:
    """Says everything through structlog, once that is configured as it was prepared to be."""

    def __init__(self) -> None:
        """Leave structlog as it is."""
        self._configure: Callable[[], None] | None = None
        self._configuring = Lock()

    def prepare(self, configure: Callable[[], None]) -> None:
        """Have ``configure`` called before the next line is said."""
        self._configure = configure

    def __getattr__(self, method: str) -> Any:
        """Return structlog's own method: ``info``, ``warning`` ..."""
        from structlog import get_logger

        with self._configuring:  # two sources may fail at one moment
            if configure := self._configure:
                self._configure = None
                configure()
        return getattr(get_logger(), method)


log = Logger()
