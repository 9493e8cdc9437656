"""Who we are, who owns what, and what would let us read it."""

import grp
import os
import pwd
import re
import shlex
from pathlib import Path

from bmrepmon.offline.doctor.check import Check

READ_ALL = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, as bits of CapEff; linux/capability.h
CYRUS = "cyrus"  # makes its folders 0700 and its files 0600


def user() -> str:
    """Return the name of the user that runs this, or its number."""
    return _name_of_user(os.geteuid())


def reads_everything() -> bool:
    """Whether permissions do not stop us: root, or a capability."""
    match = re.search(rb"^CapEff:\s*([0-9a-f]+)", Path("/proc/self/status").read_bytes(), re.MULTILINE)
    return bool(match and int(match[1], 16) & READ_ALL)


def identity() -> Check:
    """Tell who looks: what root can read says nothing about what the service can."""
    name = user()
    if os.geteuid() == 0:
        return Check(
            "user",
            "note",
            "you are root, who may read everything; the service may run as another user",
            ("ask as that user too, for example: sudo -u cyrus bmrepmon doctor",),
        )
    groups = ", ".join(sorted(_name_of_group(gid) for gid in os.getgroups())) or "none"
    power = "may read every file (CAP_DAC_READ_SEARCH)" if reads_everything() else f"has the groups {groups}"
    return Check("user", "ok", f"{name} {power}")


def ownership(path: Path) -> str:
    """Describe ``path`` as ``ls -l`` would: ``cyrus:mail 0700``."""
    try:
        status = path.stat()
    except OSError:
        return "owner unknown"
    return f"{_name_of_user(status.st_uid)}:{_name_of_group(status.st_gid)} {status.st_mode & 0o7777:04o}"


def remedy(path: Path) -> tuple[str, ...]:
    """Return what lets this user read ``path``: for Cyrus's own files a right of the service, else an access list."""
    place = barrier(path)
    quoted, name = shlex.quote(str(place)), shlex.quote(user())
    if CYRUS in ownership(place) or any(CYRUS in part for part in path.parts):
        return (
            "Cyrus lets nobody but itself read this. Let the service run as cyrus (User=cyrus), or give it the right:",
            "systemctl edit bmrepmon   # [Service] AmbientCapabilities=CAP_DAC_READ_SEARCH",
        )
    if not place.is_dir():
        return (f"setfacl -m u:{name}:r {quoted}",)
    if place == path:
        return (f"setfacl -R -m u:{name}:rX -m d:u:{name}:rX {quoted}",)
    return (f"setfacl -m u:{name}:x {quoted}   # then ask again: what lies below may need more",)


def forbidden(path: Path) -> bool:
    """Whether it is permission that keeps us from reading the file ``path``."""
    try:
        path.open("rb").close()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def barrier(path: Path) -> Path:
    """Return the folder above ``path`` that cannot be entered, or ``path`` itself."""
    for part in (*reversed(path.parents), path):
        try:
            part.stat()
        except PermissionError:
            return part.parent
        except OSError:
            break
    return path


def _name_of_user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _name_of_group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
