"""What is wrong with a rule though Prometheus would take it: the offline checks of cloudflare/pint, for our metrics."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.promql import AGGREGATIONS, COMPARISONS, SETS, Binary, Call, Node, Number, Selector, below, parse

from bmrepmon.model.verdict.states import VERDICT_STATES
from bmrepmon.publish.metrics import METRICS, SERIES_DROPPED

TARGET = frozenset({"job", "instance"})  # what Prometheus adds to everything that it scrapes
KINDS = {metric.name: metric.type for metric in (*METRICS, SERIES_DROPPED)} | {"up": "gauge"}
LABELS = {metric.name: TARGET | set(metric.labels) for metric in (*METRICS, SERIES_DROPPED)} | {"up": TARGET}
VALUES = {"state": frozenset(VERDICT_STATES)}  # labels of which all values are known
OF_COUNTERS = frozenset({"rate", "irate", "increase", "resets"})
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
WINDOW = 4  # scrapes, at least: one may fail, and a rate needs two
SCRAPE = 15  # seconds, as deploy/prometheus/scrape.yml has it
SAID = ("summary", "description", "runbook_url", "dashboard_url")
Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules by the group they stand in, and what is known of the series they ask for."""

    groups: tuple[Mapping[str, Any], ...]
    labels: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, *documents: Mapping[str, Any]) -> "Rules":
        """Read groups, recording rules before what uses them."""
        rules = cls(tuple(group for document in documents for group in document["groups"]), dict(LABELS))
        for rule in rules.each():
            if "record" in rule:
                rules.labels[rule["record"]] = rules.known(parse(rule["expr"]))
        return rules

    def each(self) -> Iterator[Rule]:
        """Yield every rule."""
        return (rule for group in self.groups for rule in group["rules"])

    def names(self, selector: Selector) -> list[str]:
        """Return which series a selector asks for."""
        return (
            [selector.name]
            if selector.name
            else [v for n, _, vs in selector.matchers for v in vs.split("|") if n == "__name__"]
        )

    def known(self, node: Node) -> frozenset[str]:
        """Return the labels that every series of a result has."""
        match node:
            case Selector():
                return frozenset.intersection(*(frozenset(self.labels.get(n, ())) for n in self.names(node)))
            case Call(name="absent", arguments=(Selector(matchers=matchers),)):
                return frozenset(label for label, sign, _ in matchers if sign == "=")
            case Call(name=name, arguments=arguments, by=by):
                first = next((self.known(one) for one in arguments if not scalar(one)), frozenset[str]())
                return frozenset(by or ()) if name in AGGREGATIONS else first
            case Binary():
                return self.known_of_two(node)
        return frozenset()

    def known_of_two(self, node: Binary) -> frozenset[str]:
        """Return the same of two sides: ``on`` leaves nothing but its labels, except in `and` and `unless`."""
        if node.sign == "or":
            return self.known(node.left) & self.known(node.right)
        if scalar(node.left) or scalar(node.right) or node.sign in SETS or node.on is None:
            return self.known(node.right if scalar(node.left) else node.left)
        return frozenset(node.on)


def scalar(node: Node) -> bool:
    """Tell whether a result is a number rather than series."""
    return isinstance(node, Number) or (
        scalar(node.left) and scalar(node.right) if isinstance(node, Binary) else node == Call("time", ())
    )


def selectors(node: Node) -> list[Selector]:
    """Return every selector of an expression."""
    return [one for one in below(node) if isinstance(one, Selector)]


def seconds(text: str) -> int:
    """Return a duration of Prometheus: 90s, 5m, 1d."""
    return int(text[:-1]) * SECONDS[text[-1]]


@dataclass(frozen=True, slots=True)
class Case:
    """A rule with its expression, and those beside it."""

    rule: Rule
    tree: Node
    rules: Rules


def what_it_carries(case: Case) -> Iterator[str]:
    """alerts/annotation, alerts/for, rule/label: everything that whoever is woken up needs."""
    if "alert" in case.rule:
        yield from (f"has no {name}" for name in SAID if not case.rule.get("annotations", {}).get(name))
        if case.rule.get("labels", {}).get("severity") not in {"critical", "warning", "info"}:
            yield "has no severity"
        if not re.fullmatch(r"[1-9]\d*[smhd]", case.rule.get("for", "")):
            yield "has no `for`"
        if case.rule.get("labels", {}).get("severity") == "critical" and "keep_firing_for" not in case.rule:
            yield "is critical and has no `keep_firing_for`: it flaps"


def metrics_exist(case: Case) -> Iterator[str]:
    """promql/series: a name that nobody publishes never fires."""
    for selector in selectors(case.tree):
        yield from (
            f"asks for {name}, which there is not"
            for name in case.rules.names(selector)
            if name not in case.rules.labels
        )


def counters_are_rated(case: Case) -> Iterator[str]:
    """promql/counter, promql/rate: a counter alone is the age of the daemon, and a rate of a gauge is noise."""
    rated = {
        id(one)
        for call in below(case.tree)
        if isinstance(call, Call) and call.name in OF_COUNTERS
        for one in call.arguments
    }
    for selector in selectors(case.tree):
        counter = KINDS.get(selector.name) == "counter"
        if counter != (id(selector) in rated):
            yield f"{selector.name} is {'a counter and needs a rate' if counter else 'rated and is no counter'}"
        if selector.range and seconds(selector.range) < WINDOW * SCRAPE:
            yield f"{selector.name}[{selector.range}] is shorter than {WINDOW} scrapes"


