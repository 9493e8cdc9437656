"""Sessions from the kernel's own tables: recorded ones, and those of this machine."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from errno import ENOENT
from pathlib import Path

import pytest

from bmrepmon.model.observations import PeerSessions, SessionCounts
from bmrepmon.model.readings import SourceError
from bmrepmon.sources import sessions
from bmrepmon.sources.sessions import SessionSource

RECORDED = Path(__file__).parents[1] / "fixtures/proc"  # of Linux 6.18: a dual-stack listener on 2501, six clients

NO_PROTOCOL = 31  # of netlink, the last that could be; no kernel has it


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A copy of the recorded tables."""
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port that takes IPv4 and IPv6, as bm-core's does."""
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        yield server


@pytest.fixture(params=["netlink", "tables"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the two ways, and not the other."""
    if request.param == "netlink":
        monkeypatch.setattr(sessions, "_table", None)
    else:
        monkeypatch.setattr(sessions, "NETLINK_SOCK_DIAG", NO_PROTOCOL)


def test_recorded_tables(proc: Path) -> None:
    """One end of each connection counts, under the address that it comes from; one that its peer left does not."""
    counts = SessionSource(proc, 2501).read()

    assert counts.peers == (PeerSessions("127.0.0.1", 2), PeerSessions("127.0.0.2", 1), PeerSessions("::1", 2))
    assert counts.listening


@pytest.mark.parametrize(("gone", "left"), [("tcp", 5), ("tcp6", 0)])
def test_one_table_may_be_missing(proc: Path, gone: str, left: int) -> None:
    """A kernel without IPv6 has no tcp6."""
    (proc / "net" / gone).unlink()

    assert SessionSource(proc, 2501).read().total == left


def test_no_table_is_a_failure(tmp_path: Path) -> None:
    """Without /proc nothing is known, which is not zero."""
    with pytest.raises(SourceError, match="mount /proc") as caught:
        SessionSource(tmp_path, 2501).read()

    assert caught.value.reason == "missing"


def test_a_directory_instead_of_a_table_is_a_failure(proc: Path) -> None:
    """It is told in one line."""
    (proc / "net/tcp6").unlink()
    (proc / "net/tcp6").mkdir()
    with pytest.raises(SourceError, match="net/tcp6: Is a directory") as caught:
        SessionSource(proc, 2501).read()

    assert caught.value.reason == "io"


def test_a_table_of_many_blocks_is_counted_whole(proc: Path) -> None:
    """No connection is lost or counted twice where two blocks meet."""
    table = proc / "net/tcp6"
    table.write_bytes(table.read_bytes() * 5000)

    assert SessionSource(proc, 2501).read().total == 5 * 5000


@pytest.mark.usefixtures("way")
def test_real_connections(listener: socket.socket) -> None:
    """What is open now is seen, and no more after it was closed."""
    port = listener.getsockname()[1]
    source = SessionSource(Path("/proc"), port)
    before = source.read()
    with ExitStack() as ends:
        for address in ("127.0.0.1", "127.0.0.1", "127.0.0.3"):
            ends.enter_context(socket.create_connection(("127.0.0.1", port), source_address=(address, 0)))
            ends.enter_context(listener.accept()[0])
        during = source.read()

    assert before == SessionCounts((), listening=True)
    assert during == SessionCounts((PeerSessions("127.0.0.1", 2), PeerSessions("127.0.0.3", 1)), listening=True)
    assert source.read().total == 0
    listener.close()
    assert source.read() == SessionCounts((), listening=False)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_one_family_alone(host: str) -> None:
    """A bm-core that was told to take one kind of address only."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server, socket.create_connection(server.getsockname()[:2]):
        counts = SessionSource(Path("/proc"), server.getsockname()[1]).read()

    assert counts == SessionCounts((PeerSessions(host, 1),), listening=True)


def test_a_kernel_without_ipv6_has_the_other_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows no sockets of that family."""
    asked: list[int] = []

    def ask(kernel: socket.socket, family: int, port: int) -> sessions.Seen:
        asked.append(family)
        if family == socket.AF_INET6:
            raise OSError(ENOENT, "No such file or directory")
        return _ask(kernel, family, port)

    _ask = sessions._ask
    monkeypatch.setattr(sessions, "_ask", ask)
    monkeypatch.setattr(sessions, "_table", None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert SessionSource(Path("/proc"), server.getsockname()[1]).read().listening

    assert asked == [socket.AF_INET, socket.AF_INET6]


@pytest.mark.usefixtures("way")
def test_more_connections_than_the_kernel_tells_at_once(listener: socket.socket) -> None:
    """A page of its table holds some twenty lines, an answer some hundred sockets; those after it are not lost."""
    address = ("127.0.0.1", listener.getsockname()[1])
    with ExitStack() as ends:
        for _ in range(400):
            ends.enter_context(socket.create_connection(address))
            ends.enter_context(listener.accept()[0])

        assert SessionSource(Path("/proc"), address[1]).read().total == 400
