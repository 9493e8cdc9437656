"""Replication sessions as the kernel of the core server sees them: connections to the sync port of bm-core."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bmrepmon.model.observations import PeerSessions, SessionCounts
from bmrepmon.model.readings import SourceError
from bmrepmon.parse.proc_net import established_peers, listens

TABLES = ("net/tcp", "net/tcp6")  # a kernel without IPv6 has no tcp6; bm-core's Java shows its IPv4 peers there too
BLOCK_BYTES = 1 << 16  # a busy server's table has thousands of lines of 150 bytes
# The kernel gives a page of whole lines at a time (Linux, fs/seq_file.c), and fewer only at the end. To say that there
# is nothing more, it would go through its whole table once again, which on a large machine takes milliseconds.
FULL_BYTES = 4096 - 512
# For either table the kernel goes through the connections of both families (Linux, net/ipv4/tcp_ipv4.c). While our
# port listens in the one, the other, in which nobody had to do with it, is read at every twelfth look only.
IDLE_LOOKS = 12


class SessionSource:
    """Reads the tables of connections below ``proc``, anew at every look; an idle one less often."""

    name = "sessions"
    backend = ""

    def __init__(self, proc: Path, port: int) -> None:
        """Count what is connected to our ``port``."""
        self._tables = tuple(proc / table for table in TABLES)
        self._port = port
        self._idle: Path | None = None  # the table in which nobody had to do with our port
        self._looks = 0

    def read(self) -> SessionCounts:
        """Look once.

        Raises:
            SourceError: ``missing``, ``permission`` or ``io``.
        """
        self._looks += 1
        left_out = self._idle if self._looks % IDLE_LOOKS else None
        seen = self._seen(left_out)
        if left_out and not any(one.listening for one in seen.values()):
            left_out, seen = None, self._seen()
        if not seen:
            raise SourceError("missing", f"{self._tables[0]}: no such file; sessions are unknown; mount /proc there")
        peers = sum((one.peers for one in seen.values()), Counter[str]())
        listening = any(one.listening for one in seen.values())
        if not left_out:
            unused = [table for table, one in seen.items() if not (one.peers or one.listening)]
            self._idle = unused[0] if listening and unused else None
        return SessionCounts(tuple(PeerSessions(address, peers[address]) for address in sorted(peers)), listening)

    def close(self) -> None:
        """Nothing is held open between two looks."""

    def _seen(self, left_out: Path | None = None) -> dict[Path, "Seen"]:
        """Read every table that there is but one."""
        seen = {}
        for table in self._tables:
            try:
                if table != left_out:
                    seen[table] = _read(table, self._port)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _failed(table, error) from error
        return seen


class Seen(NamedTuple):
    """What has to do with our port in one table."""

    peers: Counter[str]  # connections by the address that they come from
    listening: bool


def _read(table: Path, port: int) -> Seen:
    peers, listening = Counter[str](), False
    for some in _blocks(table):
        peers += established_peers(some, port)
        listening = listening or listens(some, port)
    return Seen(peers, listening)


def _blocks(table: Path) -> Iterator[bytes]:
    """Yield the lines of a table, some at a time."""
    rest = b""
    with table.open("rb", buffering=0) as file:
        while block := file.read(BLOCK_BYTES):
            lines, newline, rest = (rest + block).rpartition(b"\n")
            yield lines + newline
            if len(block) < FULL_BYTES:
                break


def _failed(table: Path, error: OSError) -> SourceError:
    if isinstance(error, PermissionError):
        return SourceError(
            "permission", f"{table}: {error.strerror}; sessions are unknown; let bmrepmon read /proc/net"
        )
    return SourceError("io", f"{table}: {error.strerror}; sessions are unknown; check what lies there")
