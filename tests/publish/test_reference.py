import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bmrepmon.publish.reference import api_reference, metrics_reference

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(("name", "render"), [("metrics.md", metrics_reference), ("api.md", api_reference)])
def test_the_reference_is_what_the_code_says(name: str, render: Callable[[], str]) -> None:
    """The page equals what is made from the code; UPDATE_GOLDEN=1 writes it anew."""
    if os.environ.get("UPDATE_GOLDEN"):
        (REFERENCE / name).write_text(render(), "utf-8")

    assert (REFERENCE / name).read_text("utf-8") == render()


def test_every_series_and_field_is_described() -> None:
    """No line of the reference lacks its meaning."""
    lines = [line for line in (metrics_reference() + api_reference()).splitlines() if line.startswith("| `")]

    assert len(lines) > 100
    assert [line for line in lines if not line.rstrip("| ").rpartition("|")[2].strip()] == []
