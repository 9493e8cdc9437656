import socket
from pathlib import Path

from bmrepmon.runtime.notify import Notifier


def test_a_message_reaches_the_socket(tmp_path: Path) -> None:
    """All assignments go in one datagram."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(5)
        Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}).send("READY=1", "STATUS=following")

        assert receiver.recv(100) == b"READY=1\nSTATUS=following"


def test_an_abstract_socket_is_found() -> None:
    """Systemd may hand out an address that begins with @."""
    name = f"bmrepmon-test-{id(object())}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + name)
        receiver.settimeout(5)
        Notifier({"NOTIFY_SOCKET": "@" + name}).send("STOPPING=1")

        assert receiver.recv(100) == b"STOPPING=1"


def test_a_supervisor_that_is_gone_is_no_trouble(tmp_path: Path) -> None:
    """Neither no socket nor a dead one raises."""
    Notifier({}).send("READY=1")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).send("READY=1")


def test_the_watchdog_period_is_told_in_seconds() -> None:
    """WATCHDOG_USEC is microseconds; nonsense and zero mean no watchdog."""
    assert Notifier({"WATCHDOG_USEC": "30000000"}).watchdog_seconds == 30.0
    assert Notifier({"WATCHDOG_USEC": "0"}).watchdog_seconds is None
    assert Notifier({"WATCHDOG_USEC": "soon"}).watchdog_seconds is None
