"""Charts and waterfalls as SVG: pure functions from series to text, without a library and without a script."""

from bmrepmon.publish.chart.axes import DECIMAL, TIME
from bmrepmon.publish.chart.bands import Band, bands
from bmrepmon.publish.chart.frame import Frame, frame
from bmrepmon.publish.chart.plot import Chart, Limit, Line, draw
from bmrepmon.publish.chart.rates import increase
from bmrepmon.publish.chart.ribbon import ribbon
from bmrepmon.publish.chart.waterfall import Step, bar, pile

__all__ = [
    "DECIMAL", "TIME", "Band", "Chart", "Frame", "Limit", "Line", "Step",
    "bands", "bar", "draw", "frame", "increase", "pile", "ribbon",
]  # fmt: skip
