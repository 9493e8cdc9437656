"""What holds at this moment: read from the web configuration, and read again when a file of it changes."""

import ipaddress
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bmrepmon.config.settings import Web
from bmrepmon.model.frozen import frozen
from bmrepmon.publish.access.document import WebConfig, WebConfigError, parse_web_config
from bmrepmon.publish.access.passwords import Passwords
from bmrepmon.publish.access.tls import build_context

Stamp = tuple[tuple[int, ...] | None, ...]  # what tells of each file that it is another, None where it is not there
LOOK_EVERY = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Rules:
    """One reading of the file, whole."""

    context: ssl.SSLContext | None = None
    headers: Mapping[str, str] = field(default_factory=frozen)
    users: Mapping[str, bytes] = field(default_factory=frozen)

    @property
    def checks_clients(self) -> bool:
        """Whether only clients with a certificate come in."""
        return self.context is not None and self.context.verify_mode is ssl.CERT_REQUIRED


class Access:
    """The present rules; without a file everybody may read, without TLS."""

    def __init__(self, file: Path | None = None, say: Callable[[str], None] = lambda _: None) -> None:
        """Read ``file``; ``say`` is told in one line of each later change. Raises WebConfigError."""
        self._file, self._say = file, say
        self._files: tuple[Path, ...] = () if file is None else (file,)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="web-config", daemon=True)
        self.passwords = Passwords()
        self.rules = Rules()
        if file is not None:
            self.rules = self._read(file)
        self._stamp: Stamp = stamp(self._files)

    @property
    def alive(self) -> bool:
        """Whether changes are seen."""
        return self._file is None or self._thread.is_alive()

    def start(self) -> None:
        """Begin to look for changes; in a thread, since the disk may hang."""
        if self._file is not None:
            self._thread.start()

    def stop(self) -> None:
        """End without waiting for a disk."""
        self._stop.set()
        self.passwords.stop()

    def refresh(self) -> None:
        """Read the file again if it or a certificate changed; a bad one changes nothing but is told, once."""
        now = stamp(self._files)
        if self._file is None or now == self._stamp:
            return
        try:
            self.rules = self._read(self._file)
        except WebConfigError as error:
            self._say(f"the web configuration stays as it was: {'; '.join(error.lines)}")
        else:
            self._say("the web configuration was read again")
        self._stamp = now if now == stamp(self._files) else ()  # what changed meanwhile is read at the next look

    def _read(self, file: Path) -> Rules:
        config = parse_web_config(content(file), str(file))
        self._files = (file, *named(config))
        context = build_context(config.tls, str(file)) if config.tls else None
        return Rules(context, config.headers, config.users)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self.refresh()


def open_access(web: Web, say: Callable[[str], None]) -> Access:
    """Read the web configuration, if there is one. Raises WebConfigError with every problem."""
    return Access(Path(web.config) if web.config else None, say)


def warn_of_strangers(web: Web, rules: Rules, say: Callable[[str], None]) -> None:
    """Tell once, with the way out, when anybody elsewhere may read, or could read a password."""
    open_to = [str(address) for address in web.listen if not is_loopback(address.host)]
    if open_to and not (rules.users or rules.checks_clients):
        say(
            f"{', '.join(open_to)} can be read from elsewhere, without a password: name users or client certificates "
            "in a file for --web-config, or listen on 127.0.0.1"
        )
    elif open_to and rules.context is None:
        say(f"{', '.join(open_to)} takes passwords without TLS: add tls_server_config to {web.config}")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def content(file: Path) -> bytes:
    """Read the file. Raises WebConfigError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise WebConfigError(
            f"{file}: cannot be read: {error.strerror}; check --web-config and let the user that runs bmrepmon read it"
        ) from None


def named(config: WebConfig) -> tuple[Path, ...]:
    """Return the files that ``config`` names."""
    tls = config.tls
    return tuple(Path(path) for path in (tls.cert_file, tls.key_file, tls.client_ca_file) if path) if tls else ()


def stamp(files: tuple[Path, ...]) -> Stamp:
    """Return what changes when any of ``files`` does."""
    return tuple(map(_stamp, files))


def _stamp(file: Path) -> tuple[int, ...] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
