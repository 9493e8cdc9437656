"""``make soak``: a simulated week at speed; memory, threads, descriptors and series must stay flat."""

import argparse
import sys
from pathlib import Path

from soak.run import Look, growth, soak

ALLOWED = {"memory": 1.1, "threads": 1.0, "descriptors": 1.0, "series": 1.0}  # of the late figure to the early one
SLACK = {"memory": 0, "threads": 2, "descriptors": 3, "series": 0}  # rounds and connections that happen to run


def main() -> int:
    """Run, print a table, and return 1 when something grew."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=168.0, help="of simulated time")
    parser.add_argument("--seconds", type=float, default=86400.0, help="of our time, after which it ends")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help="file for the figures, in Markdown")
    asked = parser.parse_args()
    looks = list(soak(asked.seed, asked.hours, asked.seconds))
    text = table(looks, asked.seed)
    sys.stdout.write(text)
    if asked.write:
        asked.write.write_text(text)
    grown = [name for name, (early, late) in growth(looks).items() if late > early * ALLOWED[name] + SLACK[name]]
    sys.stdout.write(f"grew: {', '.join(grown)}\n" if grown else "flat\n")
    return int(bool(grown))


def table(looks: list[Look], seed: int) -> str:
    """Return the figures, as a page of the documentation."""
    rows = (f"| {name} | {early} | {late} |\n" for name, (early, late) in growth(looks).items())
    return (
        "# What the daemon costs over time\n\n"
        f"Measured by `make soak` (seed {seed}) over {looks[-1].simulated / 3600:.1f} simulated hours of a server\n"
        f"with 2 mailboxes and their probe, in {len(looks)} looks; its first quarter is left out.\n\n"
        "| figure | most in the first half | most in the second half |\n|---|--:|--:|\n"
        + "".join(rows)
        + "\nMemory is what is resident, in kB.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
