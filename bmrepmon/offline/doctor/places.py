"""Can files and folders be read: by reading a little of each, since permissions alone do not tell."""

import errno
import os
import shlex
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bmrepmon.offline.doctor.check import Check
from bmrepmon.offline.doctor.rights import ownership, remedy, user
from bmrepmon.words.language import Language
from bmrepmon.words.problem import problem

DEPTH = 6  # below a store's root: partition/domain/letter/domain/letter/user
PATIENCE = 3.0  # seconds for the walk over one store
QUEUE = 50  # files of a sync log that are tried
NAMED = 3  # unreadable folders that are named
FOREIGN = "lost+found"  # the file system's own, closed to all but root


def file_check(t: Language, subject: str, path: Path, if_missing: Check) -> Check:
    """Try to read a file."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except FileNotFoundError:
        return if_missing
    except OSError as error:
        return _unreadable(t, subject, path, error)
    return Check(subject, "ok", f"{path}: {ownership(t, path)}")


def missing(t: Language, subject: str, path: Path, key: str) -> Check:
    """Say that a path that somebody wrote in ``key`` does not exist."""
    return Check(subject, "failed", t("missing", path=path), (t("missing_way", key=key),))


def _unreadable(t: Language, subject: str, path: Path, error: OSError) -> Check:
    if isinstance(error, PermissionError):
        told = t("forbidden", path=path, owner=ownership(t, path), user=user())
        return Check(subject, "failed", told, remedy(t, path))
    told = t("not_readable", path=path, problem=problem(t, errno.errorcode.get(error.errno or 0, "EIO")))
    return Check(subject, "failed", told, (t("not_readable_way"),))


def queue_check(t: Language, subject: str, path: Path, if_missing: Check, steady: Callable[[], float]) -> Check:
    """Try to read the files of a sync log, after its folder."""
    check = tree_check(t, subject, path, if_missing, steady)
    if check.status != "ok":
        return check
    gone = Check(subject, "ok", check.found)  # sync_client was faster
    files = (file_check(t, subject, file, gone) for file in islice(sorted(path.iterdir()), QUEUE) if file.is_file())
    return next((file for file in files if not file.good), check)


def tree_check(t: Language, subject: str, path: Path, if_missing: Check, steady: Callable[[], float]) -> Check:
    """Walk a little into a folder and count what cannot be listed there."""
    try:
        next(path.iterdir(), None)
    except FileNotFoundError:
        return if_missing
    except OSError as error:
        return _unreadable(t, subject, path, error)
    walk = walked(path, steady)
    about = t(
        "looked_into_in_time" if walk.cut_short else "looked_into",
        about=f"{path}: {ownership(t, path)}",
        n=t.number(walk.listed),
        patience=t.seconds(PATIENCE),
    )
    if not walk.unreadable:
        return Check(subject, "ok", about)
    names = ", ".join(str(folder.relative_to(path)) for folder in walk.unreadable[:NAMED])
    names += ", ..." if len(walk.unreadable) > NAMED else ""
    told = t("unreadable", about=about, user=user(), n=t.number(len(walk.unreadable)), names=names)
    return Check(subject, "failed", told, remedy(t, walk.unreadable[0]))


@dataclass(slots=True)
class Walk:
    """How far a walk came."""

    listed: int = 0
    unreadable: list[Path] = field(default_factory=list)
    cut_short: bool = False


def walked(root: Path, steady: Callable[[], float]) -> Walk:
    """List folders level by level, down to ``DEPTH`` levels below ``root``, for no longer than our patience."""
    walk, end = Walk(), steady() + PATIENCE
    waiting = deque([(root, 0)])
    while waiting:
        if steady() > end:
            walk.cut_short = True
            break
        folder, level = waiting.popleft()
        walk.listed += 1
        try:
            waiting.extend((below, level + 1) for below in _folders(folder) if level < DEPTH)
        except PermissionError:
            walk.unreadable.append(folder)
        except OSError:
            walk.listed -= 1  # it went away, as folders do in a living spool
    return walk


def _folders(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        yield from (Path(entry) for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name != FOREIGN)


def writable_check(t: Language, path: Path) -> Check:
    """Tell whether what must survive a restart can be kept; nothing is written to find out."""
    subject, name, quoted = t("state_directory"), user(), shlex.quote(str(path))
    try:
        path.stat()
    except FileNotFoundError:
        step = t("no_state_way", command=f"install -d -m 0700 -o {name} {quoted}")
        return Check(subject, "note", t("no_state", path=path), (step,))
    except OSError as error:
        return _unreadable(t, subject, path, error)
    if path.is_dir() and os.access(path, os.W_OK | os.X_OK, effective_ids=True):
        return Check(subject, "ok", f"{path}: {ownership(t, path)}")
    step = t("not_writable_way", command=f"chown {name} {quoted}", user=name)
    return Check(subject, "failed", t("not_writable", path=path, owner=ownership(t, path), user=name), (step,))
