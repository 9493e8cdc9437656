"""What a signal handler rings and a thread waits for."""

from queue import Empty, SimpleQueue


class Bell:
    """A ``threading.Event`` that may be rung in a signal handler.

    Python runs a handler in the main thread, between any two steps of what that thread does. Where it was just about
    to set an event, or to wait for one, it holds the event's lock, and the handler would wait for itself for ever.
    ``SimpleQueue.put`` is made for this: it is reentrant (Python library reference, queue.SimpleQueue).
    """

    def __init__(self) -> None:
        """Begin silent."""
        self._strokes: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Let ``wait`` return; strokes that nobody has heard yet count as one."""
        if self._strokes.empty():
            self._strokes.put(None)

    def wait(self, patience: float | None = None) -> bool:
        """Wait for the next stroke, at most ``patience`` seconds; tell whether there was one, which is then heard."""
        try:
            self._strokes.get(timeout=patience)
        except Empty:
            return False
        return True
