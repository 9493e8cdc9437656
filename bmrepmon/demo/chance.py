"""Chance that can be had again: one generator for each purpose, so that none disturbs another."""

from random import Random


def chance(seed: int, purpose: str) -> Random:
    """Return the generator of one purpose; the same arguments give the same draws on every machine."""
    return Random(f"{seed} {purpose}")  # noqa: S311 - a simulation, not a secret
