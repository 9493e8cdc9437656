"""What people and their correspondents do all day: mail comes, is read, filed, thrown away; folders come and go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from uuid import UUID

from bmrepmon.demo.chance import chance
from bmrepmon.demo.cyrus_index import ANSWERED, FLAGGED, SEEN
from bmrepmon.demo.folder import Folder
from bmrepmon.demo.mailstore import MailStore
from bmrepmon.demo.messages import compose
from bmrepmon.demo.names import FolderName
from bmrepmon.demo.population import Resident
from bmrepmon.demo.timeline import Process, Timeline

NEW_FOLDERS = ("Chantier été", "À classer", "Dossier n° 7", "Copies", "Réunions", "v2.0", "2026")
RECIPIENTS = (1, 1, 1, 1, 1, 1, 2, 2, 3, 8)  # so many mailboxes get one message


@dataclass(slots=True)
class Rates:
    """Events in one simulated second, all mailboxes together."""

    mail: float = 1.0
    read: float = 0.7
    file: float = 0.1  # moves and copies
    expunge: float = 0.1
    archive: float = 0.02
    create: float = 0.02
    rename: float = 0.02


@dataclass(slots=True)
class Life:
    """The activity of those residents whose mailboxes are in use; probe shares and passive mailboxes are not."""

    timeline: Timeline
    store: MailStore
    residents: Sequence[Resident]
    seed: int
    rates: Rates = field(default_factory=Rates)
    _weights: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Begin; each kind of event has its own chance, so that changing one rate leaves the others alone."""
        self._weights = [r.weight for r in self.residents]
        acts: dict[str, Callable[[Random], None]] = {
            "mail": self._receive,
            "read": self._read,
            "file": self._file,
            "expunge": self._expunge,
            "archive": self._archive,
            "create": self._create,
            "rename": self._rename,
        }
        for kind, act in acts.items() if self.residents else ():
            self.timeline.spawn(self._repeat(kind, act))

    def _repeat(self, kind: str, act: Callable[[Random], None]) -> Process[None]:
        rng = chance(self.seed, f"life {kind}")
        while True:
            rate: float = getattr(self.rates, kind)
            yield rng.expovariate(rate) if rate else 60.0
            if rate and getattr(self.rates, kind):  # nobody may have gone to bed in between
                act(rng)

    def _receive(self, rng: Random) -> None:
        count = min(rng.choice(RECIPIENTS), len(self.residents))
        chosen = {r.address: r for r in rng.choices(self.residents, self._weights, k=count)}
        now = int(self.timeline.stamp)
        content = compose(rng, f"contact{rng.randint(1, 500)}@example.org", list(chosen), now, "mx.example.org")
        self.store.deliver(content, [self._inbox(r) for r in chosen.values()], now)

    def _read(self, rng: Random) -> None:
        folder, uids = self._some_messages(rng, 3)
        if uids:
            self.store.flag(folder, uids, rng.choice((SEEN, SEEN, SEEN, ANSWERED | SEEN, FLAGGED)))

    def _file(self, rng: Random) -> None:
        folder, uids = self._some_messages(rng, 4)
        target = rng.choice(self._folders(folder))
        if uids and target is not folder:
            (self.store.move if rng.random() < 0.7 else self.store.copy)(folder, uids, target)

    def _expunge(self, rng: Random) -> None:
        folder, uids = self._some_messages(rng, 2)
        if uids:
            self.store.expunge(folder, uids)

    def _archive(self, rng: Random) -> None:
        folder, _ = self._some_messages(rng, 1)
        uids = [r.uid for r in folder.live if not r.archived][: rng.randint(1, 5)]
        if uids:
            self.store.archive(folder, uids)

    def _create(self, rng: Random) -> None:
        resident = rng.choices(self.residents, self._weights)[0]
        path = (f"{rng.choice(NEW_FOLDERS)} {rng.getrandbits(24):x}",)
        self.store.create(FolderName(resident.domain, resident.kind, resident.owner, path), new_unique_id(rng))

    def _rename(self, rng: Random) -> None:
        """Rename a folder that somebody made and that has none below it, or delete it."""
        folders = [f for r in self.residents for f in self._folders(self._inbox(r)) if f.name.path]
        leaves = [f for f in folders if f.name.path[-1].rsplit(" ", 1)[0] in NEW_FOLDERS]
        if not leaves:
            return
        folder = rng.choice(leaves)
        if rng.random() < 0.3:
            self.store.delete(folder)
        else:
            path = (f"{rng.choice(NEW_FOLDERS)} {rng.getrandbits(24):x}",)
            self.store.rename(folder, replace(folder.name, path=path))

    def _inbox(self, resident: Resident) -> Folder:
        return self.store.by_name[FolderName(resident.domain, resident.kind, resident.owner).cyrus]

    def _folders(self, folder: Folder) -> list[Folder]:
        """Return all folders of a folder's mailbox."""
        return self.store.mailbox(folder.name)

    def _some_messages(self, rng: Random, most: int) -> tuple[Folder, list[int]]:
        """Choose a folder and some of its newest messages."""
        folders = self._folders(self._inbox(rng.choices(self.residents, self._weights)[0]))
        folder = rng.choice(folders)
        uids = [r.uid for r in folder.live][-20:]
        return folder, sorted(rng.sample(uids, min(len(uids), rng.randint(1, most))))


def new_unique_id(rng: Random) -> str:
    """Return an id as Cyrus gives it: sixteen hexadecimal digits on old folders, a UUID on new ones."""
    return f"{rng.getrandbits(64):016x}" if rng.random() < 0.3 else str(UUID(int=rng.getrandbits(128), version=4))
