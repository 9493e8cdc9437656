"""A log, its writer, its reader, the disks they live on, and what may happen to them."""

import gzip
import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from chaos.daemon import NOBODY, Child, Daemon, Report, Small
from followed_log import LogWriter

from bmrepmon.model.checkpoint import HEAD_BYTES

LIMITS = (0, 1, 4096, 20_000, 70_000)  # bytes of the largest file on a full disk; in the middle of a write, too


class World:
    """Everything is deterministic but the moment at which a process of its own is killed."""

    def __init__(self, folder: Path, real: bool) -> None:
        """Begin with a line that is read and saved: what was rolled over before the first look belongs to nobody."""
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self.state, NOBODY, NOBODY)
        self.writer = LogWriter(folder / "replication.log")
        self.half = b""  # the rest of a line that is not written yet
        self.rolled: list[Path] = []
        self.rolls = 0
        self.destroyed: list[int] = []  # numbers of lines that were removed before anybody could read them
        self.cuts = 0  # how often something was removed unread, or could have been
        self.limit: int | None = None
        self._kind = Child if real else Small
        self.daemon: Daemon | None = None
        self.writer.write(1)
        self.start()
        self.do("go")

    def start(self) -> None:
        """Start the daemon if it is down."""
        self.daemon = self.daemon or self._kind(self.writer.path, self.state, self.limit)

    def kill(self) -> None:
        """Kill the daemon."""
        if self.daemon:
            self.daemon.kill()
        self.daemon = None

    def do(self, command: str, number: int = 0) -> Report | None:
        """Let the daemon do something, if it runs."""
        return self.daemon.do(command, number) if self.daemon else None

    def whole(self) -> None:
        """Complete the line that was begun."""
        if self.half:
            self.writer.put(self.half)
        self.half = b""

    def holds(self) -> bool:
        """Tell whether there is a log with something in it."""
        return self.writer.path.exists() and self.writer.path.stat().st_size > 0

    def permit(self) -> None:
        """Give every right back."""
        if self.writer.path.exists():
            self.writer.path.chmod(0o644)
        self.state.chmod(0o700)
        for file in self.state.iterdir():
            file.chmod(0o600)

    def settle(self) -> Report:
        """Heal everything, read all and save it."""
        self.whole()
        self.permit()
        self.limit = None
        self.start()
        self.do("read")
        report = self.do("save")
        assert report
        assert report.problem is None, report
        return report

    def end(self) -> None:
        """Compare with the truth, as the next daemon would find it."""
        self.whole()
        self.writer.write(1)
        self.settle()
        self.kill()
        report = self.settle()
        total = self.writer.lines
        expected = {
            "event": total - len(self.destroyed),
            "sum": total * (total + 1) // 2 - sum(self.destroyed),
        }
        found = (dict(report.lines), report.gaps, report.unread)
        assert found == (expected, self.cuts, 0), f"{found} is not {(expected, self.cuts, 0)}"

    def close(self) -> None:
        """Leave nothing running or open."""
        self.kill()
        self.writer.close()


Step = Callable[[World, random.Random], object]


def write(world: World, dice: random.Random) -> None:
    """Lines arrive."""
    world.whole()
    world.writer.write(dice.choice((1, 2, 30)))


def write_half(world: World, dice: random.Random) -> None:
    """A line arrives, but its end."""
    world.whole()
    line = world.writer.line(pad=dice.choice((0, 3000, 200_000)))
    cut = dice.randrange(1, len(line))
    world.half = line[cut:]
    world.writer.put(line[:cut])


def look(world: World, dice: random.Random) -> None:
    """The daemon reads some."""
    world.do("look", dice.choice((1, 500, 1 << 20)))


def save(world: World, _: random.Random) -> None:
    """The daemon saves, as far as the disk lets it."""
    if world.limit is None:
        world.do("save")
    else:
        world.do("save_limited", world.limit)


def go(world: World, _: random.Random) -> None:
    """The daemon reads and saves; one of its own process goes on with it while other things happen."""
    if world.limit is None:
        world.do("go")


