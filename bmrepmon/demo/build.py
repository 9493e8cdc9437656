"""Fills a new server: years of mail, some of it archived, some removed, and most of it replicated long ago."""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Protocol

from bmrepmon.demo.chance import chance
from bmrepmon.demo.cyrus_index import EXPUNGED, FLAGGED, SEEN
from bmrepmon.demo.folder import Folder
from bmrepmon.demo.life import new_unique_id
from bmrepmon.demo.mailstore import MailStore
from bmrepmon.demo.messages import compose
from bmrepmon.demo.names import DEFAULT_PARTITION, FolderName
from bmrepmon.demo.population import Resident
from bmrepmon.demo.replica import Replica, ReplicaFolder

DAY = 86400.0
YEARS = 2 * 365 * DAY  # how far back the mail goes
ARCHIVED_AFTER = 400 * DAY
PARTS = {(): 10.0, ("Sent",): 5.0, ("Trash",): 1.0, ("Drafts",): 0.2, ("Outbox",): 0.0}  # of a mailbox's mail
PART = 1.5  # of any other folder
COPIED, REMOVED = 0.08, 0.02  # shares of the messages
COPIED_AT_ONCE = 8


class Wishes(Protocol):
    """How much of what; see `bmrepmon.demo.server.Plan`."""

    @property
    def messages(self) -> int:
        """Messages to begin with."""

    @property
    def passive(self) -> float:
        """Share of the mailboxes that were never replicated."""

    @property
    def waiting(self) -> float:
        """Share of the mailboxes that wait for their first replication."""

    @property
    def default(self) -> int:
        """Folders in Cyrus's own partition."""


class Builder:
    """Puts the first content into Cyrus and into bm-core."""

    def __init__(self, seed: int, epoch: float, store: MailStore, replica: Replica) -> None:
        """Fill ``store`` and ``replica``, which are empty, with mail from before Unix time ``epoch``."""
        self._rng = chance(seed, "build")
        self._epoch = epoch
        self._store = store
        self._replica = replica

    def fill(self, residents: Sequence[Resident], wishes: Wishes) -> list[Resident]:
        """Build everything; return those residents whose mailboxes are in use."""
        people = [r for r in residents if not r.probe]
        passive, waiting = int(len(people) * wishes.passive), int(len(people) * wishes.waiting)
        folders = {
            r.address: [self._store.create(n, new_unique_id(self._rng), noted=False) for n in r.folders]
            for r in residents
        }
        for resident, messages in zip(people, _shares(people, wishes.messages), strict=True):
            self._fill_mailbox(resident, folders[resident.address], messages)
        for resident in residents[len(people) :]:
            self._fill_probe(resident, folders[resident.address][0])
        self._copy(list(self._store.folders.values()), int(wishes.messages * COPIED))
        self._fill_default(people, wishes.default)
        replicated = [f for r in residents[passive + waiting :] for f in folders[r.address]]
        self._replicate(replicated)
        for resident in people[passive : passive + waiting]:
            for folder in folders[resident.address]:
                self._store.note(folder)
        return people[passive:]

    def _create(self, name: FolderName) -> Folder:
        return self._store.create(name, new_unique_id(self._rng), noted=False)

    def _fill_mailbox(self, resident: Resident, folders: Sequence[Folder], messages: int) -> None:
        weights = [PARTS.get(f.name.path, PART) for f in folders]
        for folder, count in zip(folders, _split(messages, weights), strict=True):
            dates = sorted(self._epoch - self._rng.random() ** 2 * YEARS for _ in range(count))
            content = _mail(self._rng, resident, dates)
            self._store.fill(folder, content, archived_before=int(self._epoch - ARCHIVED_AFTER))
            removed = [uid for uid in folder.records if self._rng.random() < REMOVED]
            if removed:
                self._store.flag(folder, removed, EXPUNGED, noted=False)

    def _fill_probe(self, resident: Resident, share: Folder) -> None:
        content = compose(self._rng, "tick@bluemind.net", [resident.address], self._epoch, "bluemind.net")
        self._store.fill(share, [(content, int(self._epoch), 0)])

    def _fill_default(self, people: Sequence[Resident], number: int) -> None:
        """Make folders where BlueMind makes none, as somebody does who calls cyradm by hand."""
        for count, resident in enumerate(people[:number], 1):
            name = FolderName(resident.domain, resident.kind, resident.owner, (f"By hand {count}",))
            folder = self._store.create(name, new_unique_id(self._rng), noted=False, where=DEFAULT_PARTITION)
            self._store.fill(folder, _mail(self._rng, resident, [self._epoch - DAY]))

    def _copy(self, folders: Sequence[Folder], count: int) -> None:
        """Copy messages between folders, so that some files have several names."""
        full = [f for f in folders if len(f.live) > 1]
        while full and count > 0:
            source, target = self._rng.choice(full), self._rng.choice(full)
            uids = [r.uid for r in source.live]
            chosen = sorted(self._rng.sample(uids, min(count, len(uids), COPIED_AT_ONCE)))
            self._store.copy(source, chosen, target, noted=False)
            count -= len(chosen)

    def _replicate(self, folders: Sequence[Folder]) -> None:
        """Give bm-core all that these folders hold."""
        known = [ReplicaFolder(f.state(), f.name, {r.uid: r for r in f.live}) for f in folders]
        bodies = {r.guid: r.size for f in folders for r in f.live}
        self._replica.load(known, list(bodies.items()), self._epoch)


def _mail(rng: Random, resident: Resident, dates: Sequence[float]) -> Iterator[tuple[bytes, int, int]]:
    for date in dates:
        sender = f"contact{rng.randint(1, 500)}@example.org"
        content = compose(rng, sender, [resident.address], date, "mx.example.org")
        yield content, int(date), rng.choice((0, SEEN, SEEN, SEEN, SEEN | FLAGGED))


def _shares(residents: Sequence[Resident], messages: int) -> list[int]:
    return _split(messages, [r.weight for r in residents])


def _split(whole: int, weights: Sequence[float]) -> list[int]:
    """Divide a number by weights; nothing is lost to rounding.

    >>> _split(10, [1.0, 1.0, 2.0])
    [2, 3, 5]
    """
    parts, reached, given, total = [], 0.0, 0, sum(weights)
    for weight in weights:
        reached += weight
        parts.append(int(whole * reached / total) - given)
        given += parts[-1]
    return parts
