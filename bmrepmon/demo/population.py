"""Who lives on the simulated server: domains, users, shares and their folders; the same seed, the same people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from bmrepmon.demo.chance import chance
from bmrepmon.demo.names import FolderName, probe_share

SERVER = "bm-master"  # where bm-core runs; the first mail server, too
DOMAINS = ("demo.example", "ville.example")

DEFAULT_FOLDERS = (("Sent",), ("Drafts",), ("Trash",), ("Junk",), ("Outbox",))
MORE_FOLDERS = (
    ("Archives",), ("Archives", "2024"), ("Archives", "2025"), ("2024",), ("Projets",), ("Projets", "Été & hiver"),
    ("Factures payées",), ("Clients", "Mairie de Mâcon"), ("Clients", "v1.2 notes"), ("Élus",), ("À traiter",),
    ("Deleted Messages",), ("Listes", "dev (fr)"), ("Listes", "annonces"),
)  # fmt: skip
FIRST = (
    "marie", "jean", "fatima", "lucas", "chloé", "hugo", "inès", "léo", "zoé", "paul", "anaïs", "karim", "louise",
    "yves", "agnès", "noé", "claire", "rémi", "sonia", "tom",
)  # fmt: skip
LAST = (
    "martin", "durand", "bernard", "petit", "garcia", "moreau", "roux", "faure", "blanc", "henry", "masson", "nguyen",
    "lopez", "perrin", "caron", "meyer",
)  # fmt: skip
TO_ASCII = str.maketrans("éèëêïîôàç", "eeeeiioac")
ODD_USERS = ("jean.dupont", "4you", "user2", "marie.curie", "o__neil")  # dots, a digit, and what looks like syntax
SHARES = ("commerce", "conges-absences", "accueil", "support.technique", "2nd-line", "mairie")
SHARE_FOLDERS = (("Sent",), ("Trash",), ("Dossiers traités",), ("2024",))
SHARES_PER_MAILBOXES = 8  # one share in so many mailboxes


@dataclass(frozen=True, slots=True)
class Resident:
    """One user or share with the paths of its folders."""

    domain: str
    kind: Literal["user", "share"]
    owner: str
    paths: tuple[tuple[str, ...], ...]  # the first is (), its INBOX or itself
    weight: float  # its part of the mail, relative to the others
    probe: bool = False
    server: str = SERVER

    @property
    def address(self) -> str:
        """Its e-mail address."""
        return f"{self.owner}@{self.domain}"

    @property
    def folders(self) -> tuple[FolderName, ...]:
        """The names of its folders."""
        return tuple(FolderName(self.domain, self.kind, self.owner, path) for path in self.paths)


def mail_servers(number: int) -> tuple[str, ...]:
    """Name so many mail servers.

    >>> mail_servers(2)
    ('bm-master', 'bm-mail-2')
    """
    return SERVER, *(f"bm-mail-{count}" for count in range(2, number + 1))


def populate(seed: int, mailboxes: int, servers: Sequence[str] = (SERVER,), *, probes: bool = True) -> list[Resident]:
    """Return so many users and shares, each server's together, and behind them what bm-core's ``probes`` need.

    That is one share for each server and domain: every domain has mailboxes on every server.
    """
    rng = chance(seed, "population")
    names = _logins(rng)
    residents = [
        replace(_resident(rng, number, names), server=servers[number * len(servers) // mailboxes])
        for number in range(mailboxes)
    ]
    shares = [_probe(server, domain) for server in servers for domain in DOMAINS]
    return residents + shares if probes else residents


def _probe(server: str, domain: str) -> Resident:
    return Resident(domain, "share", probe_share(server, domain), ((),), 0.0, probe=True, server=server)


def _resident(rng: Random, number: int, logins: Iterator[str]) -> Resident:
    domain = DOMAINS[number % 3 // 2]  # two thirds live in the first one
    weight = rng.paretovariate(1.2)  # a few mailboxes are large
    if number % SHARES_PER_MAILBOXES == SHARES_PER_MAILBOXES - 1:
        turn, place = divmod(number // SHARES_PER_MAILBOXES, len(SHARES))
        return Resident(domain, "share", SHARES[place] + (f"-{turn}" if turn else ""), ((), *SHARE_FOLDERS), weight)
    return Resident(domain, "user", next(logins), ((), *DEFAULT_FOLDERS, *_chosen(rng)), weight)


def _chosen(rng: Random) -> tuple[tuple[str, ...], ...]:
    """Choose some folders, in the order of the list, each with the folders above it."""
    chosen = set(rng.sample(MORE_FOLDERS, rng.randint(0, 6)))
    chosen |= {path[:1] for path in chosen}
    return tuple(sorted(chosen))


def _logins(rng: Random) -> Iterator[str]:
    """Tell logins without end, none twice."""
    yield from ODD_USERS
    seen = set(ODD_USERS)
    while True:
        login = f"{rng.choice(FIRST)}.{rng.choice(LAST)}".translate(TO_ASCII)
        while login in seen:
            login = f"{login.rstrip('0123456789')}{rng.randint(2, 99999)}"
        seen.add(login)
        yield login
