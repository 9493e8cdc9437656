"""The options of the commands that ask the running daemon."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bmrepmon.cli.options import FILE
from bmrepmon.cli.terminal import texts

if TYPE_CHECKING:
    from bmrepmon.offline.asking import Door
    from bmrepmon.words.language import Language

F = TypeVar("F", bound=Callable[..., Any])

URL = "http://127.0.0.1:10057"
OPTIONS = (
    click.option("--url", default=URL, show_default=True, help="Where the daemon listens."),
    click.option("--user", help="Who asks, where the daemon wants a password."),
    click.option("--password-file", type=FILE, help="The password of --user, on the first line of a file."),
    click.option("--ca-file", type=FILE, help="Trust a daemon whose certificate these authorities have signed."),
    click.option("--cert-file", type=FILE, help="Our own certificate, for a daemon that asks for one."),
    click.option("--key-file", type=FILE, help="The key of --cert-file, when it is not in the same file."),
    click.option(
        "--timeout",
        default=10.0,
        show_default=True,
        type=click.FloatRange(min=0.1),
        help="Seconds to wait for the answer.",
    ),
)


def asks(command: F) -> F:
    """Add the options."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def door(t: "Language", url: str, timeout: float, user: str | None, **files: Path | None) -> "Door":
    """Read the options, whose names they are; the password never comes from the command line."""
    from urllib.parse import urlsplit

    from bmrepmon.offline.asking import Door

    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        usable = False
    if not usable:
        raise click.UsageError(t("bad_url", url=URL))
    if parts.username or parts.password:
        raise click.UsageError(t("secret_in_url"))
    password_file = files.pop("password_file")
    if (user is None) != (password_file is None):
        raise click.UsageError(t("half_a_login"))
    password = _password(password_file, t) if password_file else ""
    return Door(url, timeout, user, password, **files)


def read(there: "Door", path: str, kind: Any) -> Any:
    """Ask for a document of a kind; what is none of that kind is a failure that says so."""
    import msgspec

    from bmrepmon.failures import Failure
    from bmrepmon.offline.asking import ask

    t = texts("ask")
    answer = ask(there, path, t)
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.MsgspecError:
        raise Failure(t("gibberish", url=there.url)) from None


def _password(file: Path, t: "Language") -> str:
    from bmrepmon.failures import Failure

    try:
        return file.read_text("utf-8").partition("\n")[0]
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise Failure(t("unreadable", file=file, why=why)) from None
