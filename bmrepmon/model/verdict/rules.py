"""The rules, in order: the first that finds something is the verdict. Each is small, and says nothing when in doubt.

The model follows what Burrow (evaluator/caching.go) and the heartbeat monitors of MySQL do, and what a laboratory with
real Cyrus showed: an answered probe excludes a stall; an unanswered one while bm-core answers others is a long batch.
"""

from collections.abc import Callable

from bmrepmon.model.verdict import causes
from bmrepmon.model.verdict.look import PROOF, Look
from bmrepmon.model.verdict.states import Finding

Rule = Callable[[Look], Finding | None]
MANY = 120.0  # seconds for which another number of sessions is no finding: sync_client begins anew every 600 s


def warming_up(look: Look) -> Finding | None:
    """We have not watched for long enough to tell, and nothing is so bad that it could be told at once."""
    if look.since(look.trail.watched_since) >= look.t.warm_up or look.hard:
        return None
    return Finding("starting", "warming_up", "info")


def blind(look: Look) -> Finding | None:
    """Nothing can be read that would tell, or the log cannot, and nobody is seen to be cut off."""
    e = look.e
    if (e.log, e.folders, e.backlog) == (None, None, None):
        return Finding("unknown", "nothing_observed", "warning")
    if not (e.log or e.folders or e.backlog):
        return Finding("unknown", "blind", "warning")
    if e.log is False and not disconnected(look):
        return Finding("unknown", "log_unreadable", "warning")
    return None


def restarting(look: Look) -> Finding | None:
    """bm-core is being restarted, or is back and sync_client has not noticed yet."""
    e, t = look.e, look.t
    if look.hard or e.sessions:
        return None
    if e.listening is False and look.since(look.trail.not_listening_since) < t.core_down:
        return Finding("starting", "core_restarting", "info")
    if e.sessions == 0 and not e.reconnected and within(e.core_ready_age, t.core_restart):
        return Finding("starting", "core_restarted", "info")
    return None


def disconnected(look: Look) -> Finding | None:
    """There has been no session for a while."""
    if look.e.sessions != 0 or look.no_session_for < look.t.disconnected_after:
        return None
    reason, alike = causes.of_disconnection(look)
    return Finding("disconnected", reason, "critical" if look.e.works else "warning", alike)


def stalled(look: Look) -> Finding | None:
    """Work waits, nothing is applied, and two witnesses that do not know of each other say so.

    Without the log nobody can tell a stall from a long batch: then it is late, and no more is said.
    """
    e = look.e
    patience = look.t.stalled_after if e.probes else look.t.silent_after
    if e.log is not True or not e.works or look.answers or look.applied_within(patience):
        return None
    witnesses = (
        over(e.probe_waits, patience) or not e.probes,  # what bm-core does: the probe, or the silence of the log
        over(e.batch_age, max(PROOF, patience / 2)) or over(e.backlog_age, patience),  # what sync_client does
        over(e.lag_age, patience),  # what has arrived
    )
    if sum(witnesses) < 2:
        return None
    reason, alike = causes.of_stall(look)
    return Finding("stalled", reason, "critical", alike)


def session_missing(look: Look) -> Finding | None:
    """Each session serves a share of the mailboxes, and one is missing: its share stands still."""
    e = look.e
    if within(e.core_ready_age, look.t.core_restart) or look.since(look.trail.few_sessions_since) < MANY:
        return None
    return Finding("stuck_folders", "session_missing", "warning")


def stuck_folders(look: Look) -> Finding | None:
    """Folders stay behind for long while others flow."""
    e = look.e
    if not e.stuck_folders or not (look.answers or look.applied_within(look.t.silent_after)):
        return None
    return Finding("stuck_folders", causes.found(look, causes.FOLDERS) or "refused_again", "warning")


def falling_behind(look: Look) -> Finding | None:
    """It is later than it may be, or late and getting no earlier."""
    if look.hard:
        return Finding("falling_behind", "hard_limit", "critical")
    if not over(look.e.oldest, look.t.soft_lag) or look.slope is None or look.slope < 0 or look.draining:
        return None
    refused = causes.found(look, causes.FOLDERS) if look.answers else None  # the rest flows
    return Finding("falling_behind", refused or ("arrivals_outrun" if look.slope > 0 else "not_draining"), "warning")


def catching_up(look: Look) -> Finding | None:
    """It is late, and works on it."""
    if look.draining:
        return Finding("catching_up", "draining", "info")
    if not over(look.e.oldest, look.t.soft_lag):
        return None
    return Finding("catching_up", "long_batch" if over(look.e.batch_age, PROOF) else "working", "info")


def residue(look: Look) -> Finding | None:
    """What is behind will not come by itself, by design or because it was lost."""
    e = look.e
    if e.disputed_folders:
        return Finding("residue", "disputed", "warning")
    if e.residual_folders:
        return Finding("residue", "old_folders", "info")
    if e.passive_folders:
        return Finding("residue", "passive_mailboxes", "ok")
    return Finding("residue", "default_partition", "info") if e.default_folders else None


def unproven(look: Look) -> Finding | None:
    """Nothing is wrong that can be seen, but nothing shows either that all is well."""
    e = look.e
    compared = e.folders and e.lag_messages is not None
    return (
        None if compared or look.answers or look.flows or e.entries == 0 else Finding("unknown", "no_proof", "warning")
    )


def idle(look: Look) -> Finding | None:
    """Nothing waits, and nothing has come in for a while."""
    e = look.e
    if e.log is not True or e.entries or e.lag_messages or within(e.apply_age, look.t.idle_after):
        return None
    if not e.probes:
        return Finding("idle", "no_heartbeat", "ok")
    return Finding("idle", "quiet", "ok") if look.answers else Finding("idle", "probe_silent", "info")


def in_sync(look: Look) -> Finding:
    """The rest, with what deserves a note."""
    e = look.e
    if look.since(look.trail.many_sessions_since) >= MANY:
        return Finding("in_sync", "too_many_sessions", "warning")
    loss = causes.found(look, causes.LOSSES)
    if loss:
        return Finding("in_sync", loss, "warning")
    return Finding("in_sync", "database_unreadable" if e.database is False else "replicating", "ok")


RULES: tuple[Rule, ...] = (
    warming_up,
    blind,
    restarting,
    disconnected,
    stalled,
    session_missing,
    stuck_folders,
    falling_behind,
    catching_up,
    residue,
    unproven,
    idle,
    in_sync,
)


def over(age: float | None, limit: float) -> bool:
    """Whether something is known to last longer."""
    return age is not None and age > limit


def within(age: float | None, limit: float) -> bool:
    """Whether something is known to have been a short while ago."""
    return age is not None and age <= limit
