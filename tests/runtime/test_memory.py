import subprocess
import sys

PROGRAM = """
import sys
from pathlib import Path
from bmrepmon.runtime.memory import keep_little

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def use():
    blocks = [bytes(1_000_000)] + [b"x" * 100_000 for _ in range(400)]
    last = b"y" * 60_000
    del blocks
    return last

if "little" in sys.argv:
    print(keep_little())
bytes(30_000_000)  # from here on glibc keeps freed blocks of up to 30 MB, if it is let to
before, last = resident(), use()
print(resident() - before)
"""


def kept(*arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_what_was_freed_is_given_back() -> None:
    """Forty megabytes that were used once."""
    (as_it_is,) = kept()
    can, little = kept("little")

    assert can == "True"
    assert int(little) < 2_000_000 < int(as_it_is)
