"""Where log lines leave the process: whoever reads them, or no longer does, holds nobody up."""

import queue
import threading
from typing import TextIO

ROOM = 1000  # lines that wait for a reader; more are dropped, and counted
END = None


class Outlet:
    """A stream whose writes return at once; a thread of its own passes the lines on.

    A terminal that was stopped with Ctrl-S, a pipe that nobody empties and a journal on a full disk would else stop
    each thread that has something to say.
    """

    def __init__(self, stream: TextIO, room: int = ROOM) -> None:
        """Pass on to ``stream``."""
        self._stream = stream
        self._waiting: queue.Queue[str | None] = queue.Queue(room)
        self._lost = 0
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Take a line with its newline."""
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._lost += 1
        return len(text)

    def flush(self) -> None:
        """Promise nothing: lines go as soon as they can."""

    def isatty(self) -> bool:
        """Tell whether a person watches."""
        return self._stream.isatty()

    def close(self, deadline: float) -> bool:
        """Pass on what waits, within ``deadline`` seconds; tell whether that worked."""
        try:
            self._waiting.put(END, timeout=deadline)
        except queue.Full:
            return False
        self._thread.join(deadline)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (text := self._waiting.get()) is not END:
            lost, self._lost = self._lost, 0
            note = f"{lost} lines were lost here: nobody took them\n" if lost else ""
            try:
                self._stream.write(note + text)
                self._stream.flush()
            except (OSError, ValueError):  # the reader has gone, or the stream was closed
                continue
