"""Writes the page about one or more runs: ``python -m bench.page build/bench.json ... > docs/benchmarks.md``."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.report import table

HEAD = """# Benchmarks

<!-- Made by `python -m bench.page` from build/bench.json: edit bench/page.py, not this. -->

What the monitor costs has to follow what changes on a server, not its size. `make bench` makes its inputs (a million
messages, five million rows, 100,000 folders, 60 MB of replication.log), runs ours and what an administrator would
use today on the same input in turn, checks that both give the same answer, and writes `build/bench.json`. Smaller
inputs: `make bench BENCH_FLAGS='--messages 100000 --bodies 500000'`; all options: `python -m bench --help`.

It runs with the distribution's Python where there is one, because that is what servers have; a Python that was compiled
without a profile takes a tenth to a fifth more time.

Each figure is the median of `n` runs, with the least and the greatest. `ratio` is ours divided by the peer's; a bar is
what we hold ourselves to. Where a bar is missed, the table says so, and [below](#where-a-bar-is-missed) stands why.
"""
WORDS = r"""
## What the rows are

| row | ours | peer |
|---|---|---|
| `spool_full_*` | first count of a spool, as the daemon does it | `find -type f \| wc -l`, as administrators do it |
| `spool_fd_*` | the same | `fd`, with all processors |
| `spool_unique_*` | the same with hard links counted once | `find` with `sort -u` |
| `spool_recount_1pct` | the next round, after messages came into 1 % of the folders | `find` again |
| `spool_recount_scale` | a round without change | ours, with a tenth of the messages in as many folders |
| `folders_*_first`, `_changed`, `_memory` | headers of all folders; those of 1 % that changed; what is kept of them | |
| `bodies_sample` | the count carried forward from PostgreSQL's own counters | `select count(*)`, warm |
| `log_read` | all the daemon's work on replication.log: events, pairs, counters, positions | mtail, equal work |
| `log_count` | the same | mtail, which only counts |
| `log_grep` | the same | `grep -c 'APPLY MAILBOX'`, which counts one kind of line |
| `log_follow_cpu` | 2,000 lines a second, each a write of its own, once under way | watchdog, awake at each event |
| `audit_messages` | `bmrepmon audit` against a database | |
| `scrape_*` | the slowest of 100 scrapes over HTTP while everything changes | the client library's rendering |
| `page_first_byte` | the status page's first byte, the slowest of 100 | |
| `start_*` | a command from start to end | |
| `daemon_idle_*` | the daemon beside a simulated server of 10,000 folders, five minutes of steady life | |

## Where a bar is missed

- `log_follow_cpu`: a line of 370 bytes costs 1.5 microseconds where much of a log is read in one go, and 1.6 to 1.9
  where others have used the processor since the last look; on a machine where the peer took twice as much of a core,
  ours took 0.6 %. No step stands out any more: reading and cutting into lines are a sixth of it, the folders' positions
  a tenth. It is plain Python, [on purpose](explanation/libraries.md#no-compiled-code-of-our-own); one loop without a
  single call was tried and takes three hundredths of that away.

`daemon_idle_cpu` was at its bar on that slower machine, 0.50 to 0.54 %. Since then the kernel is asked for connections
by netlink, which was a sixth of it.

`daemon_idle_rss` is that of a daemon that is only scraped; the first visitor of its page or its API brings three
mebibytes more. Its systemd unit leaves the docstrings out, which are two: a daemon that is started otherwise has them.
"""


def page(runs: Sequence[Mapping[str, Any]]) -> str:
    """Return the page about these runs, in their order."""
    return HEAD + "".join(_section(number, run) for number, run in enumerate(runs, 1)) + WORDS


def _section(number: int, run: Mapping[str, Any]) -> str:
    machine = run["machine"]
    where = (
        f"{machine['processor']}, {machine['cpus']} processors, Linux {machine['kernel']}, Python {machine['python']}"
    )
    return f"\n## Run {number}\n\n{where}\n\n{table(run)}"


if __name__ == "__main__":
    sys.stdout.write(page([json.loads(Path(name).read_text()) for name in sys.argv[1:]]))
