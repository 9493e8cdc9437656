"""The machine below a root, as discovery looks at it; everything odd is noted, nothing is fatal."""

from collections.abc import Mapping
from errno import ELOOP, ENAMETOOLONG, errorcode
from pathlib import Path
from types import MappingProxyType

from bmrepmon.config.installation import Finding, Reason
from bmrepmon.config.places import PLACES

NOT_THERE = (ELOOP, ENAMETOOLONG)  # beside what Python has names for


class Machine:
    """Looks into files below ``root`` and keeps the findings."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        """Look below ``root``, with the environment ``environ``."""
        self.root = root
        self.environ = environ
        self.findings: list[Finding] = []

    def note(self, subject: str, reason: Reason, text: str, path: Path | None = None, **values: str) -> None:
        """Keep a finding, once; ``text`` and ``values`` make its sentence."""
        finding = Finding(subject, reason, text, MappingProxyType(values), path)
        if finding not in self.findings:
            self.findings.append(finding)

    def below(self, path: str) -> Path:
        """Return a default ``path`` below the root."""
        return self.root / path.lstrip("/")

    def exists(self, path: Path) -> bool:
        """Whether something is at ``path``; where we cannot look, yes: its source tells why, and forgets nothing."""
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return False
        except OSError as error:  # not allowed, or a disk that fails
            return error.errno not in NOT_THERE
        return True

    def place(self, section: str, key: str, written: str | None, subject: str, *, folder: bool = False) -> Path | None:
        """Decide a path: as written, or the default one if it (or, for a log, its ``folder``) exists."""
        if written is not None:
            return Path(written) if written else None
        default = self.below(PLACES[section, key])
        if self.exists(default.parent if folder else default):
            return default
        self.note(subject, "absent", "not_here", default.parent if folder else default)
        return None

    def read(self, path: Path, subject: str, text: str) -> bytes | None:
        """Return the content of ``path``; ``None`` if it is missing, or, with the finding ``text``, unreadable."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            problem = errorcode.get(getattr(error, "errno", None) or 0, "no_name")
            self.note(subject, "unreadable", text, path, problem=problem)
            return None

    def folders(self, path: Path) -> frozenset[str]:
        """Return the names of the folders in ``path``; none if it cannot be listed, which its source will say."""
        try:
            return frozenset(entry.name for entry in path.iterdir() if entry.is_dir())
        except OSError:
            return frozenset()
