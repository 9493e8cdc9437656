"""The command line: commands, options, exit codes; no logic.

Exit codes: 0 fine, 1 failed (one clear line on stderr), 2 wrong usage. One module a command, imported when it is the
one that was asked for; what costs time is imported by what needs it, so that `--help` and the small commands start at
once.
"""

import gc
import sys
from importlib import import_module

import click

from bmrepmon import __version__
from bmrepmon.words.terminal import settle

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
COMMANDS = ("run", "once", "status", "folders", "audit", "doctor", "check-config", "replay", "nagios", "demo")
COLLECTED_AFTER = 10_000  # new values; Python's own 700 has it go through all classes and functions while they are made


class Commands(click.Group):
    """The commands; each is the function of its name in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click hands it over
        """Name them."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import one of them."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name != "run":  # which lives long, and keeps three mebibytes less when it collects as Python means to
            gc.set_threshold(COLLECTED_AFTER)
        name = cmd_name.replace("-", "_")
        found: click.Command = getattr(import_module(f"bmrepmon.cli.{name}"), name)
        return found


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="bmrepmon", message="%(prog)s %(version)s")
def bmrepmon() -> None:
    """Watch the mail replication of a BlueMind 4 server.

    Start with "bmrepmon doctor": it tells what can be read on this machine, and what to do about the rest.
    """


def main() -> None:
    """Run the command line: the entry point of the `bmrepmon` program."""
    settle(sys.stdout, sys.stderr)
    bmrepmon(prog_name="bmrepmon")
