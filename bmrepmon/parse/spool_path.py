"""The path of a folder below the spool, the archives or the metadata: the only place that tells its present name.

``<partition>/domain/<letter>/<domain>/<letter>/<first level>/<further levels>``, each level as in MBOXNAME. Cyrus
hashes by the letter of the second level, ``n/user/nico/Sent``, and a share by that of its sub-folder, which therefore
lies apart from it: ``c/commerce``, but ``s/commerce/Sent``. Source: BlueMind 4.9, CyrusFileSystemPathHelper.
"""

from bmrepmon.model.folders import FolderPath
from bmrepmon.model.names import MailboxName
from bmrepmon.parse.mailbox_name import parse_mailbox_name


def parse_folder_path(path: str | bytes) -> FolderPath:
    """Read a path relative to the root, as the operating system gives it.

    Its name is None when a letter or a level is not what Cyrus would write.

    >>> parse_folder_path("bm-master__acme_test/domain/a/acme.test/j/user/jean^dupont/Sent").name
    MailboxName(domain='acme.test', namespace='users', mailbox='jean.dupont', folder='Sent', deleted_at=None)
    """
    raw = path if isinstance(path, bytes) else path.encode("utf-8", "surrogateescape")
    partition, *below = raw.decode("utf-8", "replace").split("/")
    return FolderPath(partition, _name(below))


def path_of(name: str) -> str:
    """Return the directory of a folder, below its partition, by its MBOXNAME.

    >>> path_of("acme.test!user.jean^dupont.Sent")
    'domain/a/acme.test/j/user/jean^dupont/Sent'
    """
    domain, _, folder = name.partition("!")
    levels = folder.split(".")
    return "/".join(("domain", hash_letter(domain), domain, _letter(levels), *levels))


def hash_letter(name: str) -> str:
    """Return the directory that Cyrus hashes ``name`` into: its first letter in lower case, or q.

    >>> hash_letter("Sent"), hash_letter("4you"), hash_letter("&AMk-t&AOk-")
    ('s', 'q', 'q')
    """
    first = name[:1].lower()
    return first if first.isascii() and first.isalpha() else "q"


def _letter(levels: list[str]) -> str:
    """Return the directory in which the levels of a folder begin."""
    return hash_letter(levels[1] if len(levels) > 1 else levels[0])


def _name(parts: list[str]) -> MailboxName | None:
    match parts:
        case ["domain", domain_letter, domain, letter, *levels] if levels:
            if (domain_letter, letter) == (hash_letter(domain), _letter(levels)) and all(
                level and "." not in level for level in levels
            ):
                return parse_mailbox_name(f"{domain}!{'.'.join(levels)}")
    return None
