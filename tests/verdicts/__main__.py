"""``make verdicts``: a thousand days on which nobody is to be woken, five hundred stalls, and two rivals beside us."""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from verdicts.histories import calm_day, stalled_hours
from verdicts.run import Outcome, eta_errors, play

T = TypeVar("T")


def main() -> int:
    """Play what the command line asks for; return 1 when somebody was woken for nothing or a stall was missed."""
    parser = argparse.ArgumentParser(prog="verdicts", description=__doc__)
    parser.add_argument("--days", type=int, default=1000, help="on which nothing is wrong")
    parser.add_argument("--stalls", type=int, default=500)
    parser.add_argument("--migrations", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("build/verdicts.json"))
    asked = parser.parse_args()
    begun = time.monotonic()
    with ProcessPoolExecutor() as pool:
        calm = list(pool.map(partial(played, calm_day, asked.seed), range(asked.days), chunksize=4))
        stalls = list(pool.map(partial(played, stalled_hours, asked.seed), range(asked.stalls), chunksize=4))
        errors = list(pool.map(partial(eta_errors, asked.seed), range(asked.migrations)))
    document = summary(calm, stalls, [error for one in errors for error in one])
    document |= {"seed": asked.seed, "seconds": round(time.monotonic() - begun)}
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    asked.output.write_text(json.dumps(document, indent=2) + "\n")
    sys.stdout.write(table(document))
    return int(document["calm"]["false_criticals"]["ours"] > 0 or document["stalls"]["found"]["ours"] < len(stalls))


def played(make: Callable[[int, int], Any], seed: int, number: int) -> Outcome:
    """Play one history; a function of the module, so that other processes can."""
    return play(make(seed, number))


def summary(calm: Sequence[Outcome], stalls: Sequence[Outcome], errors: Sequence[float]) -> dict[str, Any]:
    """Return every figure."""
    found = [one.found_after for one in stalls if one.found_after is not None]
    by_cause = {
        cause: {
            "n": len(ours := [one for one in stalls if one.kind == cause]),
            "found": sum(one.found_after is not None for one in ours),
            "p50": percentile([one.found_after for one in ours if one.found_after is not None], 0.5),
            "p99": percentile([one.found_after for one in ours if one.found_after is not None], 0.99),
            "right_reason": share([bool(one.right_reason) for one in ours]),
        }
        for cause in dict.fromkeys(one.kind for one in stalls)
    }
    return {
        "calm": {
            "days": round(sum(one.seconds for one in calm) / 86400, 1),
            "judgements": sum(one.judgements for one in calm),
            "false_criticals": {
                "ours": sum(one.criticals for one in calm) + sum(one.criticals for one in stalls),
                "rate": sum(one.rate_rings for one in calm),
                "burrow": sum(one.burrow_rings for one in calm),
            },
            "noise": Counter(f"{one.kind}: {text}" for one in (*calm, *stalls) for text in one.noise).most_common(20),
        },
        "stalls": {
            "n": len(stalls),
            "found": {
                "ours": len(found),
                "rate": sum(one.rate_found is not None for one in stalls),
                "burrow": sum(one.burrow_found is not None for one in stalls),
            },
            "p50": {
                "ours": percentile(found, 0.5),
                "rate": percentile([one.rate_found for one in stalls if one.rate_found is not None], 0.5),
                "burrow": percentile([one.burrow_found for one in stalls if one.burrow_found is not None], 0.5),
            },
            "p99": {
                "ours": percentile(found, 0.99),
                "rate": percentile([one.rate_found for one in stalls if one.rate_found is not None], 0.99),
                "burrow": percentile([one.burrow_found for one in stalls if one.burrow_found is not None], 0.99),
            },
            "right_reason": share([bool(one.right_reason) for one in stalls]),
            "by_cause": by_cause,
        },
        "eta": {"n": len(errors), "median_error": percentile(errors, 0.5), "p90_error": percentile(errors, 0.9)},
    }


def percentile(values: Sequence[float], part: float) -> float | None:
    """Return the value that ``part`` of all do not exceed; None of none."""
    if len(values) < 2:
        return round(values[0], 3) if values else None
    return round(statistics.quantiles(values, n=1000, method="inclusive")[round(part * 1000) - 1], 3)


def share(good: Sequence[bool]) -> float | None:
    """Return how much of it is true."""
    return round(sum(good) / len(good), 4) if good else None


def table(document: dict[str, Any]) -> str:
    """Return the figures as tables in Markdown."""
    calm, stalls, eta = document["calm"], document["stalls"], document["eta"]
    rows = [
        ("false alarms on calm days", calm["false_criticals"]),
        (f"found, of {stalls['n']}", stalls["found"]),
        ("found after, median (s)", stalls["p50"]),
        ("found after, p99 (s)", stalls["p99"]),
    ]
    lines = [
        f"{calm['days']:g} calm days, {calm['judgements']} judgements, {stalls['n']} stalls, seed {document['seed']}\n",
        "| | bmrepmon | rate == 0 for 15m | Burrow's rules |",
        "|---|--:|--:|--:|",
        *(f"| {name} | {of['ours']} | {of['rate']} | {of['burrow']} |" for name, of in rows),
        "\n| cause | n | found | p50 (s) | p99 (s) | right reason |",
        "|---|--:|--:|--:|--:|--:|",
        *(
            f"| {cause} | {of['n']} | {of['found']} | {of['p50']} | {of['p99']} | {of['right_reason']} |"
            for cause, of in stalls["by_cause"].items()
        ),
        f"\nTime to drained: {eta['n']} estimates, median error {eta['median_error']}, p90 {eta['p90_error']}",
        *(f"noise: {text} ({times})" for text, times in calm["noise"]),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
