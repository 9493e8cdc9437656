"""Records the scenarios of the demo in simulated time: an hour in some seconds, the same each time."""

import os
from dataclasses import replace
from pathlib import Path

from bmrepmon.config.load import load_settings
from bmrepmon.demo.disk import META
from bmrepmon.demo.life import Rates
from bmrepmon.demo.scenarios import Scenario
from bmrepmon.demo.server import Plan, SimulatedServer
from bmrepmon.demo.tree import SYNC_LOG
from bmrepmon.discovery import discover
from histories.recorder import Recorder
from histories.table import Row

CALM = Rates(mail=0.05, read=0.05, file=0.01, expunge=0.01, archive=0.0, create=0.002, rename=0.001)
PRELUDE = 300  # seconds of good health before the scenario begins


class SimulatedClock:
    """The clock of a simulated server."""

    def __init__(self, server: SimulatedServer) -> None:
        """Tell the time of ``server``."""
        self._timeline = server.timeline

    def now(self) -> float:
        """Return Unix time."""
        return self._timeline.stamp

    def steady(self) -> float:
        """Return seconds since the beginning."""
        return self._timeline.now


def record(scenario: Scenario, root: Path, seconds: int, prelude: int, messages: int) -> list[Row]:
    """Watch a new server below ``root`` for so long; the scenario begins after the ``prelude``."""
    plan = Plan(mailboxes=12, messages=messages, **scenario.wishes)
    with SimulatedServer(root, plan) as server:
        stamps = Stamps(server)
        for backend in server.backends:
            backend.life.rates = replace(CALM)
        config = server.build()
        installation = discover(load_settings(config, {}), root, os.environ)
        recorder = Recorder(installation, SimulatedClock(server))
        try:
            for second in range(seconds):
                if second == prelude:
                    scenario.play(server)
                if scenario.monitor_restarts and second == prelude + scenario.monitor_restarts:
                    recorder.restart()
                server.step(1.0)
                stamps.renew()
                recorder.look()
        finally:
            recorder.close()
    return recorder.rows


class Stamps:
    """Gives files the times at which the simulated server wrote them, where the sources look at these."""

    def __init__(self, server: SimulatedServer) -> None:
        """Take all that is younger than this moment for just written."""
        self._server = server
        self._begun = server.root.stat().st_mtime_ns
        self._places = [backend.site.home / place for backend in server.backends for place in (META, SYNC_LOG)]

    def renew(self) -> None:
        """Set the times of what was written since the last call."""
        stamp = int(self._server.timeline.stamp * 1e9)
        for place in self._places:
            for directory, _, names in os.walk(place):
                for path in (*(Path(directory, name) for name in names), Path(directory)):
                    if path.stat().st_mtime_ns >= self._begun:
                        os.utime(path, ns=(stamp, stamp))
