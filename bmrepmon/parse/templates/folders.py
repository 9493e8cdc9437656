"""Folders, trees and owners: what bm-core finds of them, and what it misses.

Source: BlueMind 4.0 to 4.9, net.bluemind.backend.mail.replica.*: the services of folders, subtrees and their factories.
"""

from bmrepmon.parse.template import Template, failure, notice

TEMPLATES: tuple[Template, ...] = (
    *failure("mailbox_deleted", "NOOP {op} on deleted mailbox {box}"),
    *failure("mailbox_deleted", "******** We DON'T want to create a new root {r} for the deleted mailbox of {uid}"),
    *failure("owner_unknown", "DirEntry with email '{e}' (or mailbox name) not found => NOOP service"),
    *failure("owner_unknown", "Login '{l}' not found in domain '{d}'"),
    *failure("owner_unknown", "Mailshare {n} not found", "Resource {n} not found"),
    *failure("owner_unknown", "Skipping '{name}' ({box}): {message}", era="2022"),
    *failure("folder_unknown", "[RB {box}] not found."),
    *notice("names_resolved", "Resolving {n:d} name(s)"),
    *failure("hierarchy_hole", "[{root}] could not resolve parent {p}. Hole in hierarchy !"),
    *failure("hierarchy_hole", "[{root}] {name} parentUid changed from {a}"),
    *notice("folder_created", "CREATE {uid} n:{short} fn:{full}", "Records container created {uid}"),
    *failure("container_inconsistent", "Associated records container {uid} already exists"),
    *failure("container_inconsistent", "Records API does not work for {uid}: {message}"),
    *notice("root_created", "Create missing root {c}", "Name of {c} updated to {n}"),
    *failure("location_unknown", "***** WTF mbox without datalocation {box}"),
    *failure("location_unknown", "**** Mailbox has migrated to a new server ({a} => {b})"),
    *notice("root_missing", "Missing {root}", era="2019"),
    *notice("cloning", "[{uid}] unknown ids in MailboxRecordItemCache {ids}", era="2022"),
)
