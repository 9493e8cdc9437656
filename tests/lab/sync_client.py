"""The real sync_client, which carries what Cyrus notes in its sync log to bm-core."""

import os
import signal
import subprocess

from lab.cyrus import CHANNEL, PROGRAMS, Cyrus
from lab.process import end


class SyncClient:
    """The real sync_client; systemd would start it again when it ends, a test does so by hand."""

    def __init__(self, cyrus: Cyrus) -> None:
        """Replicate ``cyrus``."""
        self._cyrus = cyrus
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs; a stopped one does too."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it as BlueMind's unit does."""
        assert not self.alive
        command = (str(PROGRAMS / "sync_client"), "-C", str(self._cyrus.configuration), "-n", CHANNEL, "-R", "-l", "-v")
        self._process = self._cyrus.spawn(*command)

    def pause(self) -> None:
        """Stop it where it stands: it is present, and replicates nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            end(self._process, signal.SIGKILL)
