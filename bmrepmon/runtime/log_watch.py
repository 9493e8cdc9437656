"""Tells when a log may have changed. It only wakes: whoever is woken looks for himself, and a timeout wakes too.

Listening to each write of a busy log costs more than reading it: watchdog's observer parses every event by itself, and
at 2,000 lines a second takes a fifth to a third of a core before anybody has read a line. Asking it for fewer kinds of
events would also lose the first line after a silence. So a waker is asked to listen only while a log is quiet: the
first line ends that, and while lines keep coming it rests, its watch given back, for as long as they may stay unread.
"""

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from watchdog.events import (
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

from bmrepmon.runtime.logger import log

EVENTS: list[type[FileSystemEvent]] = [FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent]

CLOSE_WITHIN = 2.0  # seconds for watchdog's threads to end


class WatchdogWaker:
    """Listens to the folders that hold ``paths``, and to those that their symbolic links lead to.

    Where it cannot listen (no such folder, the kernel's watches are used up) the timeout alone wakes.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        """Take the logs; nothing is watched before the first ``wait``."""
        self._paths = tuple(paths)
        self._woken = threading.Event()
        self._closed = False
        self._observer: BaseObserver | None = None
        self._watches: dict[Path, ObservedWatch] = {}
        self._deaf = False

    def wait(self, timeout: float) -> bool:
        """Listen. Returns at once when listening only begins: no event tells of what was written before."""
        return not self._listen() and self._sleep(timeout)

    def rest(self, seconds: float) -> None:
        """Stop listening, and sleep."""
        if self._observer:
            for watch in self._watches.values():
                with suppress(KeyError, OSError):  # its folder is gone, and the watch with it
                    self._observer.unschedule(watch)
        self._watches.clear()
        self._sleep(seconds)

    def wake(self) -> None:
        """End the wait or rest that runs, or else the next one."""
        self._woken.set()

    def close(self) -> None:
        """Stop watchdog's threads."""
        self._closed = True
        self._woken.set()
        if self._observer:
            self._observer.stop()
            self._observer.join(CLOSE_WITHIN)

    def _sleep(self, seconds: float) -> bool:
        woken = self._woken.wait(seconds)
        if not self._closed:
            self._woken.clear()
        return woken

    def _listen(self) -> bool:
        """Watch each folder that is not watched yet; tell whether there was one that now is."""
        before = len(self._watches)
        try:
            self._observer = self._observer or _started()
            for folder in self._folders() - self._watches.keys():
                self._watches[folder] = self._observer.schedule(Wake(self._woken), str(folder), event_filter=EVENTS)
        except FileNotFoundError:
            pass  # the log's own status says so
        except (OSError, RuntimeError) as error:
            self._say(error)
        else:
            self._deaf = False
        return len(self._watches) > before

    def _folders(self) -> set[Path]:
        return {folder for path in self._paths for folder in (path.parent, path.resolve().parent) if folder.is_dir()}

    def _say(self, error: Exception) -> None:
        if not self._deaf:
            log.warning("cannot listen to the logs' folders, so changes are seen once a second", error=str(error))
        self._deaf = True


def _started() -> BaseObserver:
    # An emitter that is stopped between two reads calls that an error; it is what rest() does all day.
    logging.getLogger("watchdog.observers.inotify").setLevel(logging.CRITICAL)
    observer = Observer()
    observer.start()
    return observer


class Wake(FileSystemEventHandler):
    """Does nothing but set an event: an exception here would end watchdog's thread unseen."""

    def __init__(self, woken: threading.Event) -> None:
        """Keep the event."""
        self._woken = woken

    def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - which one does not matter
        """Wake."""
        self._woken.set()
