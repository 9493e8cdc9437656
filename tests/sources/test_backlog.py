"""The sync log directory, with real files, times, renames and permissions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bmrepmon.model.backlog import SyncBacklog
from bmrepmon.model.readings import SourceError
from bmrepmon.sources.backlog import BacklogSource

LINES = b"APPEND a.test!user.tom\nMAILBOX a.test!user.tom\nMAILBOX a.test!user.tom.Sent\n"


def put(directory: Path, name: str, content: bytes = LINES, *, at: float = 5000.0) -> Path:
    file = directory / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (at, at))
    return file


def look(directory: Path, *, made_at: float = 1000.0, **bounds: int) -> SyncBacklog:
    os.utime(directory, (made_at, made_at))
    return BacklogSource("bm-master", directory, **bounds).read()


def failure(directory: Path) -> SourceError:
    with pytest.raises(SourceError) as caught:
        BacklogSource("bm-master", directory).read()
    return caught.value


def test_no_file_means_that_everything_was_taken(tmp_path: Path) -> None:
    """At rest the directory is empty, and zero is what is known."""
    assert look(tmp_path) == SyncBacklog(0, 0, 0, 0, 0, 0, complete=True, oldest_at=None, batch_since=None)


def test_a_waiting_log_is_as_old_as_its_directory(tmp_path: Path) -> None:
    """The file's own time is that of its latest entry; the directory's is when the file was made."""
    put(tmp_path, "log")

    assert look(tmp_path) == SyncBacklog(1, len(LINES), 3, 2, 0, 0, complete=True, oldest_at=1000.0, batch_since=None)


def test_a_batch_tells_its_own_time(tmp_path: Path) -> None:
    """An old log-run is a batch that hangs; it is older than the log that grows beside it."""
    put(tmp_path, "log-run", b"MAILBOX a.test!user.zoe\n", at=900.0)
    put(tmp_path, "log")
    backlog = look(tmp_path)

    assert (backlog.files, backlog.entries, backlog.folders) == (2, 4, 3)
    assert (backlog.batch_since, backlog.oldest_at) == (900.0, 900.0)


def test_every_file_counts_whatever_its_name(tmp_path: Path) -> None:
    """BlueMind's several sync_clients may have names or directories of their own."""
    put(tmp_path, "log-2")
    put(tmp_path, "log-2-run", at=800.0)
    put(tmp_path, "3/log", b"USER tom@a.test\nTELEPORT x\n")
    os.utime(tmp_path / "3", (700.0, 700.0))
    backlog = look(tmp_path)

    assert (backlog.files, backlog.entries, backlog.users, backlog.unknown) == (3, 8, 1, 1)
    assert (backlog.batch_since, backlog.oldest_at) == (800.0, 700.0)


def test_the_bytes_read_are_bounded_and_the_bytes_told_are_not(tmp_path: Path) -> None:
    """A log of hours is measured whole and counted in part, and the part is marked as such."""
    put(tmp_path, "log", LINES * 100)
    backlog = look(tmp_path, look_bytes=10 * len(LINES) + 5)

    assert (backlog.bytes, backlog.entries, backlog.complete) == (100 * len(LINES), 30, False)


def test_a_bound_that_is_just_met_is_complete(tmp_path: Path) -> None:
    """Only what was left unread makes a lower bound."""
    put(tmp_path, "log", LINES * 10)
    backlog = look(tmp_path, look_bytes=10 * len(LINES))

    assert (backlog.entries, backlog.complete) == (30, True)


def test_what_is_no_file_is_no_backlog(tmp_path: Path) -> None:
    """Neither a pipe, which would never answer, nor a link out of the directory, nor an empty file holds work."""
    os.mkfifo(tmp_path / "log")
    (tmp_path / "log-old").symlink_to(put(tmp_path.parent, "elsewhere"))
    put(tmp_path, "log-run", b"")

    assert look(tmp_path).files == 0


def test_a_file_renamed_while_looking_is_looked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sync_client takes the log between its listing and its opening: the entries are found under the new name."""
    log = put(tmp_path, "log", at=3000.0)
    lstat = Path.lstat

    def taken(path: Path) -> os.stat_result:
        if log.exists():
            log.rename(tmp_path / "log-run")
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", taken)
    backlog = look(tmp_path)

    assert (backlog.files, backlog.entries, backlog.batch_since) == (1, 3, 3000.0)


def test_a_missing_directory_is_a_failure_with_a_way_out(tmp_path: Path) -> None:
    """It is not taken for an empty backlog."""
    error = failure(tmp_path / "core")

    assert error.reason == "missing"
    assert str(tmp_path / "core") in str(error)
    assert "sync_log" in str(error)


def test_a_file_instead_of_the_directory_is_a_failure(tmp_path: Path) -> None:
    """A path that points to the log itself is told from a missing one."""
    assert failure(put(tmp_path, "log")).reason == "not_a_directory"


def test_without_permission_the_backlog_is_unknown(tmp_path: Path) -> None:
    """Cyrus keeps it at 0700 for itself; a user without rights hears what to do."""
    directory = tmp_path / "core"
    put(directory, "log")
    directory.chmod(0o000)
    program = (
        "import os, sys; from pathlib import Path\n"
        "from bmrepmon.model.readings import SourceError; from bmrepmon.sources.backlog import BacklogSource\n"
        "os.chdir(sys.argv[1]); os.geteuid() or os.setuid(65534)\n"
        "try: print(BacklogSource('a', Path('core')).read())\n"
        "except SourceError as error: print(error.reason, error)\n"
    )
    tmp_path.chmod(0o755)
    printed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)

    assert printed.stdout.startswith(
        "permission sync log core: Permission denied; its backlog is unknown; run bmrepmon"
    )
