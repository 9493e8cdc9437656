"""What is said when a thread dies of what nobody foresaw: where, and by what type; its message may hold a password."""

import threading

from bmrepmon.runtime.logger import log
from bmrepmon.runtime.poller import frames


def tell(death: threading.ExceptHookArgs) -> None:
    """Log the end of a thread in one line; made to be ``threading.excepthook``, whose own would print everything."""
    name = death.thread.name if death.thread else "a thread"
    places = " > ".join(frames(death.exc_traceback))
    log.error("this is a bug in bmrepmon: a thread died", thread=name, type=death.exc_type.__name__, frames=places)
