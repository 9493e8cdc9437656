"""Replication sessions as the kernel of the core server sees them: connections to the sync port of bm-core."""

import socket
from collections import Counter
from collections.abc import Iterable, Iterator
from errno import ENOENT
from pathlib import Path
from typing import NamedTuple

from bmrepmon.model.observations import PeerSessions, SessionCounts
from bmrepmon.model.readings import SourceError
from bmrepmon.parse.proc_net import established_peers, listens
from bmrepmon.parse.sock_diag import question, read_answer

PROC = Path("/proc")
TABLES = ("net/tcp", "net/tcp6")  # a kernel without IPv6 has no tcp6; bm-core's Java shows its IPv4 peers there too
BLOCK_BYTES = 1 << 16  # a busy server's table has thousands of lines of 150 bytes
# The kernel gives a page of whole lines at a time (Linux, fs/seq_file.c), and fewer only at the end. To say that there
# is nothing more, it would go through its whole table once again, which on a large machine takes milliseconds.
FULL_BYTES = 4096 - 512
NETLINK_SOCK_DIAG = 4  # Linux, include/uapi/linux/netlink.h
ANSWERS_WITHIN = 1.0  # seconds; the kernel answers while it is asked


class Seen(NamedTuple):
    """What has to do with our port."""

    peers: Counter[str]  # connections by the address that they come from
    listening: bool


class SessionSource:
    """Asks the kernel by netlink; where it does not answer, reads the tables below ``proc``, anew at every look.

    Both tell the same, but for a table the kernel writes down every connection and passes by every empty place, of
    which a machine has the more the more memory it has: 2 ms a table on one of 262,144 places, and 0.1 by netlink. A
    kernel that has this as a module loads it for the first question, as it does for ``ss``.
    """

    name = "sessions"
    backend = ""

    def __init__(self, proc: Path, port: int) -> None:
        """Count what is connected to our ``port``."""
        self._tables = tuple(proc / table for table in TABLES)
        self._port = port
        self._answers = proc.resolve() == PROC  # netlink tells of this kernel, which another ``proc`` might not

    def read(self) -> SessionCounts:
        """Look once.

        Raises:
            SourceError: ``missing``, ``permission`` or ``io``.
        """
        peers, listening = self._asked() or self._read()
        return SessionCounts(tuple(PeerSessions(address, peers[address]) for address in sorted(peers)), listening)

    def close(self) -> None:
        """Nothing is held open between two looks."""

    def _asked(self) -> Seen | None:
        """Ask the kernel; None, from then on, when it is not to be asked: not built for it, or forbidden to us."""
        try:
            return ask(self._port) if self._answers else None
        except OSError:
            self._answers = False
            return None

    def _read(self) -> Seen:
        seen = []
        for table in self._tables:
            try:
                seen.append(_table(table, self._port))
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _failed(table, error) from error
        if not seen:
            raise SourceError("missing", f"{self._tables[0]}: no such file; sessions are unknown; mount /proc there")
        return _together(seen)


def ask(port: int) -> Seen:
    """Ask the kernel of this machine what has to do with our ``port``. Raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(ANSWERS_WITHIN)
        ipv4 = _ask(kernel, socket.AF_INET, port)
        try:
            return _together((ipv4, _ask(kernel, socket.AF_INET6, port)))
        except OSError as error:
            if error.errno == ENOENT:  # a kernel without IPv6
                return ipv4
            raise


def _ask(kernel: socket.socket, family: int, port: int) -> Seen:
    kernel.send(question(family, port))
    seen = []
    while True:
        answer = read_answer(kernel.recv(BLOCK_BYTES), port)
        if answer.error:
            raise OSError(answer.error, "the kernel tells nothing by netlink")
        seen.append(Seen(answer.peers, answer.listening))
        if answer.ended:
            return _together(seen)


def _table(table: Path, port: int) -> Seen:
    return _together(Seen(established_peers(some, port), listens(some, port)) for some in _blocks(table))


def _blocks(table: Path) -> Iterator[bytes]:
    """Yield the lines of a table, some at a time."""
    rest = b""
    with table.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            lines, newline, rest = (rest + block).rpartition(b"\n")
            yield lines + newline
            if len(block) < FULL_BYTES:
                break


def _together(parts: Iterable[Seen]) -> Seen:
    peers, listening = Counter[str](), False
    for part in parts:
        peers += part.peers
        listening = listening or part.listening
    return Seen(peers, listening)


def _failed(table: Path, error: OSError) -> SourceError:
    if isinstance(error, PermissionError):
        return SourceError(
            "permission", f"{table}: {error.strerror}; sessions are unknown; let bmrepmon read /proc/net"
        )
    return SourceError("io", f"{table}: {error.strerror}; sessions are unknown; check what lies there")
