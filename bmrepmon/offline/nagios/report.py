"""From the status document to a level, a line and perfdata."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from bmrepmon.offline.nagios.measures import HEADLINE, MEASURES, SITE, Measure, Part, failed_sources
from bmrepmon.offline.nagios.ranges import Range
from bmrepmon.words.language import Language

Ranges = Mapping[str, Range]


class Level(IntEnum):
    """The exit codes of a plugin."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


WORST_FIRST = (Level.CRITICAL, Level.WARNING, Level.UNKNOWN, Level.OK)


@dataclass(frozen=True, slots=True)
class Finding:
    """One figure, judged."""

    measure: Measure
    value: float | None
    warning: Range | None
    critical: Range | None
    doubt: float  # by how much it may be wrong; what lies within that is no alarm
    wanted: bool  # somebody asked for it by an option: then not to know it is bad news

    @property
    def level(self) -> Level:
        """How bad it is."""
        if self.value is None:
            return Level.UNKNOWN if self.wanted else Level.OK
        if self.critical and self.critical.raises(self.value, self.doubt):
            return Level.CRITICAL
        return Level.WARNING if self.warning and self.warning.raises(self.value, self.doubt) else Level.OK

    def perfdata(self, prefix: str) -> str:
        """Write it as ``label=value[unit];warning;critical;minimum``; U is what is not known."""
        value = "U" if self.value is None else f"{self.value:.10g}{self.measure.unit}"
        ranges = ";".join(limit.text if limit else "" for limit in (self.warning, self.critical))
        minimum = "" if self.measure.name == "delta_messages" else "0"  # of all, only that can be negative
        return f"{prefix}{self.measure.name}={value};{ranges};{minimum}"


@dataclass(frozen=True, slots=True)
class Report:
    """What the plugin says."""

    level: Level
    text: str
    perfdata: str = ""

    def __str__(self) -> str:
        """Write the line; a bar in the text would begin the perfdata."""
        text = f"REPLICATION {self.level.name} - {' '.join(self.text.split())}".replace("|", "/")
        return f"{text} | {self.perfdata}" if self.perfdata else text


def judge(document: Part, warning: Ranges, critical: Ranges, t: Language) -> Report:
    """Judge the document by the verdicts, and by the ranges asked for.

    Where there is no verdict yet, by the ranges that measures have of their own.
    """
    told, perfdata = [], []
    for backend in document["backends"]:
        verdict = backend.get("verdict")
        findings = [_find(measure, backend, warning, critical, judged=verdict is not None) for measure in MEASURES]
        known = [_of_verdict(verdict)] if verdict else [] if _known(findings) else [Level.UNKNOWN]
        level = _worst(*known, *(f.level for f in findings))
        headline = () if known == [Level.UNKNOWN] else HEADLINE  # few figures of little, and it would look fine
        phrases = (*_told(verdict, t), *_phrases(findings, headline, t))
        told.append((level, f"{backend['name']}: {', '.join(phrases) or t('nothing_known')}"))
        perfdata += [finding.perfdata(f"{backend['name']}_") for finding in findings]
    told.sort(key=lambda one: WORST_FIRST.index(one[0]))  # a pager shows the beginning of the line
    texts = [text for _, text in told]
    site = _find(SITE, document, warning, critical)
    if names := failed_sources(document):
        texts.append(t("failed_sources", names=", ".join(names)))
    levels = [level for level, _ in told]
    if site.wanted or Level.UNKNOWN not in levels:  # else that is told already by what it led to
        levels.append(site.level)
    level = _worst(*levels) if told else Level.UNKNOWN
    return Report(level, "; ".join(texts) or t("no_backend"), " ".join([*perfdata, site.perfdata("")]))


def _of_verdict(verdict: Part) -> Level:
    if verdict["state"] == "unknown":
        return Level.UNKNOWN
    return {"critical": Level.CRITICAL, "warning": Level.WARNING}.get(verdict["severity"], Level.OK)


def _told(verdict: Part | None, t: Language) -> Iterator[str]:
    """Say the verdict, and why, where that is news."""
    if verdict:
        yield t(f"state_{verdict['state']}")
        if _of_verdict(verdict) != Level.OK:
            yield t(f"reason_{verdict['reason']}").rstrip(".")


def _find(measure: Measure, part: Part, warning: Ranges, critical: Ranges, *, judged: bool = False) -> Finding:
    own = (None, None) if judged else (measure.warning, measure.critical)
    asked_for = [asked[measure.name] for asked in (warning, critical) if measure.name in asked]
    low, high = (
        asked.get(measure.name) or (Range.read(default) if default and not asked_for else None)
        for asked, default in zip((warning, critical), own, strict=True)
    )
    wanted = any(not limit.idle for limit in asked_for)
    return Finding(measure, measure.read(part), low, high, measure.doubt(part) or 0.0, wanted)


def _known(findings: Sequence[Finding]) -> bool:
    """Tell whether anything that can raise an alarm is known."""
    return any(f.value is not None for f in findings if f.warning or f.critical)


def _phrases(findings: Sequence[Finding], headline: Sequence[str], t: Language) -> Iterator[str]:
    """Name what is wrong, or else the few figures that everybody wants to see."""
    bad = [finding for finding in findings if finding.level != Level.OK]
    for finding in bad or [f for f in findings if f.measure.name in headline and f.value is not None]:
        value = t.seconds(finding.value) if finding.measure.unit == "s" else t.number(finding.value)
        yield t(finding.measure.name, value=value)


def _worst(*levels: Level) -> Level:
    return min(levels, key=WORST_FIRST.index, default=Level.UNKNOWN)
