"""An end to every wait for PostgreSQL, which may hang while the kernel beneath it keeps its connections alive."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

R = TypeVar("R")


class NoAnswer(psycopg.OperationalError):
    """The server did not even keep its own time limits."""


class Patient(psycopg.Connection[Any]):
    """A connection that waits until ``deadline`` (steady seconds), and no longer."""

    deadline = math.inf

    def wait(self, gen: PQGen[R], *args: Any, **kwargs: Any) -> R:
        """Wait for what ``gen`` does with the server. Raises NoAnswer."""
        return super().wait(_until(gen, self.deadline), *args, **kwargs)


def _until(gen: PQGen[R], deadline: float) -> PQGen[R]:
    """Look at the time whenever psycopg does, which is ten times a second while nothing comes."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline:
                raise NoAnswer
            wanted = gen.send(ready)
    except StopIteration as end:
        answer: R = end.value
        return answer


@contextmanager
def fuse(connection: Patient, seconds: float) -> Iterator[None]:
    """Cut the connection, and raise ``NoAnswer``, when what is done with it takes longer."""
    connection.deadline = time.monotonic() + seconds
    try:
        yield
    except NoAnswer:
        connection.close()
        raise
    finally:
        connection.deadline = math.inf
