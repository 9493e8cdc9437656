"""The verdict as a panel: the words and the colours of the status page, on every dashboard.

Prometheus has the states as series of 0 and 1. Grafana maps numbers to words, so each state gets a number here; where
several targets judge one backend the highest counts, and one that cannot tell (0) is outvoted by one that can.
"""

from collections.abc import Mapping

from bmrepmon.words.language import load_language
from grafana.shown import Panel, Query, Row, Word

GOOD, INFO, WAIT, BAD, QUIET = (
    "#17703a",
    "#0b5cad",
    "#7a5a00",
    "#b3261e",
    "#515d6d",
)  # bmrepmon/publish/static/style.css
COLOURS: Mapping[str, str] = {  # by state, what needs somebody most last
    "unknown": QUIET,
    "starting": INFO,
    "in_sync": GOOD,
    "idle": GOOD,
    "residue": GOOD,
    "catching_up": INFO,
    "falling_behind": WAIT,
    "stuck_folders": WAIT,
    "stalled": BAD,
    "disconnected": BAD,
}
TEXTS = load_language("en", "verdict")
WORDS = tuple(Word(number, TEXTS(f"state_{state}"), colour) for number, (state, colour) in enumerate(COLOURS.items()))
RANKED = " or ".join(
    f'bmrepmon_verdict{{$own, state="{state}"}} * {number}' for number, state in enumerate(COLOURS) if number
)
STATE = Query(f"max by (backend) ({RANKED})")


def state(board: str, width: int = 6) -> Panel:
    """Return the panel of the state now; a click leads to ``board``, or to the status page, which says why."""
    return Panel(
        "State",
        "What bmrepmon makes of all that it sees; its status page says why, and what to do.",
        "none",
        (STATE,),
        "state",
        width,
        words=WORDS,
        alert="",
        board=board,
    )


def states(width: int = 18) -> Panel:
    """Return the panel of the states over time."""
    return Panel(
        "States over time",
        "Which state the verdict was in. No stretch: nobody has judged.",
        "none",
        (STATE,),
        "states",
        width,
        words=WORDS,
    )


def row(board: str) -> Row:
    """Return the row with which every dashboard but the overview begins."""
    return Row("Verdict", (state(board), states()))