def labels_exist(case: Case) -> Iterator[str]:
    """promql/aggregate, promql/vector_matching, promql/impossible: labels and values that there are."""
    for node in below(case.tree):
        named: list[tuple[str, frozenset[str]]] = []
        match node:
            case Selector(matchers=matchers):
                named = [(label, case.rules.known(node)) for label, _, _ in matchers if label != "__name__"]
                for label, sign, value in matchers:
                    told = set(value.split("|") if "~" in sign else [value])
                    yield from (f"{label} is never {one}" for one in sorted(told - VALUES.get(label, told)))
            case Call(by=by, arguments=arguments) if by is not None:
                named = [(label, case.rules.known(arguments[-1])) for label in by]
            case Binary(on=on, left=left, right=right) if on is not None:
                named = [(label, case.rules.known(left) & case.rules.known(right)) for label in on]
        yield from (f"{label} is no label of what it is asked of" for label, known in named if label not in known)


def sides_match(case: Case) -> Iterator[str]:
    """promql/vector_matching: sides with other labels never meet, and several on one side are refused."""
    for node in below(case.tree):
        if isinstance(node, Binary) and node.sign != "or" and not (scalar(node.left) or scalar(node.right)):
            left, right = case.rules.known(node.left), case.rules.known(node.right)
            if node.on is None and left != right:
                yield f"the sides of {node.sign} have other labels: {sorted(left ^ right)}"
            if node.on is not None and node.sign not in SETS and (left | right) - set(node.on):
                yield f"a side of {node.sign} may have several: {sorted((left | right) - set(node.on))}"


def job_is_kept(case: Case) -> Iterator[str]:
    """promql/aggregate: one job is one installation, and two installations may have a backend of the same name."""
    if "job" not in case.rules.known(case.tree) and "absent(" not in case.rule["expr"]:
        yield "loses the job"


def labels_of_texts_exist(case: Case) -> Iterator[str]:
    """alerts/template: a text with a label that is not there has a hole."""
    known = case.rules.known(case.tree) | set(case.rule.get("labels", {}))
    for text in (*case.rule.get("annotations", {}).values(), *case.rule.get("labels", {}).values()):
        sure = re.sub(r"\{\{ with \$labels\.\w+ \}\}.*?\{\{ end \}\}", "", text)
        yield from (
            f"tells {label}, which may not be there"
            for label in re.findall(r"\$labels\.(\w+)", sure)
            if label not in known
        )
    if any(
        "{{" in text
        for text in (case.rule.get("annotations", {}).get("summary", ""), *case.rule.get("labels", {}).values())
    ):
        yield "has a label or a summary that changes: each time it is another alert"


def alerts_compare(case: Case) -> Iterator[str]:
    """alerts/comparison, promql/fragile: without a comparison it fires as soon as there is a series."""
    if "alert" in case.rule and not compares(case.tree):
        yield "compares nothing"
    if any(isinstance(one, Call) and one.name in {"topk", "bottomk"} for one in below(case.tree)):
        yield "changes its series with topk or bottomk"


def compares(node: Node) -> bool:
    """Tell whether an expression gives nothing while all is well."""
    match node:
        case Binary(sign="or", left=left, right=right):
            return compares(left) and compares(right)
        case Binary(
            sign="and" | "unless",
            left=left,
            right=right,
        ):
            return compares(left) or (node.sign == "and" and compares(right))
        case Binary(sign=sign, boolean=boolean):
            return sign in COMPARISONS and not boolean
        case Call(name=name, arguments=arguments):
            return name == "absent" or any(map(compares, arguments))
    return False


def expressions_are_plain(case: Case) -> Iterator[str]:
    """promql/regexp: a pattern only where several values are meant."""
    for selector in selectors(case.tree):
        for label, sign, value in selector.matchers:
            if "~" in sign and (
                re.fullmatch(r"[\w:-]*", value) or value in {".*", ".+"} or value[:1] == "^" or value[-1:] == "$"
            ):
                yield f'{label}{sign}"{value}" needs no pattern'


def records_are_named(case: Case) -> Iterator[str]:
    """rule/name: level:metric:operation, and the level is what is left of the labels."""
    if "record" in case.rule:
        parts = re.fullmatch(r"([a-z_]+):([a-z_]+):([a-z]+)(\d+[smhd])?", case.rule["record"])
        if not parts:
            yield "is not named level:metric:operation"
        elif parts[1] not in case.rules.known(case.tree):
            yield f"has lost its level {parts[1]}"
        elif parts[4] and f"[{parts[4]}]" not in case.rule["expr"]:
            yield f"says {parts[4]} and takes another range"


Check = Callable[[Case], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    what_it_carries,
    metrics_exist,
    counters_are_rated,
    labels_exist,
    sides_match,
    job_is_kept,
    labels_of_texts_exist,
    alerts_compare,
    expressions_are_plain,
    records_are_named,
)


def complaints(rule: Rule, rules: Rules) -> list[str]:
    """Return all that is wrong with a rule."""
    case = Case(rule, parse(rule["expr"]), rules)
    return [said for check in CHECKS for said in check(case)]
