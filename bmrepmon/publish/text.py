"""The status document for the terminal: readable at 80 columns, plain when piped."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from textwrap import wrap

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bmrepmon.model.delta import REASONS
from bmrepmon.publish.document import (
    BackendStatus,
    CoreStatus,
    DatabaseRows,
    DeltaStatus,
    LogStatus,
    SourceStatus,
    Status,
    StoreFiles,
)
from bmrepmon.publish.glance import lateness, missing, missing_note, urgency
from bmrepmon.publish.wording import (
    MARKS,
    SEVERITY_MARKS,
    commands,
    errors,
    lingers,
    otherwise,
    remedy,
    sentences,
    state_of,
    why,
)
from bmrepmon.words.language import UNKNOWN, Language

SEVERITY_COLOURS = {"ok": "green", "info": "cyan", "warning": "yellow", "critical": "red"}
COLOURS = {"good": "green", "failed": "red", "empty": "yellow", "waiting": "yellow"}
Row = tuple[str, str, str]  # what, how much, and what is to be said of it
COMMAND = 74  # columns of a command, which is set in twice
GOES_ON = " \\\n    "  # how a shell is told that a command has a second line


def draw(
    status: Status, t: Language, moving: Callable[[BackendStatus], RenderableType | None] = lambda _: None
) -> RenderableType:
    """Return the document as something that rich can print, or keep alive on a screen.

    ``moving`` is what stands below the verdict of a backend on such a screen.
    """
    parts: list[RenderableType] = [Text(f"bmrepmon {status.version}  {t('as_of', at=t.moment(status.at))}")]
    for backend in sorted(status.backends, key=urgency):
        parts += [heading(backend.name), *_verdict(backend, status, t)]
        if drawn := moving(backend):
            parts += [indented(drawn), Text()]
        parts += [facts(_backend(backend, status, t)), *_partitions(backend, t)]
    if status.other_sessions:
        parts.append(Text(f"\n{t('sessions_other', n=t.number(status.other_sessions))}", style="red"))
    if status.log:
        parts += [heading(t("log")), facts(_log(status.log, status, t))]
    if status.core:
        parts += [heading(t("core")), facts(_core(status.core, status, t))]
    if status.sources:
        parts += [heading(t("sources")), *_sources(status, t)]
    return Group(*parts)


def heading(text: str) -> Text:
    """Return the title of a part, with a blank line before it."""
    return Text(f"\n{text}", style="bold")


def facts(rows: Iterator[Row]) -> RenderableType:
    """Return rows with their numbers below each other."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim")
    for row in rows:
        table.add_row(*map(Text, row))
    return indented(table)


def indented(part: RenderableType) -> RenderableType:
    """Set a part two columns in."""
    return Padding(part, (0, 0, 0, 2), expand=False)


def _verdict(backend: BackendStatus, status: Status, t: Language) -> Iterator[RenderableType]:
    """Draw the verdict: state, since when, why, and what to type."""
    verdict = backend.verdict
    if verdict is None:
        return
    mark, colour = SEVERITY_MARKS[verdict.severity], SEVERITY_COLOURS[verdict.severity]
    since = t("verdict_since", age=t.age(verdict.since, status.at))
    yield indented(Text.assemble((f"{mark} {t(f'state_{verdict.state}')}", f"bold {colour}"), f"  {since}"))
    yield indented(Text(t(f"reason_{verdict.reason}")))
    yield indented(Text(t(f"impact_{verdict.state}"), style="dim"))
    if verdict.alike:
        yield indented(Text(t("verdict_alike", reason=sentences(t, verdict.alike))))
    yield from _commands(remedy(t, verdict.reason))
    for alike, lines in otherwise(t, verdict):
        yield indented(Text(t("verdict_otherwise", reason=t(f"reason_{alike}"))))
        yield from _commands(lines)
    if backend.eta:
        times = {name: t.length(seconds) for name, seconds in asdict(backend.eta).items()}
        yield indented(Text(t("verdict_eta", **times)))
    yield Text()


def _commands(lines: tuple[str, ...]) -> Iterator[RenderableType]:
    for command, remark in commands(lines):
        text = f"{command}    # {remark}" if remark else command
        if len(text) > COMMAND:
            text = GOES_ON.join(wrap(command, COMMAND - 6, break_long_words=False, break_on_hyphens=False))
            text += f"\n    # {remark}" if remark else ""
        yield indented(indented(Text(text, style="cyan")))


def _backend(backend: BackendStatus, status: Status, t: Language) -> Iterator[Row]:
    yield from _glance(backend, status, t)
    yield _store(t("spool"), backend.spool, status, t)
    yield _store(t("archive"), backend.archive, status, t)
    yield t("unique"), t.number(backend.unique_messages), t("unique_note")
    yield t("database"), *_bodies(backend.database, status, t)
    yield t("delta"), t.signed(backend.delta_messages), t("delta_note")
    yield from _explained(backend.delta_explained, t)
    yield t("sessions"), t.number(backend.sessions.active), _expected(backend, t)


