"""Scenarios by what can be found out in them."""

from bmrepmon.demo.scenarios import SCENARIOS

OBSCURED = {
    "rotation": "half of the log lies in a .gz file",
    "lost-log": "half of the log is gone",
    "locked": "the tables cannot be read",
    "lost-message": "the rows lack what bm-core knows",
    "clock": "the dates of the log go back",
}
TELLING = tuple(name for name in SCENARIOS if name not in OBSCURED)  # files, rows and live log say all that is true
