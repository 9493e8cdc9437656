import signal
import subprocess
import sys
import threading
import time

from bmrepmon.runtime.bell import Bell

STORM = """
import signal, threading, time
from bmrepmon.runtime.bell import Bell

bell, rung, pid = Bell(), 0, __import__("os").getpid()
main = threading.get_ident()

def handle(*_):
    global rung
    rung += 1
    bell.ring()

signal.signal(signal.SIGHUP, handle)

def storm():
    end = time.monotonic() + 1
    while time.monotonic() < end:
        signal.pthread_kill(main, signal.SIGHUP)
        time.sleep(0.00001)
    ended.append(True)

ended = []
threading.Thread(target=storm).start()
heard = 0
while not ended:
    heard += bell.wait(0.001)
    bell.ring()
print(rung > 100 and heard > 100, rung, heard)
"""


def test_a_stroke_is_heard_once() -> None:
    """Also one that came before anybody waited; two that nobody has heard are one."""
    bell = Bell()
    bell.ring()
    bell.ring()

    assert bell.wait(10)
    assert not bell.wait(0.001)


def test_who_waits_hears_it_at_once() -> None:
    """From another thread."""
    bell = Bell()
    ringer = threading.Timer(0.01, bell.ring)
    ringer.start()
    begun = time.monotonic()

    assert bell.wait(60)
    assert time.monotonic() - begun < 30
    ringer.join()


def test_a_signal_handler_may_ring_while_its_thread_waits_or_rings() -> None:
    """With an event in the bell's place this hangs within a second: the handler waits for a lock of its own thread."""
    done = subprocess.run([sys.executable, "-c", STORM], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.startswith("True"), done.stdout


def test_signals_are_handled_while_waiting_without_an_end() -> None:
    """The thread that waits is the one that handles them."""
    bell = Bell()
    before = signal.signal(signal.SIGALRM, lambda *_: bell.ring())
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        assert bell.wait()
    finally:
        signal.signal(signal.SIGALRM, before)
