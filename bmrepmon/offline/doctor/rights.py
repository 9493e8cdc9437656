"""Who we are, who owns what, and what would let us read it."""

import grp
import os
import pwd
import re
import shlex
from pathlib import Path

from bmrepmon.offline.doctor.check import Check
from bmrepmon.words.language import Language

READ_ALL = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, as bits of CapEff; linux/capability.h
CYRUS = "cyrus"  # makes its folders 0700 and its files 0600


def user() -> str:
    """Return the name of the user that runs this, or its number."""
    return _name_of_user(os.geteuid())


def reads_everything() -> bool:
    """Whether permissions do not stop us: root, or a capability."""
    match = re.search(rb"^CapEff:\s*([0-9a-f]+)", Path("/proc/self/status").read_bytes(), re.MULTILINE)
    return bool(match and int(match[1], 16) & READ_ALL)


def identity(t: Language) -> Check:
    """Tell who looks: what root can read says nothing about what the service can."""
    if os.geteuid() == 0:
        return Check(t("user"), "note", t("root"), (t("root_way"),))
    groups = ", ".join(sorted(_name_of_group(gid) for gid in os.getgroups())) or t("no_group")
    return Check(t("user"), "ok", t("reads_everything" if reads_everything() else "groups", user=user(), groups=groups))


def ownership(t: Language, path: Path) -> str:
    """Describe ``path`` as ``ls -l`` would: ``cyrus:mail 0700``."""
    try:
        status = path.stat()
    except OSError:
        return t("owner_unknown")
    return f"{_name_of_user(status.st_uid)}:{_name_of_group(status.st_gid)} {status.st_mode & 0o7777:04o}"


def remedy(t: Language, path: Path) -> tuple[str, ...]:
    """Return what lets this user read ``path``: for Cyrus's own files a right of the service, else an access list."""
    place = barrier(path)
    quoted, name = shlex.quote(str(place)), shlex.quote(user())
    if CYRUS in ownership(t, place) or any(CYRUS in part for part in path.parts):
        return (
            t("private_way"),
            "systemctl edit bmrepmon   # [Service] AmbientCapabilities=CAP_DAC_READ_SEARCH",
        )
    if not place.is_dir():
        return (f"setfacl -m u:{name}:r {quoted}",)
    if place == path:
        return (f"setfacl -R -m u:{name}:rX -m d:u:{name}:rX {quoted}",)
    return (t("enter_way", command=f"setfacl -m u:{name}:x {quoted}"),)


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
