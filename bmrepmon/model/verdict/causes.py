"""Why: from the error messages of the last while to the code of a cause, as tables; the first that fits counts."""

from collections.abc import Mapping

from bmrepmon.model.verdict.look import MANY, Look

# What bm-core says about the rest of its world: it stops everybody.
WORLD: Mapping[str, tuple[str, ...]] = {
    "auth_failed": ("auth_failed", "auth_malformed", "session_refused"),
    "index_readonly": ("index_failed",),
    "database_slow": ("queue_full", "slice_timeout", "slow_resolution", "busy", "database_error", "timeout"),
    "replication_spool_full": ("literal_lost",),
    "protocol_trouble": ("frame_error", "frame_incomplete", "protocol_bad"),
}
# What it says about single folders.
FOLDERS: Mapping[str, tuple[str, ...]] = {
    "owner_unknown": ("owner_unknown", "domain_unknown", "mailbox_nonexistent", "location_unknown"),
    "missing_subtree": ("missing_subtree", "hierarchy_hole"),
    "missing_container": ("missing_container", "container_inconsistent", "folder_inconsistent", "records_unreadable"),
    "mailbox_deleted": ("mailbox_deleted",),
    "name_malformed": ("name_malformed",),
    "protocol_trouble": ("frame_error", "frame_incomplete", "protocol_bad"),
    "database_slow": ("queue_full", "slice_timeout", "busy", "timeout"),
}
# What loses something while all looks well.
LOSSES: Mapping[str, tuple[str, ...]] = {
    "bodies_lost": ("body_not_stored", "fetch_failed", "object_storage"),
    "search_incomplete": ("index_failed", "index_unavailable"),
    "missed_changes": ("rename_failed", "expunge_failed", "delete_failed"),
}


def found(look: Look, table: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the first cause of which a message was seen a short while ago."""
    return next((code for code, reasons in table.items() if look.recent(reasons)), None)


def of_stall(look: Look) -> tuple[str, tuple[str, ...]]:
    """Return why nothing is applied though a session is there, and what would look the same."""
    if look.e.database is False:
        return "database_down", ()
    cause = found(look, WORLD) or found(look, FOLDERS)
    if cause:
        return cause, ()
    if (look.e.command_waits or 0.0) > look.t.stalled_after / 2:
        return "core_wedged", ("database_slow", "log_disk_full")
    return "sync_client_hung", ("core_wedged", "log_disk_full")  # a bm-core that cannot log says nothing either


def of_folders(look: Look) -> tuple[str, tuple[str, ...]]:
    """Return why some folders stand still while others flow, and what would look the same."""
    cause = found(look, FOLDERS)
    return (cause, ()) if cause else ("refused_again", ("shard_hung",))


def of_losses(look: Look) -> str | None:
    """Return what deserves a look though nothing waits."""
    if look.since(look.trail.many_sessions_since) >= MANY:
        return "too_many_sessions"
    return found(look, LOSSES)


def of_disconnection(look: Look) -> tuple[str, tuple[str, ...]]:
    """Return why there is no session, and what would look the same."""
    if look.e.listening is False:
        return "core_down", ()
    if look.recent(WORLD["auth_failed"]):
        return "auth_failed", ()
    return "sync_client_dead", ("link_cut",)
