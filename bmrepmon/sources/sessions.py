"""Replication sessions as the kernel of the core server sees them: connections to the sync port of bm-core."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bmrepmon.model.observations import PeerSessions, SessionCounts
from bmrepmon.model.readings import SourceError
from bmrepmon.parse.proc_net import established_peers, listens

TABLES = ("net/tcp", "net/tcp6")  # a kernel without IPv6 has no tcp6; bm-core's Java shows its IPv4 peers there too
BLOCK_BYTES = 1 << 16  # a busy server's table has thousands of lines of 150 bytes
# The kernel gives a page of whole lines at a time (Linux, fs/seq_file.c), and fewer only at the end. To say that there
# is nothing more, it would go through its whole table once again, which on a large machine takes milliseconds.
FULL_BYTES = 4096 - 512


class SessionSource:
    """Reads the tables of connections below ``proc``, anew at every look."""

    name = "sessions"
    backend = ""

    def __init__(self, proc: Path, port: int) -> None:
        """Count what is connected to our ``port``."""
        self._tables = tuple(proc / table for table in TABLES)
        self._port = port

    def read(self) -> SessionCounts:
        """Look once.

        Raises:
            SourceError: ``missing``, ``permission`` or ``io``.
        """
        peers: Counter[str] = Counter()
        listening, missing = False, 0
        for table in self._tables:
            try:
                for some in _blocks(table):
                    peers += established_peers(some, self._port)
                    listening = listening or listens(some, self._port)
            except FileNotFoundError:
                missing += 1
            except OSError as error:
                raise _failed(table, error) from error
        if missing == len(self._tables):
            raise SourceError("missing", f"{self._tables[0]}: no such file; sessions are unknown; mount /proc there")
        return SessionCounts(tuple(PeerSessions(address, peers[address]) for address in sorted(peers)), listening)

    def close(self) -> None:
        """Nothing is held open between two looks."""


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