def rotate(world: World, dice: random.Random) -> None:
    """The log is renamed; a line that was begun ends in the old file, and perhaps the new one is begun at once."""
    if not world.holds():
        return
    world.permit()
    world.rolls += 1
    suffix = dice.choice((f".{1000 - world.rolls}", f"{8_123_456_000 + world.rolls}.tmp"))
    old = world.writer.path.rename(world.writer.path.with_name(world.writer.path.name + suffix))
    if dice.random() < 0.5:
        look(world, dice)
    world.whole()
    world.writer.close()
    world.rolled.append(old)
    if dice.random() < 0.5:
        world.writer.write(1)


def pack(world: World, dice: random.Random) -> None:
    """A rolled-over file is compressed, and removed only when that is done."""
    plain = [path for path in world.rolled if path.suffix != ".gz"]
    if not plain:
        return
    path = dice.choice(plain)
    packed = path.with_name(path.name.removesuffix(".tmp") + ".gz")
    content = gzip.compress(path.read_bytes(), 1)
    with packed.open("wb") as file:
        file.write(content[: len(content) // 2])
        file.flush()
        if dice.random() < 0.5:
            look(world, dice)
        file.write(content[len(content) // 2 :])
    path.unlink()
    world.rolled[world.rolled.index(path)] = packed


def copytruncate(world: World, _: random.Random) -> None:
    """The log is copied and emptied."""
    if not world.holds():
        return
    world.whole()
    world.permit()
    world.do("read")  # ends what a process of its own was just doing: between copy and cut no reader can be safe
    world.rolls += 1
    world.rolled.append(world.writer.copytruncate(f".{1000 - world.rolls}"))


def truncate(world: World, dice: random.Random) -> None:
    """The log is cut, to nothing or to a part; what nobody had read of it is lost.

    Of a part smaller than its fingerprint nobody can tell that it was read: that it is counted again is known.
    """
    if not world.holds():
        return
    world.settle()
    content = world.writer.path.read_bytes()
    half = content.find(b"\n", max(HEAD_BYTES, len(content) // 2)) + 1
    kept = dice.choice((0, half)) if half < len(content) else 0
    unread = 0 if kept else dice.choice((0, 5))
    world.destroyed += range(world.writer.lines + 1, world.writer.lines + unread + 1)
    world.writer.write(unread)
    os.truncate(world.writer.path, kept)
    world.cuts += 1
    if not kept:
        world.writer.write(1)
    if dice.random() < 0.5:
        world.kill()
    world.settle()


def die(world: World, dice: random.Random) -> None:
    """The daemon is killed, perhaps with something read and not saved."""
    if dice.random() < 0.5:
        look(world, dice)
    world.kill()


def restart(world: World, dice: random.Random) -> None:
    """The daemon is killed, and started again at once."""
    die(world, dice)
    world.start()


def fill(world: World, dice: random.Random) -> None:
    """The state's disk becomes full."""
    world.limit = dice.choice(LIMITS)
    save(world, dice)


def free(world: World, dice: random.Random) -> None:
    """There is room again."""
    world.limit = None
    save(world, dice)


def forbid(world: World, _: random.Random) -> None:
    """The log may not be read any longer."""
    if world.writer.path.exists():
        world.writer.path.chmod(0)


def protect(world: World, _: random.Random) -> None:
    """The state becomes read-only, for whoever opens it from now on."""
    for file in world.state.iterdir():
        file.chmod(0o400)
    world.state.chmod(0o500)


def permit(world: World, _: random.Random) -> None:
    """Every right is given back."""
    world.permit()


STEPS: Mapping[str, tuple[Step, int]] = {  # and how often each comes
    "write": (write, 6),
    "write_half": (write_half, 3),
    "look": (look, 6),
    "save": (save, 5),
    "go": (go, 2),
    "rotate": (rotate, 4),
    "pack": (pack, 4),
    "copytruncate": (copytruncate, 2),
    "truncate": (truncate, 1),
    "die": (die, 2),
    "start": (lambda world, _: world.start(), 3),
    "restart": (restart, 3),
    "fill": (fill, 2),
    "free": (free, 2),
    "forbid": (forbid, 1),
    "protect": (protect, 1),
    "permit": (permit, 2),
}
