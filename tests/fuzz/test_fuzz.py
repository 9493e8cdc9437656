"""A short run of ``make fuzz``, and what hypothesis makes up."""

import pytest
from fuzz.run import fuzz
from fuzz.targets import TARGETS
from hypothesis import HealthCheck, example, given, settings, strategies as st


@pytest.mark.parametrize("name", TARGETS)
def test_mutations(name: str) -> None:
    """No parser raises, hangs or grows, whatever was done to a good input."""
    inputs = 1500 // TARGETS[name].cost

    assert fuzz(name, inputs, seed=1).inputs == inputs


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@example(b"")
@example(b"\xff" * 300)
@given(raw=st.binary(max_size=300))
def test_any_bytes(name: str, raw: bytes) -> None:
    """No parser raises on bytes that were never good."""
    TARGETS[name].run(raw)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """Every target has something to begin with, and takes it as it is."""
    seeds = TARGETS[name].seeds()

    assert seeds
    for raw in seeds:
        TARGETS[name].run(raw)
