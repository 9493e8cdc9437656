"""What bmrepmon makes of the laboratory: by the code of `bmrepmon once`, and by that of the daemon."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from lab.cyrus import partition
from lab.laboratory import Laboratory

from bmrepmon.app.judging import snapshots
from bmrepmon.app.observing import MOST_TURNS, followers, log_positions, sources
from bmrepmon.app.once import observe_once
from bmrepmon.config.installation import Installation
from bmrepmon.config.load import parse_settings
from bmrepmon.demo.names import FolderName
from bmrepmon.discovery import discover
from bmrepmon.model.lag import FolderComparison
from bmrepmon.model.snapshot import Snapshot
from bmrepmon.model.state import Durable, State
from bmrepmon.publish.folders import list_folders
from bmrepmon.runtime.clock import SystemClock
from bmrepmon.runtime.keeper import Keeper
from bmrepmon.runtime.log_loop import LogLoop
from bmrepmon.runtime.poller import Poller
from bmrepmon.runtime.waker import ManualWaker

EVERYBODY = frozenset({"database", "log"})  # who tells how far the replica is
EVERYTHING = 10_000  # folders


@dataclass(frozen=True)
class Seen:
    """What is told of all folders; each is called by where it lies."""

    behind: Mapping[str, int]  # messages that are missing
    changes: Mapping[str, int]  # modseqs that are missing, in the same folders
    passive: Mapping[str, int]  # messages of folders that were never replicated
    unknown: Mapping[str, str | None]  # why
    disputed: int  # folders of which the witnesses tell different things
    explained: Mapping[str, int | None]  # the parts of the delta that follow from Cyrus's side
    delta: int | None = field(compare=False)  # this and the next two change while bodies come in
    expunged: int | None = field(compare=False)
    unexplained: int | None = field(compare=False)
    lag_seconds: float | None = field(compare=False)

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """Take out of a snapshot what it tells of its only backend."""
        (backend,) = snapshot.backends
        parts = asdict(backend.explained)
        found = list_folders(snapshot, "all", "name", EVERYTHING).folders
        return cls(
            behind={f.path: f.lag_messages or 0 for f in found if f.state == "lagging"},
            changes={f.path: f.lag_changes or 0 for f in found if f.state == "lagging"},
            passive={f.path: f.messages or 0 for f in found if f.state == "passive"},
            unknown={f.path: f.reason for f in found if f.state == "unknown"},
            disputed=len(compared(snapshot).disputed),
            delta=backend.delta_messages,
            expunged=parts.pop("expunged"),
            unexplained=parts.pop("unexplained"),
            explained=parts,
            lag_seconds=backend.lag_seconds,
        )


See = Callable[[], Seen]


class Watch:
    """The sources of a daemon, which look again and again, and remember what they saw."""

    def __init__(self, lab: Laboratory) -> None:
        """Take what a daemon would run here."""
        found, clock = installation(lab), SystemClock()
        keeper = Keeper(State(started_at=clock.now()))
        self._logs = LogLoop(tuple(followers(found, Durable())), ManualWaker(), keeper.apply, clock)
        known = sources(found, log_positions(found, self._logs, keeper), clock)
        self._pollers = [Poller(source, keeper.apply, clock) for source, _ in known]
        self._snapshot = snapshots(found, keeper, clock)

    def look(self) -> Snapshot:
        """Let every source have a round."""
        self._logs.read_to_end()
        for poller in self._pollers:
            poller.run()
        return self._snapshot()

    def turns(self) -> Iterator[Seen]:
        """Look as often as it takes for every folder to have its turn."""
        return (Seen.of(self.look()) for _ in range(MOST_TURNS))

    def close(self) -> None:
        """Close all that is open."""
        self._logs.stop(0)
        for poller in self._pollers:
            poller.source.close()


def installation(lab: Laboratory, witnesses: frozenset[str] = EVERYBODY) -> Installation:
    """Discover the laboratory; who is no witness is not there."""
    found = discover(parse_settings(lab.configuration.encode(), "laboratory", {}), lab.home, {})
    (backend,) = found.backends
    database = backend.database if "database" in witnesses else None
    log = found.replication_log if "log" in witnesses else None
    return replace(found, backends=(replace(backend, database=database),), replication_log=log)


def observe(lab: Laboratory, witnesses: frozenset[str] = EVERYBODY, only: str | None = None) -> Snapshot:
    """Look once, at everything or ``only`` at a source."""
    return observe_once(installation(lab, witnesses), only)


def see(lab: Laboratory, watch: Watch) -> Seen:
    """Look once, anew; whoever has watched for long sees the same, once every folder has had its turn."""
    fresh = Seen.of(observe(lab))
    watched = next((seen for seen in watch.turns() if seen == fresh), None) or Seen.of(watch.look())
    assert watched == fresh
    return fresh


def assert_at_rest(lab: Laboratory, watch: Watch) -> None:
    """Nothing is behind, never replicated or unknown, and nothing is unexplained."""
    lab.wait_until_quiet()
    seen = see(lab, watch)
    assert (seen.behind, seen.passive, seen.unknown, seen.disputed) == ({}, {}, {}, 0)
    assert (seen.explained["lagging"], seen.explained["passive"], seen.unexplained) == (0, 0, 0)
    watched = Seen.of(watch.look())
    assert (seen.lag_seconds, watched.lag_seconds) == (0.0, 0.0)
    assert watched.delta == seen.delta


def compared(snapshot: Snapshot) -> FolderComparison:
    """Return the comparison of folders."""
    (backend,) = snapshot.backends
    assert backend.folders is not None, snapshot.state.health
    return backend.folders


def place(folder: FolderName) -> str:
    """Return where a folder lies below the root of a store."""
    return f"{partition(folder.domain)}/{folder.directory}"
