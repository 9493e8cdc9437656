"""Many directories, listed by two processes.

Python runs one thread at a time, and half of the work is Python's. So a second process begins at the other end of the
list, until both meet. Nothing depends on it: whatever it has not brought by then is listed here, be it slow, hanging
or dead, and then it is ended.
"""

import marshal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import IO

from bmrepmon.sources.spool import listing
from bmrepmon.sources.spool.listing import Lister, Listing, look_all

BATCH = 32  # directories
WORTHWHILE = 1000  # directories, from which on a second process gains more than its start costs (20 ms)
ENDS_WITHIN = 1.0  # seconds, once it is killed
BROKEN = (OSError, EOFError, ValueError, TypeError, OverflowError, MemoryError)  # what half an answer leads to
PROGRAM = (sys.executable, "-I", "-S", listing.__file__)

Found = Sequence[Listing | int]  # of a batch


def look_at(paths: list[bytes], lister: Lister, *, alone: bool = False) -> Iterator[Listing | int]:
    """Yield what is found of each of ``paths``, or the number of the error, in their order.

    ``alone``: without a second process, and none before it is asked for.
    """
    size = 1 if alone else BATCH
    batches = [paths[first : first + size] for first in range(0, len(paths), size)]
    few = alone or len(paths) < WORTHWHILE
    second: AbstractContextManager[dict[int, Found]] = nullcontext({}) if few else _second_process(batches)
    with second as brought:
        for number, batch in enumerate(batches):
            yield from brought.pop(number, None) or look_all(lister, batch)


@contextmanager
def _second_process(batches: list[list[bytes]]) -> Iterator[dict[int, Found]]:
    """Let a second process list ``batches`` from the last to the first; what it brings appears by number."""
    brought: dict[int, Found] = {}
    try:
        pipe = subprocess.PIPE
        process = subprocess.Popen(  # noqa: S603 - our own program
            PROGRAM, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
        )
    except OSError:
        yield brought
        return
    todo = process.stdin, process.stdout, batches, brought
    reader = threading.Thread(target=_bring, args=todo, name="second lister", daemon=True)
    reader.start()
    try:
        yield brought
    finally:
        process.kill()
        with suppress(subprocess.TimeoutExpired):  # what waits for a disk cannot even be killed
            process.wait(ENDS_WITHIN)
        reader.join(ENDS_WITHIN)


def _bring(asked: IO[bytes], answers: IO[bytes], batches: list[list[bytes]], brought: dict[int, Found]) -> None:
    """Tell the process what to do, and take its answers until it ends."""
    with answers, suppress(*BROKEN):
        with asked:
            asked.write(marshal.dumps(batches[::-1]))
        for number in reversed(range(len(batches))):
            answer = answers.read(int.from_bytes(answers.read(8), sys.byteorder))
            found = marshal.loads(answer)  # noqa: S302 - our own program wrote it
            brought[number] = [one if isinstance(one, int) else Listing(*one) for one in found]
