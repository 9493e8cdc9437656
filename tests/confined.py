"""Runs a program with only those system calls that a unit of systemd leaves it: ``confined.py UNIT PROGRAM ...``.

As systemd does it: by libseccomp, a filter for what is allowed and another for what MemoryDenyWriteExecute= and
RestrictAddressFamilies= forbid. Source: systemd.exec(5), and src/shared/seccomp-util.c of systemd 252.
"""

import ctypes
import errno
import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM  # what a filter does with a call (seccomp.h)
MASKED_EQUAL = 7  # how an argument is compared
EXECUTE, WRITE = mmap.PROT_EXEC, mmap.PROT_WRITE
SHARED_EXECUTE = 0o100000  # SHM_EXEC
UNKNOWN = -1  # the number of a call that this machine has not


class Comparison(ctypes.Structure):
    """``struct scmp_arg_cmp``: which argument is compared, how, and with what."""

    _fields_ = (("argument", ctypes.c_uint), ("how", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


FORBIDDEN = {
    "MemoryDenyWriteExecute": (
        ("mmap", Comparison(2, MASKED_EQUAL, EXECUTE | WRITE, EXECUTE | WRITE)),
        ("mprotect", Comparison(2, MASKED_EQUAL, EXECUTE, EXECUTE)),
        ("pkey_mprotect", Comparison(2, MASKED_EQUAL, EXECUTE, EXECUTE)),
        ("shmat", Comparison(2, MASKED_EQUAL, SHARED_EXECUTE, SHARED_EXECUTE)),
    ),
}
FAMILIES = 64  # more than there are
REFUSE_EXEC_GAIN = (65, 1, 0, 0, 0)  # PR_SET_MDWE, by which newer systemd does the same: Linux 6.3, prctl(2)


class Filter:
    """One filter of the kernel's."""

    def __init__(self, otherwise: int) -> None:
        """Begin with what is done with every call that no rule is about."""
        self._library = ctypes.CDLL("libseccomp.so.2")
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(otherwise))

    def rule(self, action: int, call: str, *comparisons: Comparison) -> None:
        """Add a rule for a call whose arguments are so; one that this machine does not know needs none."""
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number == UNKNOWN:
            return
        array = (Comparison * len(comparisons))(*comparisons)
        failed = self._library.seccomp_rule_add_array(self._context, action, number, len(comparisons), array)
        if failed:
            raise OSError(-failed, f"seccomp: {call}: {os.strerror(-failed)}")

    def load(self) -> None:
        """From now on, for good, for this process and what it starts."""
        if failed := self._library.seccomp_load(self._context):
            raise OSError(-failed, f"seccomp: {os.strerror(-failed)}")


def calls(names: Iterable[str]) -> Iterator[str]:
    """Yield the calls that stand for these names, some of which are sets of others (``@system-service``)."""
    for name in names:
        if name.startswith("@"):
            yield from calls(members(name))
        else:
            yield name


def members(name: str) -> list[str]:
    """Return what is in a set."""
    command = ["systemd-analyze", "syscall-filter", name]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    return [line.strip() for line in told if line.strip() and not line.strip().startswith("#")]


def allowed(lines: Iterable[str]) -> set[str]:
    """Return the calls that ``SystemCallFilter=`` leaves, the first of which is a list of what is allowed."""
    left = set(calls(["@default"]))
    for line in lines:
        found = set(calls(line.removeprefix("~").split()))
        left = left - found if line.startswith("~") else left | found
    return left


def settings(unit: Path) -> list[tuple[str, str]]:
    """Return the settings of a unit, in order."""
    pairs = [line.partition("=")[::2] for line in unit.read_text().splitlines() if not line.startswith(("#", "["))]
    return [(name.strip(), value.strip()) for name, value in pairs]


def main(unit: Path, program: list[str]) -> None:
    """Take away what the unit takes away, and become the program."""
    known = settings(unit)
    allows, forbids = Filter(REFUSE), Filter(ALLOW)
    for call in sorted(allowed(value for name, value in known if name == "SystemCallFilter")):
        allows.rule(ALLOW, call)
    for name, value in known:
        for call, comparison in FORBIDDEN.get(name, ()) if value == "yes" else ():
            forbids.rule(REFUSE, call, comparison)
        if name == "RestrictAddressFamilies":
            left = {getattr(socket, family) for family in value.split()}
            for family in set(range(FAMILIES)) - left:
                forbids.rule(REFUSE, "socket", Comparison(0, MASKED_EQUAL, 2**64 - 1, family))
    ctypes.CDLL(None).prctl(*REFUSE_EXEC_GAIN)
    forbids.load()
    allows.load()
    os.execvp(program[0], program)  # noqa: S606 - to be what was asked for, and no shell


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
