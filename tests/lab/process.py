"""Programs of our own, started and ended without a trace, and waiting for what they do."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds, far more than anything here takes


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Look again and again until ``condition`` holds; fail when it does not come true in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience:g} s in vain for {what}"
        time.sleep(0.01)


def end(process: "subprocess.Popen[bytes]", word: signal.Signals) -> None:
    """Ask a program that leads its process group to end, and then end what is left of the group."""
    if process.poll() is None:
        process.send_signal(word)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
    with contextlib.suppress(ProcessLookupError):  # raised once the group is empty
        with contextlib.suppress(AssertionError):
            until(lambda: os.killpg(process.pid, 0), "the end of its children", patience=1.0)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(5)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [s.getsockname()[1] for s in sockets]
