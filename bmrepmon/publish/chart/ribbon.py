"""What was judged over time as one ribbon, above the charts that it explains."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from html import escape

from bmrepmon.publish.chart.axes import clock
from bmrepmon.publish.chart.bands import Band
from bmrepmon.publish.chart.frame import Frame

WIDTH, HEIGHT = 480, 10  # of the drawing, in its own units; the page stretches it


def ribbon(over: Frame, judged: Sequence[Band], label: str, state: Callable[[str], str], zone: tzinfo) -> str:
    """Return the ribbon as SVG; each stretch tells from when to when it was what."""
    parts = []
    for band in judged:
        x, wide = WIDTH * band.first / over.columns, WIDTH * (band.end - band.first) / over.columns
        title = f"{clock(over.at(band.first), zone)}\u2013{clock(over.at(band.end), zone)} {state(band.name)}"
        parts.append(
            f'<rect class="stretch {band.name}" x="{x:g}" y="0" width="{wide:g}" height="{HEIGHT}">'
            f"<title>{escape(title)}</title></rect>"
        )
    head = f'<svg class="ribbon" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img"'
    return f'{head} aria-label="{escape(label)}">{"".join(parts)}</svg>'
