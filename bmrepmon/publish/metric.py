"""What a row of the metrics table is made of."""

from dataclasses import dataclass
from typing import Literal

from bmrepmon.publish.samples import Read

BACKEND = ("backend",)
LOOK = "as of the last look"


@dataclass(frozen=True, slots=True)
class Metric:
    """One row: a metric family."""

    name: str
    type: Literal["counter", "gauge", "histogram", "info"]
    help: str
    labels: tuple[str, ...]
    read: Read
    ages: bool = False  # whether the same state reads otherwise as time goes by
