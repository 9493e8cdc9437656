"""Feeds mutations to a target, and watches for exceptions, for hanging and for memory that grows."""

import faulthandler
import os
import random
import time
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from fuzz.mutate import mutations
from fuzz.targets import TARGETS

SLOWEST = 1.0  # seconds for one input of at most 8 KiB; the usual ones take microseconds
STUCK = 60.0  # seconds after which an input is taken for endless, and the process is ended with a traceback
GROWTH = 64 * 1024 * 1024  # bytes that the process may have grown by since it was warm
WARM = 1000  # inputs before memory is measured for the first time
STEP = 1000  # inputs for which one watchdog is set


class Outcome(NamedTuple):
    """How a target did."""

    name: str
    inputs: int
    seconds: float
    slowest: float  # seconds that one input took
    growth: int  # bytes


class Found(AssertionError):  # noqa: N818 - what was looked for
    """A bug, with the input that shows it."""


def fuzz(name: str, inputs: int, seed: int) -> Outcome:
    """Run one target. Raises Found at the first bug."""
    target = TARGETS[name]
    source = mutations(target.seeds(), random.Random(f"{seed}/{name}"))  # noqa: S311 - reproducible
    begun, slowest, warm = time.monotonic(), 0.0, 0
    for done in range(0, inputs, STEP):
        faulthandler.dump_traceback_later(STUCK, exit=True)
        slowest = max(slowest, *(_one(name, raw) for raw in islice(source, min(STEP, inputs - done))))
        warm = warm or (resident() if done + STEP >= WARM else 0)
    faulthandler.cancel_dump_traceback_later()
    outcome = Outcome(name, inputs, time.monotonic() - begun, slowest, resident() - warm)
    if outcome.growth > GROWTH:
        raise Found(f"{name}: memory grew by {outcome.growth} bytes over {inputs} inputs, seed {seed}")
    return outcome


def _one(name: str, raw: bytes) -> float:
    """Feed one input; return the seconds of processor time that it took."""
    begun = time.thread_time()
    try:
        TARGETS[name].run(raw)
    except Exception as error:
        raise Found(f"{name}: {type(error).__name__}: {error}; keep this in tests/fuzz/corpus: {raw!r}") from error
    took = time.thread_time() - begun
    if took > SLOWEST:
        raise Found(f"{name}: {took:.1f} s for {raw!r}")
    return took


def resident() -> int:
    """Return the bytes of memory that this process holds now."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
