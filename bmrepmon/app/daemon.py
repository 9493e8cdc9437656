"""`bmrepmon run`: the daemon, from its first line to its exit code."""

import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial

from bmrepmon import __version__
from bmrepmon.app.generation import OWN, build
from bmrepmon.app.judging import pronounce
from bmrepmon.app.once import odd
from bmrepmon.config.installation import Installation
from bmrepmon.config.settings import Settings
from bmrepmon.failures import Failure
from bmrepmon.model.readings import Reading, RoundStarted
from bmrepmon.model.series import sample
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import Reconfigured, State
from bmrepmon.publish.access import open_access, warn_of_strangers
from bmrepmon.publish.server import WebServer
from bmrepmon.publish.web import build_web
from bmrepmon.runtime import deaths
from bmrepmon.runtime.bell import Bell
from bmrepmon.runtime.clock import Clock, SystemClock
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.logger import log
from bmrepmon.runtime.notify import Notifier
from bmrepmon.runtime.store import Store
from bmrepmon.runtime.supervisor import Member, Supervisor
from bmrepmon.runtime.ticker import Ticker
from bmrepmon.words.language import load_language

SAVE_EVERY = 10.0  # seconds: what a kill -9 makes us read again, once
SAMPLE_EVERY = 60.0  # seconds between two points of a series
JUDGE_EVERY = 10.0  # seconds
AT_START = ("web", "state", "limits.series")  # settings that hold for as long as the process lives
UNSAVED = "{where}: {why}; monitoring goes on from memory: make room there, or let bmrepmon write"


Reread = Callable[[], Installation]


def run_daemon(
    installation: Installation,
    listening: Callable[[tuple[str, ...]], None] = lambda _: None,
    reread: Reread | None = None,
) -> int:
    """Run until a signal or the death of a part; return the exit code.

    ``listening`` is told the addresses once they answer; ``reread`` is what SIGHUP reads the configuration with.
    Raises Failure when the daemon cannot start.
    """
    threading.excepthook = deaths.tell
    clock = SystemClock()
    with Store(installation.state_directory) as store:
        keeper = Keeper(State(started_at=clock.now(), durable=store.load()))
        daemon = Daemon(installation, keeper, store, clock)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: daemon.supervisor.request_stop())
        if reread:
            reader = Rereader(reread, daemon)
            signal.signal(signal.SIGHUP, lambda *_: reader.request())
        log.info("starting", version=__version__, listen=", ".join(daemon.addresses))
        tell_findings(installation)
        return daemon.supervisor.run(lambda: listening(daemon.addresses))


class Daemon:
    """The parts that stay for as long as the process lives, around the generation that a configuration made."""

    def __init__(self, installation: Installation, keeper: Keeper, store: Store, clock: Clock) -> None:
        """Wire the parts; only the listening sockets are opened. Raises Failure when that is not possible."""
        self._keeper, self._store, self._clock = keeper, store, clock
        self._settings = installation.settings
        self._generation = build(installation, keeper, clock)
        self._note_configuration()
        members: list[Member] = []
        self.supervisor = Supervisor(members, clock, Notifier(os.environ))
        web = self._web()
        self.addresses = tuple(map(str, web.addresses))
        members += [
            Ticker("saver", SAVE_EVERY, self._save, clock),
            Ticker("judge", JUDGE_EVERY, self._judge, clock),
            Ticker("sampler", SAMPLE_EVERY, lambda: keeper.apply(sample(self._snapshot())), clock),
            *self._generation.members,
            web,
        ]

    def reading(self) -> None:
        """Note that the configuration is being read."""
        self._keeper.apply(RoundStarted("configuration", "", self._clock.now()))

    def refuse(self, failure: Failure) -> None:
        """Keep the old configuration, because the new one has mistakes."""
        log.error("the configuration has mistakes; the old one is kept", mistakes="; ".join(failure.lines))
        self._note_configuration(failure)

    def take(self, installation: Installation) -> None:
        """Let a new configuration take the place of the old one. What was counted and read of the logs stays."""
        if late := differing(self._settings, installation.settings):
            log.warning("settings that need a restart keep their old values", settings=", ".join(late))
        self._generation.lease.end()
        self.supervisor.replace(self._generation.members, lambda: self._renew(installation))
        self._note_configuration()
        log.info("the configuration was read anew")
        tell_findings(installation)

    def _renew(self, installation: Installation) -> Sequence[Member]:
        left = self._generation.scheduler.unfinished()
        self._generation = build(installation, self._keeper, self._clock, left)
        self._keeper.apply(Reconfigured(frozenset({*self._generation.expected, *OWN})))
        return self._generation.members

    def _web(self) -> WebServer:
        web = self._settings.web
        access = open_access(web, log.warning)
        app = build_web(
            self._snapshot,
            self.supervisor.silent,
            lambda: self._generation.expected,
            self._settings.limits.series,
            access,
            house=lambda: self._generation.house,
        )
        server = WebServer(app, web.listen, self._clock.steady, access)
        warn_of_strangers(web, access.rules, log.warning)
        return server

    def _snapshot(self) -> Snapshot:
        return self._generation.snapshot()

    def _judge(self) -> None:
        self._generation.logs.check()
        pronounce(self._keeper, self._snapshot(), self._generation.limits)

    def _save(self) -> None:
        at, begun = self._clock.now(), self._clock.steady()
        self._store.save(self._keeper.state.durable)
        problem = self._store.problem
        reason = "unwritable" if problem else None
        error = UNSAVED.format(where=self._store.directory, why=problem) if problem else None
        self._keeper.apply(Reading("state", "", at, self._clock.steady() - begun, None, reason, error))

    def _note_configuration(self, failure: Failure | None = None) -> None:
        """Show how the last reading of the configuration went, as that of any other source."""
        reason = "invalid" if failure else None
        error = counted(failure.lines) if failure else None
        self._keeper.apply(Reading("configuration", "", self._clock.now(), 0.0, None, reason, error))


class Rereader:
    """Reads the configuration anew when asked, in a thread of its own: what it looks at may lie on a dead disk."""

    def __init__(self, reread: Reread, daemon: Daemon) -> None:
        """Wait to be asked."""
        self._reread, self._daemon = reread, daemon
        self._asked = Bell()
        threading.Thread(target=self._run, name="configuration", daemon=True).start()

    def request(self) -> None:
        """Ask; safe in a signal handler."""
        self._asked.ring()

    def _run(self) -> None:
        while self._asked.wait():
            self._daemon.reading()
            try:
                installation = self._reread()
            except Failure as failure:
                self._daemon.refuse(failure)
            else:
                self._daemon.supervisor.request(partial(self._daemon.take, installation))


def counted(lines: Sequence[str]) -> str:
    """Return the first of several lines, and how many there are more.

    >>> counted(("a", "b", "c"))
    'a (and 2 more)'
    """
    return lines[0] if len(lines) == 1 else f"{lines[0]} (and {len(lines) - 1} more)"


def differing(old: Settings, new: Settings) -> tuple[str, ...]:
    """Name the settings that differ and hold from the start on."""

    def read(settings: object, path: str) -> object:
        for name in path.split("."):
            settings = getattr(settings, name)
        return settings

    return tuple(path for path in AT_START if read(old, path) != read(new, path))


def tell_findings(installation: Installation) -> None:
    """Log what discovery found that somebody should mend."""
    for sentence in odd(installation, load_language("en", "doctor")):
        log.warning("not as expected", finding=sentence)
