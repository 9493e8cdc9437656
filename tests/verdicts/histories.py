"""What happens to servers: days on which nobody is to be woken, and stalls of which somebody must be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from verdicts.world import Folder, Server, Trouble

from bmrepmon.demo.chance import chance as draw

DAY, HOUR, MINUTE = 86400.0, 3600.0, 60.0
BEGIN = 1_790_000_000.0  # Unix seconds of some morning
FOLDERS = 12

Act = Callable[[list[Server]], None]


class Cue(NamedTuple):
    """Something that is done at a time after the beginning, in seconds."""

    at: float
    act: str  # of ``ACTS``, or the name of a trouble
    server: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """Servers, and what happens to them."""

    kind: str
    seconds: float
    servers: list[Server]
    cues: tuple[Cue, ...] = ()
    office: bool = False  # busy by day, quiet by night
    stall: "Stall | None" = None
    stalled_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Stall:
    """A cause, how it shows in the world, and what the verdict on it must be."""

    cause: str
    trouble: Trouble
    state: str
    reasons: frozenset[str]
    says: str = ""  # a message that bm-core logs again and again
    critical: bool = True
    lasts: float = HOUR


def stall(cause: str, state: str, reasons: str, says: str = "", *, critical: bool = True, **trouble: object) -> Stall:
    """Write a row of the table."""
    wrong = Trouble(**trouble)  # type: ignore[arg-type]  # the table below is checked when it is read
    return Stall(cause, wrong, state, frozenset(reasons.split()), says, critical, HOUR if critical else 2 * HOUR)


STALLS: tuple[Stall, ...] = (
    stall("sync_client dead", "disconnected", "sync_client_dead", no_session=True),
    stall("sync_client hung", "stalled", "sync_client_hung", hung=True),
    stall("core wedged", "stalled", "core_wedged", wedged=True),
    stall("core down", "disconnected", "core_down", not_listening=True),
    stall("bad token", "disconnected", "auth_failed", "auth_failed", no_session=True),
    stall("database down", "stalled", "database_down", refuses="database_error", database_away=True),
    stall("database slow", "stalled", "database_slow", refuses="busy"),
    stall("spool disk full", "stalled", "replication_spool_full", refuses="literal_lost"),
    stall("index read-only", "stalled", "index_readonly", refuses="index_failed"),
    stall("broken frame", "stalled", "protocol_trouble", "frame_error", hung=True),
    stall("session missing", "stuck_folders", "session_missing", critical=False, fewer=1),
    stall("folder refused", "stuck_folders", "owner_unknown", critical=False, refused=frozenset({3})),
)


def make_server(chance: Random, name: str = "bm-master", **wishes: object) -> Server:
    """Build a server at rest."""
    folders = [Folder(n, 100, 200, BEGIN - DAY, 100, 200) for n in range(1, FOLDERS + 1)]
    return Server(name, chance, folders, **wishes)  # type: ignore[arg-type]  # names of its fields


def calm_day(seed: int, number: int) -> History:
    """Build a day on which nothing is wrong, whatever it looks like."""
    chance = draw(seed, f"calm {number}")
    kind = list(CALM)[number % len(CALM)]
    return CALM[kind](chance)


def stalled_hours(seed: int, number: int) -> History:
    """Build an ordinary hour, a stall, and its end."""
    chance = draw(seed, f"stall {number}")
    wrong = STALLS[number % len(STALLS)]
    probes = chance.random() < 0.75
    sessions = 4 if wrong.trouble.fewer else chance.choice((1, 4))
    server = make_server(chance, probes=probes, sessions=sessions, mail=chance.choice((0.01, 0.05, 0.5)))
    at = chance.uniform(20 * MINUTE, HOUR)
    cues = (Cue(at, wrong.cause), Cue(at + wrong.lasts, "mend"))
    return History(wrong.cause, at + wrong.lasts + 30 * MINUTE, [server], cues, stall=wrong, stalled_at=at)


def _quiet(chance: Random) -> History:
    return History("idle night", DAY, [make_server(chance, mail=0.0002, flags=0.0002)])


def _office(chance: Random) -> History:
    return History("office day", DAY, [make_server(chance, mail=0.1, flags=0.2)], office=True)


def _bursts(chance: Random) -> History:
    cues = tuple(Cue(chance.uniform(0, DAY), "burst") for _ in range(6))
    return History("bursts", DAY, [make_server(chance, mail=0.01, capacity=2.0)], cues)


def _drip(chance: Random) -> History:
    return History("drip", DAY, [make_server(chance, mail=0.005, flags=0.0)])


def _core_restarts(chance: Random) -> History:
    times = sorted(chance.sample(range(1, 24), 4))
    cues = []
    for hour in times:
        at, down = hour * HOUR, chance.uniform(20, 240)
        back = down + chance.choice((5, 15, 30, 60, 240, 1100))  # sync_client waits ever longer, 20 minutes at most
        cues += [Cue(at, "core stops"), Cue(at + down, "core is ready"), Cue(at + back, "mend")]
    return History("core restarts", DAY, [make_server(chance)], tuple(cues))


def _client_restarts(chance: Random) -> History:
    cues = []
    for number in range(140):
        at = 600.0 * (number + 1)
        cues += [Cue(at, "client leaves"), Cue(at + chance.uniform(1, 12), "mend")]
    return History("sync_client restarts", DAY, [make_server(chance)], tuple(cues))


def _rotation(chance: Random) -> History:
    cues = tuple(cue for at in (DAY / 2, DAY / 2 + 20) for cue in (Cue(at, "log away"), Cue(at + 10, "log back")))
    return History("rotation", DAY, [make_server(chance)], cues)


def _no_probe(chance: Random) -> History:
    return History(
        "probe off", DAY, [make_server(chance, probes=False, mail=chance.choice((0.0002, 0.01)))], office=True
    )


def _clock(chance: Random) -> History:
    steps = ("clock +30", "clock -30", "clock +3600", "clock -3600", "clock +3600", "clock -3600")
    cues = tuple(Cue((3 + 3 * n) * HOUR, step) for n, step in enumerate(steps))
    return History("clock steps", DAY, [make_server(chance)], cues)


def _one_session(chance: Random) -> History:
    return History("one session", DAY, [make_server(chance, sessions=1, mail=0.05)], office=True)


def _backends(chance: Random) -> History:
    servers = [make_server(chance, "mail-1"), make_server(chance, "mail-2", mail=0.0005, flags=0.0)]
    return History("several backends", DAY, servers, office=True)


def _daemon_restarts(chance: Random) -> History:
    cues = tuple(Cue(chance.uniform(0, DAY), "daemon restarts") for _ in range(8))
    return History("daemon restarts", DAY, [make_server(chance)], cues)


def _database_away(chance: Random) -> History:
    cues = [cue for at in (5 * HOUR, 9 * HOUR) for cue in (Cue(at, "count fails"), Cue(at + 900, "mend"))]
    return History("database cannot be read from here", DAY, [make_server(chance)], tuple(cues))


def _single_refusals(chance: Random) -> History:
    cues = []
    for _ in range(20):
        at = chance.uniform(0, DAY)
        cues += [Cue(at, "folder refused"), Cue(at + 15, "mend")]
    return History("single refusals", DAY, [make_server(chance)], tuple(sorted(cues)))


CALM: Mapping[str, Callable[[Random], History]] = {
    "quiet": _quiet,
    "office": _office,
    "bursts": _bursts,
    "drip": _drip,
    "core restarts": _core_restarts,
    "client restarts": _client_restarts,
    "rotation": _rotation,
    "no probe": _no_probe,
    "clock": _clock,
    "one session": _one_session,
    "backends": _backends,
    "daemon restarts": _daemon_restarts,
    "database": _database_away,
    "refusals": _single_refusals,
}
