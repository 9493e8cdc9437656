"""Whatever happens to a log in whatever order: every line is counted once, or a gap is."""

import os
import random
from pathlib import Path

import pytest
from followed_log import LogWriter, Tail, compress


class Walk:
    """A log and its follower, and what may happen to them."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Begin with an empty folder."""
        self.dice = random.Random(seed)  # noqa: S311 - reproducible is what it has to be
        self.writer = LogWriter(folder / "replication.log")
        self.tail = Tail(self.writer.path)
        self.rolled: list[Path] = []
        self.destroyed = 0  # lines that were removed before anybody could read them
        self.writer.write(1)
        self.tail.step()  # what was rolled over before the very first look belongs to nobody
        self.cuts = 0  # truncations without a copy: each of them may have destroyed lines

    def write(self) -> None:
        """Lines arrive."""
        self.writer.write(self.dice.choice((1, 2, 30)))

    def write_in_parts(self) -> None:
        """A line arrives in two parts, with a look between them."""
        line = self.writer.line(pad=self.dice.choice((0, 3000, 200_000)))
        self.writer.put(line[:20])
        self.tail.step()
        self.writer.put(line[20:])

    def look(self) -> None:
        """A step of any size."""
        self.tail.step(self.dice.choice((1, 500, 1 << 20)))

    def rotate(self) -> None:
        """The log is renamed; perhaps its writer first begins the new one."""
        if not self.writer.path.exists():
            return
        self.rolled.append(self.writer.rotate(f".{1000 - len(self.rolled)}"))
        if self.dice.random() < 0.5:
            self.writer.write(1)

    def pack(self) -> None:
        """A rolled-over file is compressed."""
        plain = [path for path in self.rolled if path.suffix != ".gz"]
        if plain:
            path = self.dice.choice(plain)
            self.rolled[self.rolled.index(path)] = compress(path)

    def copytruncate(self) -> None:
        """The log is copied and emptied."""
        if self.writer.path.exists() and self.writer.path.stat().st_size:
            self.rolled.append(self.writer.copytruncate(f".{1000 - len(self.rolled)}"))

    def restart(self) -> None:
        """The daemon is killed; perhaps it had read what it did not save."""
        if self.dice.random() < 0.5:
            self.tail.follower.advance(1 << 20)
        self.tail.restart()

    def truncate(self) -> None:
        """The log is emptied, and what was not read of it is lost."""
        if not self.writer.path.exists() or not self.writer.path.stat().st_size:
            return
        before = self.tail.read()
        unread = self.dice.choice((0, 5))
        self.writer.write(unread)
        os.truncate(self.writer.path, 0)
        self.destroyed += unread
        self.cuts += 1
        self.writer.write(1)
        assert self.tail.read() == before + 1

    def end(self) -> None:
        """Compare with the truth."""
        self.writer.write(1)
        self.tail.restart()
        assert self.tail.read() == self.writer.lines - self.destroyed
        assert "torn" not in self.tail.activity.lines
        assert self.tail.counts.gaps == self.cuts
        assert self.tail.counts.unread_bytes == 0
        self.tail.follower.close()
        self.writer.close()


STEPS = (Walk.write, Walk.write_in_parts, Walk.look, Walk.rotate, Walk.pack, Walk.copytruncate, Walk.restart)


@pytest.mark.parametrize("seed", range(60))
def test_nothing_destroyed_nothing_lost(tmp_path: Path, seed: int) -> None:
    """As long as every byte is somewhere, every line is counted once and there is no gap."""
    walk = Walk(tmp_path, seed)
    for _ in range(40):
        walk.dice.choice(STEPS)(walk)
    walk.end()


@pytest.mark.parametrize("seed", range(60, 90))
def test_what_was_destroyed_is_a_gap(tmp_path: Path, seed: int) -> None:
    """Lines that were removed unread are missing, are told, and cost no other line."""
    walk = Walk(tmp_path, seed)
    for _ in range(40):
        walk.dice.choice((*STEPS, Walk.truncate))(walk)
    walk.end()
