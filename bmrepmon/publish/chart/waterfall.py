"""A sum as steps, each of which begins where the one before it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

WIDTH, HEIGHT = 100, 12  # of one bar, in its own units; the page stretches it


@dataclass(frozen=True, slots=True)
class Step:
    """From where to where one part of a sum goes, as shares of the width that all of them need."""

    start: float
    end: float
    zero: float  # where nothing lies


def pile(parts: Sequence[float]) -> tuple[Step, ...]:
    """Return where each part lies, and last the sum.

    >>> [(step.start, step.end) for step in pile((3, -1))]
    [(0.0, 1.0), (1.0, 0.6666666666666666), (0.0, 0.6666666666666666)]
    """
    ends = list(accumulate(parts, initial=0.0))
    low, high = min(ends), max(ends)
    wide = (high - low) or 1.0
    places = [(end - low) / wide for end in ends]
    zero = -low / wide
    steps = [Step(start, end, zero) for start, end in pairwise(places)]
    return (*steps, Step(zero, places[-1], zero))


def bar(step: Step, name: str) -> str:
    """Return one step as SVG of the class ``name``; the number beside it is for those who do not see it."""
    left, right = sorted((step.start, step.end))
    wide = max(0.4, WIDTH * (right - left)) if right > left else 0.0  # what is hardly anything is still seen
    at = min(WIDTH * left, WIDTH - wide)
    return (
        f'<svg class="step" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="base" d="M{WIDTH * step.zero:.2f},0V{HEIGHT}"/>'
        f'<rect class="{name}" x="{at:.2f}" y="1" width="{wide:.2f}" height="{HEIGHT - 2}"/></svg>'
    )