def _glance(backend: BackendStatus, status: Status, t: Language) -> Iterator[Row]:
    """Tell what is missing and how late that is, then what waits for it and what comes back."""
    lacking, note = missing(backend), missing_note(backend, status, t)
    told = ", ".join(filter(None, [t("messages") if lacking else "", note]))
    yield t("missing"), t("missing_none") if lacking == 0 else t.number(lacking), told
    yield t("late_by"), *lateness(backend, status, t)
    yield t("replicated"), UNKNOWN if backend.progress_ratio is None else t.percent(backend.progress_ratio), ""
    if waiting := backend.sync_log:
        folders, users, age = t.number(waiting.folders), t.number(waiting.users), t.age(waiting.oldest, status.at)
        told = f"{t('sync_log_entries')}, {t('sync_log_note', folders=folders, users=users, age=age)}"
        yield t("sync_log"), t.number(waiting.entries), told if waiting.entries else ""
    for beat in backend.heartbeats:
        told = t("heartbeat_note", n=beat.outstanding) if beat.outstanding else t("heartbeat_back")
        where = f" ({beat.partition})" if len(backend.heartbeats) > 1 else ""
        yield t("heartbeat"), t.length(beat.lag_seconds and round(beat.lag_seconds, 1)), told + where


def _bodies(rows: DatabaseRows | None, status: Status, t: Language) -> tuple[str, str]:
    if rows is None:
        return UNKNOWN, ""
    counted = t("counted", age=t.age(rows.counted_at, status.at))
    doubt = f", {t('doubt', n=t.number(rows.doubt))}" if rows.doubt else ""
    why = f", {rows.problem}" if rows.problem and rows.bodies is None else ""
    return t.number(rows.bodies), f"{t('bodies')}, {counted}{doubt}{why}"


def _explained(delta: DeltaStatus | None, t: Language) -> Iterator[Row]:
    """Tell where the difference comes from, line by line, where that is known."""
    if delta is None:
        return
    for reason in (*REASONS, "unexplained"):
        if (messages := getattr(delta, reason)) is not None:
            yield f"  {t(f'delta_{reason}')}", t.signed(messages), t(f"delta_{reason}_note")
    if delta.unexplained is None and delta.problem:
        yield f"  {t('delta_unexplained')}", UNKNOWN, delta.problem


def _expected(backend: BackendStatus, t: Language) -> str:
    sessions = backend.sessions
    logged = "" if sessions.logged is None else f", {t('sessions_logged', logged=sessions.logged)}"
    return t("sessions_note", expected=sessions.expected) + logged


def _store(label: str, store: StoreFiles | None, status: Status, t: Language) -> Row:
    if store is None:
        return label, UNKNOWN, ""
    told = f"{t('messages')}, {t('counted', age=t.age(store.counted_at, status.at))}"
    unreadable = f"\n{t('unreadable', n=t.number(store.unreadable))}" if store.unreadable else ""
    return label, t.number(store.messages), told + unreadable


def _partitions(backend: BackendStatus, t: Language) -> Iterator[RenderableType]:
    """Draw the stores partition by partition, where there is any."""
    rows = [
        (partition.partition, t(store), *map(t.number, (partition.messages, partition.folders, partition.files)))
        for store, found in (("spool", backend.spool), ("archive", backend.archive))
        for partition in (found.partitions if found else ())
    ]
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(t("partition"), overflow="fold")
    table.add_column(t("store"), no_wrap=True)
    for label in ("messages", "folders", "files"):
        table.add_column(t(label), justify="right", no_wrap=True)
    for row in sorted(rows):
        table.add_row(*map(Text, row))
    yield Text()
    yield indented(table)


def _log(log: LogStatus, status: Status, t: Language) -> Iterator[Row]:
    replies = log.replies
    told = {name: t.number(n) for name, n in (("ok", replies.ok), ("no", replies.no), ("bad", replies.bad))}
    yield t("last_event"), t.age(log.last_event, status.at), t.moment(log.last_event) if log.last_event else ""
    yield t("apply_mailbox"), t.number(log.apply_mailbox), ""
    yield t("applied_messages"), t.number(log.applied_messages), ""
    yield t("replies"), t.number(replies.ok + replies.no + replies.bad), t("replies_note", **told)
    yield t("errors"), t.number(sum(log.errors.values())), errors(log)
    yield t("unread"), t.number(log.follower.unread_bytes), t("bytes")
    yield t("gaps"), t.number(log.follower.gaps), ""


def _core(core: CoreStatus, status: Status, t: Language) -> Iterator[Row]:
    yield t("latency"), t.seconds(core.probe_latency_seconds), t.age(core.probe_at, status.at) if core.probe_at else ""
    reason = t("last_reason", reason=core.probe_failure_reason) if core.probe_failure_reason else ""
    yield t("probe_failures"), t.number(core.probe_failures), reason


def _sources(status: Status, t: Language) -> Iterator[RenderableType]:
    """Draw every source in a table, and below it what went wrong, each with its way out."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for label in ("source", "backend", "state"):
        table.add_column(t(label), overflow="fold")
    for label in ("last_success", "took"):
        table.add_column(t(label), justify="right", no_wrap=True)
    for source in status.sources:
        state, last_success = state_of(source), t.age(source.last_success, status.at)
        mark = Text(f"{MARKS[state]} {t(state)}", style=COLOURS[state])
        table.add_row(Text(source.source), Text(source.backend), mark, last_success, t.seconds(source.duration))
    yield indented(table)
    for source in status.sources:
        if told := tuple(_told(source, status, t)):
            yield indented(Text(f"\n{' '.join(filter(None, [source.source, source.backend]))}"))
            yield from (indented(indented(Text(line))) for line in told)


def _told(source: SourceStatus, status: Status, t: Language) -> Iterator[str]:
    """Yield what went wrong, in the language of the reader and as it was found, and since when a round lingers."""
    if source.error:
        yield from filter(None, [why(t, source), f"{t('exact')} {source.error}"])
    if running := lingers(source, status):
        yield t("running", age=t.seconds(running))
