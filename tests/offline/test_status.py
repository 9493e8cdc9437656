"""`bmrepmon status`: what the daemon says, once into a pipe, and again and again on a terminal."""

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import snapshots
from daemon import BMREPMON, bmrepmon
from rich.console import Console
from served import Served

from bmrepmon.publish.document import History
from bmrepmon.publish.screen import PLAIN, columns, draw_screen, sparkline
from bmrepmon.publish.status import describe
from bmrepmon.words.language import load_language

PATIENCE = 60.0  # seconds; only a broken program takes that long
SHOWN = {"TERM": "xterm", "COLUMNS": "80", "LINES": "50", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """Serve for all tests of this file."""
    running = Served()
    yield running
    assert running.server.stop(5.0)


def url(running: Served) -> str:
    """Return where it is served."""
    return "http://{}:{}".format(*running.address)


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *command: str, **environ: str) -> None:
        self.fd, inner = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, env={**os.environ, **SHOWN, **environ},
        )  # fmt: skip
        os.close(inner)
        self.shown = ""

    def until(self, text: str) -> None:
        """Read until something was shown."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.fd], [], [], 1.0)[0]:
                self.shown += os.read(self.fd, 65536).decode("utf-8", "replace")

    def end(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.shown
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.fd, 65536).decode("utf-8", "replace")
                except OSError:  # its other end is closed
                    break
        code = self.process.wait(PATIENCE)
        os.close(self.fd)
        return code


@pytest.mark.parametrize("options", [(), ("--watch",)])
def test_a_pipe_gets_the_document_once(running: Served, options: tuple[str, ...]) -> None:
    """Plain lines of 80 columns, the same that `once` prints."""
    done = bmrepmon("status", "--url", url(running), *options, LC_ALL="C.UTF-8", COLUMNS="80")

    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "bm-master" in done.stdout
    assert "12,345" in done.stdout


def test_it_speaks_french(running: Served) -> None:
    """By the locale, as `once` does."""
    done = bmrepmon("status", "--url", url(running), LC_ALL="fr_FR.UTF-8")

    assert "État au" in done.stdout


def test_without_a_daemon_it_says_how_to_look() -> None:
    """One line, exit code 1, no traceback."""
    done = bmrepmon("status", "--url", "http://127.0.0.1:1")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("bmrepmon: no bmrepmon listens at http://127.0.0.1:1:")
    assert done.stderr.count("\n") == 1


def test_watch_keeps_the_screen_until_ctrl_c(running: Served) -> None:
    """Bars on top, the document below; Ctrl-C ends it as it should end, and gives the screen back."""
    terminal = Terminal(*BMREPMON, "status", "--watch", "--interval", "0.2", "--url", url(running))
    terminal.until("Connected")
    terminal.until("As of")

    assert terminal.end() == 0
    assert "Traceback" not in terminal.shown
    assert "\x1b[?1049l" in terminal.shown


def test_no_color_is_honoured(running: Served) -> None:
    """No colour where the user wants none; https://no-color.org."""
    terminal = Terminal(*BMREPMON, "status", "--watch", "--url", url(running), NO_COLOR="1")
    terminal.until("As of")

    assert terminal.end() == 0
    assert not [code for code in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[91m") if code in terminal.shown]


def test_a_daemon_that_goes_away_leaves_the_last_picture() -> None:
    """With why there is nothing newer above it."""
    served = Served()
    terminal = Terminal(*BMREPMON, "status", "--watch", "--interval", "0.2", "--url", url(served))
    terminal.until("As of")
    assert served.server.stop(5.0)
    terminal.until("Seen last")

    assert terminal.end() == 0
    assert "no bmrepmon listens" in terminal.shown


def test_folders_are_watched_as_the_document_is(running: Served) -> None:
    """What is missing in all stands above the list; Ctrl-C ends it."""
    terminal = Terminal(*BMREPMON, "folders", "--watch", "--interval", "0.2", "--url", url(running))
    terminal.until("behind 3 messages in 1 folders")
    terminal.until("INBOX")

    assert terminal.end() == 0
    assert "Traceback" not in terminal.shown
    assert "\x1b[?1049l" in terminal.shown


def test_watched_folders_are_printed_once_into_a_pipe(running: Served) -> None:
    """Plain, in the language of the user, those that were asked for, a line each however long its name."""
    done = bmrepmon("folders", "--watch", "--passive", "--url", url(running), LC_ALL="fr_FR.UTF-8", COLUMNS="80")

    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "retard 3 messages, 1 dossiers, 50\u00a0s" in done.stdout
    (folder,) = (line for line in done.stdout.splitlines() if "jamais répliqué" in line)
    assert folder.startswith("bm-master__example_net/never  ")
    assert folder.endswith(" 25")
    assert len(folder) > 80


def test_folders_without_a_daemon_to_watch_say_so() -> None:
    """One line, exit code 1, no traceback."""
    done = bmrepmon("folders", "--watch", "--url", "http://127.0.0.1:1")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("bmrepmon: no bmrepmon listens at http://127.0.0.1:1:")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_screen_fits_80_columns(language: str) -> None:
    """Bars, sparklines and the document, on a terminal without blocks too."""
    status = describe(snapshots.full())
    past = {"lag_seconds/bm-master": History("lag_seconds/bm-master", ((status.at, 4.0),))}
    console = Console(file=StringIO(), width=80, highlight=False)
    texts = load_language(language, "status"), load_language(language, "screen")
    console.print(draw_screen(status, past, *texts, PLAIN))
    assert isinstance(console.file, StringIO)
    lines = console.file.getvalue().splitlines()

    assert max(map(len, lines)) <= 80
    assert [
        line.count("#")
        for line in lines
        if line.strip().startswith(texts[1]("lag_seconds", span=texts[1].seconds(900)))
    ] == [1]


@pytest.mark.parametrize(("age", "drawn"), [(600, 11), (3000, 34), (86_000, 40)])
def test_a_sparkline_is_as_long_as_what_is_known(age: int, drawn: int) -> None:
    """A daemon of ten minutes has its minutes beside each other, and not in one corner of a day."""
    status = describe(snapshots.full())
    points = tuple((status.at - timedelta(seconds=ago), 4.0) for ago in range(age, -1, -60))
    past = {"lag_messages/bm-master": History("lag_messages/bm-master", points)}
    console = Console(file=StringIO(), width=80, highlight=False)
    console.print(draw_screen(status, past, load_language("en", "status"), load_language("en", "screen"), PLAIN))
    assert isinstance(console.file, StringIO)
    (line,) = (line for line in console.file.getvalue().splitlines() if "Messages behind" in line)

    assert line.count("#") == drawn
    assert "# #" not in line


def test_a_sparkline_begins_at_nothing() -> None:
    """A lag of 90 after one of 100 is no drop to zero; where nothing is known is a gap."""
    assert sparkline([100, 90, None, 0]) == "█▇ ▁"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([None]) == " "


def test_a_column_shows_the_worst_of_its_time() -> None:
    """A short peak is not lost between two points."""
    past = [(datetime.fromtimestamp(at, UTC), value) for at, value in ((1, 9), (55, 3), (59, 70), (99, 5))]

    assert columns(past, now=100.0, width=2, span=100.0) == [9, 70]
    assert columns(past, now=200.0, width=2, span=100.0) == [None, None]
