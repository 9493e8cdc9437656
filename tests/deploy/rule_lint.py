"""What promtool does not look for in a rule: the offline checks of cloudflare/pint that make sense here, as functions.

Each takes a rule and yields what is wrong with it, in a few words.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from bmrepmon.publish.metrics import METRICS, SERIES_DROPPED

OF_PROMETHEUS = {"up": frozenset({"job", "instance"})}  # and these labels every target has
TARGET = frozenset({"job", "instance"})
SCRAPE_SECONDS = 30.0  # deploy/prometheus/scrape.example.yml; a window needs four of them to survive a failed one
MINUTE = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TEMPLATE_FUNCTIONS = {"humanizeDuration", "humanize1024", "humanizePercentage"}


class Rule(NamedTuple):
    """One rule of a file."""

    name: str  # of the alert, or what is recorded
    expr: str
    alert: bool
    wait: str | None  # for
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


def read(file: Path) -> list[Rule]:
    """Return the rules of a file, in their order."""
    groups = yaml.safe_load(file.read_text("utf-8"))["groups"]
    return [_rule(rule) for group in groups for rule in group["rules"]]


def _rule(found: Mapping[str, Any]) -> Rule:
    expr = re.sub(r"#.*", "", str(found["expr"]))
    parts = found.get("labels", {}), found.get("annotations", {})
    return Rule(found.get("alert") or found["record"], expr, "alert" in found, found.get("for"), *parts)


class Known(NamedTuple):
    """What may be asked for: the labels of every metric and of everything that is recorded."""

    labels: Mapping[str, frozenset[str]]


def known(rules: Iterable[Rule]) -> Known:
    """Return what the program publishes and what ``rules`` record of it."""
    labels = {metric.name: TARGET | set(metric.labels) for metric in (*METRICS, SERIES_DROPPED)}
    found: dict[str, frozenset[str]] = {**OF_PROMETHEUS, **labels}
    for rule in rules:
        if not rule.alert:
            lists = by_lists(rule.expr)
            sources = [found[name] for name in metrics(rule.expr) if name in found]
            found[rule.name] = lists[0] if lists else frozenset().union(*sources)
    return Known(found)


def metrics(expr: str) -> list[str]:
    """Return the names of all series that an expression asks for."""
    named = [name for text in re.findall(r'__name__=~"([^"]+)"', expr) for name in text.split("|")]
    return named + re.findall(r"\b(?:backend:\w+:\w+|bmrepmon_\w+|up)\b(?![\"|])", re.sub(r'"[^"]*"', '""', expr))


def by_lists(expr: str) -> list[frozenset[str]]:
    """Return the labels of every aggregation."""
    return [frozenset(re.findall(r"\w+", text)) for text in re.findall(r"\bby \(([^)]*)\)", expr)]


# --- the checks


def unknown_series(rule: Rule, of: Known) -> Iterator[str]:
    """Nobody publishes or records it."""
    for name in metrics(rule.expr):
        if re.sub(r"_(bucket|sum|count)$", "", name) not in of.labels and name not in of.labels:
            yield f"nobody publishes {name}"


def unknown_labels(rule: Rule, of: Known) -> Iterator[str]:
    """It is selected, kept or matched by a label that no series of the expression has."""
    there = frozenset().union(*(of.labels.get(name, frozenset()) for name in metrics(rule.expr)))
    asked = {label for text in by_lists(rule.expr) for label in text}
    for text in re.findall(r"\b(?:on|ignoring) \(([^)]*)\)", rule.expr):
        asked |= set(re.findall(r"\w+", text))
    for name, text in re.findall(r"(\b[\w:]+)\{([^}]*)\}", rule.expr):
        selected = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", text))
        yield from (f"{name} has no label {label}" for label in sorted(selected - of.labels.get(name, selected)))
    yield from (f"no series has the label {label}" for label in sorted(asked - there))


def bare_counters(rule: Rule, _: Known) -> Iterator[str]:
    """A counter says nothing but by how much it grows."""
    for before, counter in re.findall(r"(\w*)\(?(\b\w+_total)\b", rule.expr):
        if before not in {"rate", "increase", "irate"}:
            yield f"{counter} is a counter"


def no_comparison(rule: Rule, _: Known) -> Iterator[str]:
    """An alert without one rings for every series that there is."""
    if rule.alert and not re.search(r"==|!=|<|>|\babsent\(", re.sub(r"\{[^}]*\}", "", rule.expr)):
        yield "compares nothing"


def needless_regex(rule: Rule, _: Known) -> Iterator[str]:
    """Equality serves, and is faster."""
    for text in re.findall(r'[=!]~"([^"]*)"', rule.expr):
        if not re.search(r"[|.*+?\[(\\$^]", text):
            yield f'"{text}" is no pattern'


def short_windows(rule: Rule, _: Known) -> Iterator[str]:
    """One failed scrape must not make a rate disappear."""
    for number, unit in re.findall(r"\[(\d+)([smhd])\]", rule.expr):
        if int(number) * MINUTE[unit] < 4 * SCRAPE_SECONDS:
            yield f"[{number}{unit}] holds fewer than four scrapes"


def vanished_labels(rule: Rule, of: Known) -> Iterator[str]:
    """A text names a label that the expression does not keep."""
    used = {label for text in rule.annotations.values() for label in re.findall(r"\$labels\.(\w+)", text)}
    lists = by_lists(rule.expr)
    kept = lists or [of.labels.get(name, frozenset()) for name in metrics(rule.expr)]
    for label in sorted(used - set(rule.labels)):
        if not all(label in labels for labels in kept):
            yield f"the text names {label}, which is aggregated away"


def loose_matching(rule: Rule, _: Known) -> Iterator[str]:
    """Two sides of different series meet only by labels that are named, but within one metric and in an ``or``."""
    for word, rest in re.findall(r"\b(and|unless)\b\s+(\S+)", rule.expr):
        if not rest.startswith(("on", "deriv")):
            yield f"{word} without on ()"


def odd_names(rule: Rule, _: Known) -> Iterator[str]:
    """Recorded: level, metric, operation; an alert: words, and the first is shared."""
    shape = r"BlueMindReplication([A-Z][a-z]+)+" if rule.alert else r"[a-z_]+:[a-z_]+:[a-z0-9_]+"
    if not re.fullmatch(shape, rule.name):
        yield "its name has another form"


def odd_texts(rule: Rule, _: Known) -> Iterator[str]:
    """A function that templates have not, or a value in a label, which would make a new alert of each value."""
    for text in rule.annotations.values():
        for function in re.findall(r"\|\s*(\w+)", text):
            if function not in TEMPLATE_FUNCTIONS:
                yield f"{function} is no function of ours"
    yield from (f"label {name} is templated" for name, text in rule.labels.items() if "{{" in str(text))


def sudden_alerts(rule: Rule, _: Known) -> Iterator[str]:
    """Without a wait one evaluation rings."""
    if rule.alert and not rule.wait:
        yield "rings at once: it has no for"


CHECKS: tuple[Callable[[Rule, Known], Iterator[str]], ...] = (
    unknown_series,
    unknown_labels,
    bare_counters,
    no_comparison,
    needless_regex,
    short_windows,
    vanished_labels,
    loose_matching,
    odd_names,
    odd_texts,
    sudden_alerts,
)


def complaints(rule: Rule, of: Known) -> list[str]:
    """Return what any check has against a rule."""
    return [found for check in CHECKS for found in check(rule, of)]
