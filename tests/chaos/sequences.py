"""Sequences of what may happen, made from a seed, run, and made small when one fails."""

import random
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from chaos.world import STEPS, World

Happening = tuple[str, int]  # the name of a step, and the seed of its own dice: steps can be left out one by one
LENGTH = 40
REAL = 20  # one sequence of so many has its daemon in a process of its own
SHRINKS = 400  # runs that are spent on making a failing sequence smaller


def sequence(seed: int, number: int) -> tuple[Happening, ...]:
    """Return what happens in one sequence."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - reproducible is what it has to be
    names = dice.choices(list(STEPS), [weight for _, weight in STEPS.values()], k=LENGTH)
    return tuple((name, dice.getrandbits(32)) for name in names)


def is_real(number: int) -> bool:
    """Tell whether the daemon of this sequence has a process of its own."""
    return number % REAL == REAL - 1


def failure(happenings: Iterable[Happening], real: bool) -> str | None:
    """Let it all happen; return what is wrong in the end, or None."""
    with TemporaryDirectory(prefix="chaos-") as name:
        Path(name).chmod(0o755)
        world = World(Path(name), real)
        try:
            for step, seed in happenings:
                STEPS[step][0](world, random.Random(seed))  # noqa: S311 - as above
            world.end()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this looks for
            return f"{type(error).__name__}: {error}"
        finally:
            world.close()
    return None


def smallest(happenings: tuple[Happening, ...], real: bool) -> tuple[Happening, ...]:
    """Leave out what is not needed for the failure."""
    runs, at = 0, 0
    while at < len(happenings) and runs < SHRINKS:
        fewer = happenings[:at] + happenings[at + 1 :]
        runs += 1
        if failure(fewer, real):
            happenings = fewer
        else:
            at += 1
    return happenings


def complaint(seed: int, number: int) -> str | None:
    """Run one sequence; return how it failed and how to see that again, or None."""
    happenings, real = sequence(seed, number), is_real(number)
    if (what := failure(happenings, real)) is None:
        return None
    few = smallest(happenings, real)
    steps = "\n".join(f"  {name} {own}" for name, own in few)
    return f"make chaos CHAOS_FLAGS='--seed {seed} --only {number}'\n{what}\n{steps}\n{failure(few, real) or ''}"
