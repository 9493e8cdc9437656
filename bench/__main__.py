"""``make bench``: compare, print the table, write build/bench.json."""

import argparse
import json
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from time import perf_counter

from bench.audit import audits
from bench.bodies import samples
from bench.folders import surveys
from bench.follow import log_follow_cpu
from bench.idle import idles
from bench.log import log_reads
from bench.measure import Differs, Result
from bench.page_load import first_bytes
from bench.report import document, table
from bench.scrape import scrapes
from bench.spool import counts
from bench.start import starts

PHASES: Mapping[str, Callable[[Namespace, Path], Iterable[Result]]] = {  # given a folder for its inputs
    "spool": lambda asked, place: counts(place, asked.messages, asked.folders, asked.runs),
    "folders": lambda asked, place: surveys(place, asked.cyrus_folders, asked.runs),
    "bodies": lambda asked, _: samples(asked.bodies, asked.body_width, asked.runs),
    "log": lambda asked, place: log_reads(place / "replication.log", asked.log_megabytes, asked.runs),
    "follow": lambda asked, place: [log_follow_cpu(place, asked.follow_seconds, asked.runs)],
    "audit": lambda asked, place: audits(place / "server", asked.audited, asked.runs),
    "scrape": lambda asked, _: scrapes(asked.series, asked.runs),
    "page": lambda asked, _: [first_bytes(asked.runs)],
    "start": lambda asked, _: starts(asked.runs),
    "idle": lambda asked, _: idles(asked.idle_folders, asked.idle_seconds),
}


def main() -> int:
    """Run what the command line asks for; return 1 when two ways give two answers.

    All inputs go away at the end: where ext4 has no journal, it looks for a free inode past every one that was freed
    within the last minutes, and a million of these make the next phase's inputs take minutes.
    """
    asked = _asked()
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.output.parent) as inputs:
        try:
            results = [result for name in asked.only for result in _phase(name, asked, Path(inputs, name))]
        except Differs as error:
            sys.stderr.write(f"{error}\n")
            return 1
    told = document(results)
    asked.output.write_text(json.dumps(told, indent=2) + "\n")
    sys.stdout.write(table(told))
    return 0


def _asked() -> Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, help="files of the spool")
    parser.add_argument("--folders", type=int, default=10_000, help="of the spool")
    parser.add_argument("--cyrus-folders", type=int, default=100_000, help="whose metadata is looked at")
    parser.add_argument("--bodies", type=int, default=5_000_000, help="rows of the table of bodies")
    parser.add_argument("--body-width", type=int, default=400, help="bytes of each such row")
    parser.add_argument("--audited", type=int, default=100_000, help="messages that are held against a database")
    parser.add_argument("--log-megabytes", type=int, default=60, help="of replication.log")
    parser.add_argument("--follow-seconds", type=float, default=4.0, help="that a log is written and followed")
    parser.add_argument("--series", type=int, nargs="+", default=[1000, 5000], help="of a scrape")
    parser.add_argument("--idle-folders", type=int, default=10_000, help="of a server beside which the daemon idles")
    parser.add_argument("--idle-seconds", type=float, default=300.0, help="that the idle daemon is watched")
    parser.add_argument("--runs", type=int, default=3, help="of each side, in turn")
    parser.add_argument("--only", nargs="+", choices=PHASES, default=list(PHASES), help="these phases")
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"))
    return parser.parse_args()


def _phase(name: str, asked: Namespace, place: Path) -> Iterator[Result]:
    """Run a phase and say how long it took."""
    begun = perf_counter()
    place.mkdir()
    yield from PHASES[name](asked, place)
    sys.stderr.write(f"{name}: {perf_counter() - begun:.0f} s\n")


if __name__ == "__main__":
    sys.exit(main())
