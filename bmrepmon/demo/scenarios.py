"""What can be shown: each scenario is a few events in simulated time, with what must be true after them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from bmrepmon.demo import acts
from bmrepmon.demo.server import SimulatedServer
from bmrepmon.demo.sync import CHANNELS
from bmrepmon.demo.timeline import Process
from bmrepmon.failures import Failure
from bmrepmon.model.frozen import frozen

FIRST_AT = 20.0  # simulated seconds of good health, so that a viewer sees the change


class Wishes(TypedDict):
    """Fields of `bmrepmon.demo.server.Plan` that a scenario asks for."""

    backends: int
    passive: float
    waiting: float
    default: int
    probes: bool


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that happens at a moment, in simulated seconds from the beginning of the story."""

    at: float
    act: Callable[[SimulatedServer], None]


@dataclass(frozen=True, slots=True)
class Expected:
    """What is true from ``after`` (simulated seconds) on, until the next of the scenario's expectations."""

    after: float
    sessions: int = CHANNELS  # of all mail servers together
    applying: bool = True  # APPLY MAILBOX goes on and is answered OK
    lagging: bool = False  # at rest, when nobody changes anything any more
    passive: bool = False  # folders that were never replicated
    draining: bool = False  # what waits for its first replication gets less


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story; what it shows is told in the catalogues of ``bmrepmon.words``."""

    cues: tuple[Cue, ...] = ()
    expected: tuple[Expected, ...] = (Expected(6.0),)
    backends: int = 1  # mail servers
    passive: float = 0.0  # share of the mailboxes that were never replicated
    waiting: float = 0.0  # share of the mailboxes that wait for their first replication
    message_seconds: float = 0.01  # what bm-core needs for one body
    default: int = 0  # folders in Cyrus's own partition
    probes: bool = True  # whether bm-core measures its latency
    monitor_restarts: float | None = None  # after so many seconds

    @property
    def wishes(self) -> Wishes:
        """What the server must be like: fields of its plan."""
        return {
            "backends": self.backends,
            "passive": self.passive,
            "waiting": self.waiting,
            "default": self.default,
            "probes": self.probes,
        }

    def play(self, server: SimulatedServer) -> None:
        """Put the events on the server's timeline."""
        server.commands.pace.message = self.message_seconds
        if self.waiting:
            for backend in server.backends:
                backend.client.batch = 50  # so that a small backlog goes down as gradually as a large one
        server.timeline.spawn(self._run(server))

    def _run(self, server: SimulatedServer) -> Process[None]:
        begun = server.timeline.now
        for cue in self.cues:
            yield max(0.0, begun + cue.at - server.timeline.now)
            cue.act(server)


SCENARIOS: Mapping[str, Scenario] = frozen(
    {
        "steady": Scenario(),
        "migration": Scenario(
            waiting=0.75,
            message_seconds=0.2,
            expected=(Expected(6.0, passive=True, draining=True),),
        ),
        "stall": Scenario(
            cues=(Cue(FIRST_AT, SimulatedServer.freeze),),
            expected=(Expected(6.0), Expected(FIRST_AT + 2, applying=False, lagging=True)),
        ),
        "disconnect": Scenario(
            cues=(Cue(FIRST_AT, SimulatedServer.disconnect),),
            expected=(Expected(6.0), Expected(FIRST_AT + 2, sessions=0, applying=False, lagging=True)),
        ),
        "restart": Scenario(
            cues=(Cue(FIRST_AT, SimulatedServer.restart_core),),
            expected=(Expected(6.0), Expected(FIRST_AT + 2, 0, applying=False, lagging=True), Expected(FIRST_AT + 20)),
        ),
        "passive": Scenario(
            passive=0.2,
            expected=(Expected(6.0, passive=True),),
        ),
        "dbdown": Scenario(
            cues=(Cue(FIRST_AT, SimulatedServer.stop_database), Cue(FIRST_AT + 40, SimulatedServer.start_database)),
            expected=(Expected(6.0), Expected(FIRST_AT + 2, applying=False, lagging=True), Expected(FIRST_AT + 60)),
        ),
        "night": Scenario(cues=(Cue(FIRST_AT, acts.fall_asleep),)),
        "no-probe": Scenario(
            cues=(Cue(FIRST_AT, acts.fall_asleep),),
            probes=False,
            expected=(Expected(6.0), Expected(FIRST_AT + 10, applying=False)),
        ),
        "default": Scenario(default=3),
        "expunge": Scenario(cues=(Cue(6.0, acts.clear_out), Cue(FIRST_AT + 40, SimulatedServer.night))),
        "rotation": Scenario(cues=(Cue(FIRST_AT, acts.roll_log),)),
        "lost-log": Scenario(cues=(Cue(FIRST_AT, acts.lose_log), Cue(FIRST_AT + 120, acts.find_log))),
        "locked": Scenario(cues=(Cue(FIRST_AT, acts.lock_tables), Cue(FIRST_AT + 120, acts.unlock_tables))),
        "lost-message": Scenario(
            cues=(Cue(6.0, acts.only_receive), Cue(FIRST_AT, acts.lose_message)),
        ),
        "flags": Scenario(cues=(Cue(6.0, acts.only_read),)),
        "reorganise": Scenario(
            cues=(Cue(FIRST_AT, acts.rename_big_folder), Cue(FIRST_AT + 20, acts.delete_big_folder)),
        ),
        "recreate": Scenario(cues=(Cue(FIRST_AT, acts.recreate_folder),)),
        "refused": Scenario(
            cues=(Cue(FIRST_AT, acts.refuse_folder),),
            expected=(Expected(6.0), Expected(FIRST_AT + 20, lagging=True)),
        ),
        "clock": Scenario(
            cues=(Cue(FIRST_AT, acts.set_clock_forward), Cue(FIRST_AT + 60, acts.set_clock_back)),
        ),
        "backends": Scenario(
            backends=2,
            cues=(Cue(FIRST_AT, acts.kill_second),),
            expected=(Expected(6.0, 2 * CHANNELS), Expected(FIRST_AT + 2, CHANNELS, lagging=True)),
        ),
        "monitor": Scenario(monitor_restarts=FIRST_AT),
    }
)


def find_scenario(name: str) -> Scenario:
    """Return a scenario by its name.

    Raises:
        Failure: there is none of that name.
    """
    if name not in SCENARIOS:
        raise Failure(f"there is no scenario '{name}': choose {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
