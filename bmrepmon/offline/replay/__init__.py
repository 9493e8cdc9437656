"""``bmrepmon replay``: log files analysed offline, without a server and without a database."""

from bmrepmon.offline.replay.analysis import replay
from bmrepmon.offline.replay.files import ReplayError
from bmrepmon.offline.replay.report import ReplayReport, render_json
from bmrepmon.offline.replay.text import render_text

__all__ = ["ReplayError", "ReplayReport", "render_json", "render_text", "replay"]
