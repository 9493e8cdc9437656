"""The charts of the page, as a table: which series each shows, in which unit, beside which limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from bmrepmon.model.history import Window
from bmrepmon.model.verdict.states import VERDICT_STATES
from bmrepmon.publish.chart import DECIMAL, TIME, Band, Chart, Frame, Limit, Line, bands, draw, frame, increase, ribbon
from bmrepmon.publish.chart.axes import Stepper
from bmrepmon.publish.chart.frame import Pick
from bmrepmon.publish.chart.plot import known
from bmrepmon.publish.page.sight import Sight
from bmrepmon.words.language import DECIMAL as POINT, Language

Past = Mapping[str, Window]
NOTHING = Window()


@dataclass(frozen=True, slots=True)
class Plan:
    """One chart: how its lines are read off the past."""

    name: str
    unit: str
    lines: Callable[[Past, Frame], tuple[Line, ...]]
    step: Stepper = DECIMAL
    zero: bool = True
    least: float = 0.0
    tell: Callable[[Language], Callable[[float], str]] = lambda t: t.number
    limits: Callable[[Sight], tuple[tuple[float, str], ...]] = lambda _: ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """One chart as the page shows it."""

    name: str
    unit: str
    keys: tuple[tuple[str, str], ...]  # of each line that is drawn: its class, and its label
    lacking: tuple[str, ...]  # labels of lines of which nothing is known
    svg: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """All charts, the ribbon of verdicts above them, and how long the past is that they show."""

    span: float
    ribbon: str
    charts: tuple[Drawn, ...]


def gallery(sight: Sight, t: Language) -> Gallery | None:
    """Draw everything; None while there is no past."""
    now = sight.status.at.timestamp()
    starts = [window.points[0].at for window in sight.history.values() if window.points]
    if not starts:
        return None
    over = frame(now, min(starts))
    ranks = over.fold(sight.history.get("verdict_rank", NOTHING).points, min)  # the worst of each column
    judged = bands(ranks, VERDICT_STATES)
    charts = tuple(_drawn(plan, sight, over, judged, t) for plan in PLANS)
    return Gallery(over.span, _ribbon(over, judged, sight.house.zone, t), charts)


def _ribbon(over: Frame, judged: tuple[Band, ...], zone: tzinfo, t: Language) -> str:
    told = ", ".join(f"{t('state_' + name)} {t.length(seconds)}" for name, seconds in shares(over, judged).items())
    label = t("past_verdicts", span=t.seconds(over.span), told=told)
    return ribbon(over, judged, label, lambda name: t(f"state_{name}"), zone)


def shares(over: Frame, judged: tuple[Band, ...]) -> Mapping[str, float]:
    """Return for how many seconds each state held, the longest first."""
    held: dict[str, float] = {}
    for band in judged:
        held[band.name] = held.get(band.name, 0.0) + (band.end - band.first) * over.width
    return dict(sorted(held.items(), key=lambda one: -one[1]))


def _drawn(plan: Plan, sight: Sight, over: Frame, judged: tuple[Band, ...], t: Language) -> Drawn:
    lines = tuple(replace(line, label=t(f"line_{line.label}")) for line in plan.lines(sight.history, over))
    there = tuple(line for line in lines if known(line.values))
    tell = plan.tell(t)
    chart = Chart(
        label=_summary(plan, there, over, tell, t),
        frame=over,
        lines=there,
        tell=tell,
        step=plan.step,
        bands=judged,
        state=lambda name: t(f"state_{name}"),
        limits=tuple(Limit(value, t(f"limit_{name}")) for value, name in plan.limits(sight)),
        zero=plan.zero,
        least=plan.least,
        zone=sight.house.zone,
    )
    keys, lacking = (tuple(line for line in lines if (line in there) is wanted) for wanted in (True, False))
    return Drawn(
        plan.name,
        plan.unit,
        tuple((line.name, line.label) for line in keys),
        tuple(line.label for line in lacking),
        draw(chart),
    )


def _summary(plan: Plan, there: tuple[Line, ...], over: Frame, tell: Callable[[float], str], t: Language) -> str:
    """Say in words what the chart shows of its first line."""
    name, span = t(f"chart_{plan.name}"), t.seconds(over.span)
    values = known(there[0].values) if there else []
    if not values:
        return t("summary_none", chart=name, span=span)
    return t("summary", chart=name, span=span, now=tell(values[-1]), low=tell(min(values)), high=tell(max(values)))


def _one(name: str, label: str, pick: Pick) -> Callable[[Past, Frame], tuple[Line, ...]]:
    """Plan a single line of a series."""
    return lambda past, over: (Line("a", label, over.fold(past.get(name, NOTHING).points, pick), filled=True),)


_probe = _one("heartbeat_lag_seconds", "heartbeat", max)


def _stores(past: Past, over: Frame) -> tuple[Line, ...]:
    """Plan the files of both stores together, a store that is not there left out, beside the bodies."""
    stores = [past[name] for name in ("spool_messages", "archive_messages") if name in past]
    folded = [over.fold(store.points) for store in stores]
    files = tuple(None if None in column else sum(known(column)) for column in zip(*folded, strict=True))
    bodies = over.fold(past.get("bodies", NOTHING).points)
    return Line("a", "files", files or (None,) * over.columns), Line("b", "bodies", bodies)


def _flow(past: Past, over: Frame) -> tuple[Line, ...]:
    """Plan what came in, upwards, and what was applied of it, downwards: what came in minus what is missing by it."""
    points = past.get("arrived_messages_total", NOTHING).points
    missing = {point.at: point.value for point in past.get("missing_messages", NOTHING).points}
    arrived = ((p.at, p.value) for p in points)
    applied = ((p.at, p.value - missing[p.at]) for p in points if p.at in missing)
    return (
        Line("a", "arrived", increase(arrived, over), filled=True),
        Line("b", "applied", increase(applied, over), below=True, filled=True),
    )


def _rate(t: Language) -> Callable[[float], str]:
    """Write a rate: a tenth matters while there are few."""
    return lambda value: f"{value:.1f}".replace(".", POINT[t.code]) if 0 < value < 10 and value % 1 else t.number(value)


def _lag_limits(sight: Sight) -> tuple[tuple[float, str], ...]:
    return (sight.house.soft_lag, "soft"), (sight.house.hard_lag, "hard")


def _expected(sight: Sight) -> tuple[tuple[float, str], ...]:
    return ((float(sight.backend.sessions.expected), "expected"),) if sight.backend else ()


def _durations(t: Language) -> Callable[[float], str]:
    return lambda value: "0" if value == 0 else t.length(value)


PLANS: tuple[Plan, ...] = (
    Plan("lag", "age", _one("lag_seconds", "lag", max), TIME, least=60, tell=_durations, limits=_lag_limits),
    Plan("behind", "messages", _one("lag_messages", "behind", max), least=10),
    Plan("flow", "rate", _flow, tell=_rate),
    Plan("messages", "messages", _stores, zero=False),
    Plan("sessions", "sessions", _one("active_sessions", "sessions", min), least=2, limits=_expected),
    Plan("heartbeat", "probe", _probe, TIME, least=1, tell=_durations, limits=_lag_limits),
)
