"""Many directories, listed by two processes.

Python runs one thread at a time, and half of the work is Python's. So a second process begins at the other end of the
list, until both meet. Nothing depends on it: whatever it has not brought by then is listed here, be it slow, hanging
or dead, and then it is ended. Question and answers lie in files in memory, so that neither ever waits for the other.
"""

import marshal
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

from bmrepmon.sources.spool import listing
from bmrepmon.sources.spool.listing import Lister, Listing, look_all

BATCH = 32  # directories
WORTHWHILE = 1000  # directories, from which on a second process gains more than its start costs (20 ms)
ENDS_WITHIN = 1.0  # seconds, once it is killed
PROGRAM = (sys.executable, "-I", "-S", listing.__file__)
BROKEN = (OSError, EOFError, ValueError, TypeError, OverflowError, MemoryError)  # what a spoilt answer leads to
HEAD = 8  # bytes before an answer: its length

Batches = list[list[bytes]]
Found = Sequence[Listing | int]  # of a batch


def look_at(paths: list[bytes], lister: Lister, *, alone: bool = False) -> Iterator[Listing | int]:
    """Yield what is found of each of ``paths``, or the number of the error, in their order.

    ``alone``: without a second process, and none before it is asked for.
    """
    size = 1 if alone else BATCH
    batches = [paths[first : first + size] for first in range(0, len(paths), size)]
    second: SecondProcess | None = None
    if not alone and len(paths) >= WORTHWHILE:
        with suppress(OSError):
            second = SecondProcess(batches)
    try:
        for number, batch in enumerate(batches):
            yield from (second and second.brought(number)) or look_all(lister, batch)
    finally:
        if second:
            second.end()


class SecondProcess:
    """Lists batches from the last to the first."""

    def __init__(self, batches: Batches) -> None:
        """Start it.

        Raises:
            OSError: the system does not allow it.
        """
        self._answers = os.memfd_create("answers")
        self._read = 0  # bytes of the answers
        self._number = len(batches)  # of the batch that was answered last
        self._found: dict[int, Found] = {}
        try:
            self._process = _start(marshal.dumps(batches[::-1]), self._answers)
        except OSError:
            os.close(self._answers)
            raise

    def brought(self, number: int) -> Found | None:
        """Return what it has found of a batch, if it has come so far."""
        with suppress(*BROKEN):
            while self._number > number and self._take():
                pass
        return self._found.pop(number, None)

    def end(self) -> None:
        """End it, wherever it is."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):  # what waits for a disk cannot even be killed
            self._process.wait(ENDS_WITHIN)
        os.close(self._answers)

    def _take(self) -> bool:
        """Take the next answer; tell whether there was a whole one."""
        length = int.from_bytes(os.pread(self._answers, HEAD, self._read), sys.byteorder)
        answer = os.pread(self._answers, length, self._read + HEAD)
        if not length or len(answer) < length:
            return False
        self._read += HEAD + length
        self._number -= 1
        found = marshal.loads(answer)  # noqa: S302 - our own program wrote it
        self._found[self._number] = [one if isinstance(one, int) else Listing(*one) for one in found]
        return True


def _start(question: bytes, answers: int) -> "subprocess.Popen[bytes]":
    with os.fdopen(os.memfd_create("question"), "wb") as asked:
        asked.write(question)
        asked.seek(0)
        return subprocess.Popen(PROGRAM, stdin=asked, stdout=answers, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
