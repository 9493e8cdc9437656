"""Where BlueMind 4 keeps things: the paths that discovery looks up below the root.

Sources: BlueMind 4.9, packaging/bm-core/logback.xml (logs), the partition helper of its Cyrus services (spools), and
the cleaning script of its Cyrus package (sync log).
"""

from collections.abc import Mapping
from types import MappingProxyType

PLACES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("core", "replication_log"): "/var/log/bm/replication.log",
        ("core", "core_log"): "/var/log/bm/core.log",
        ("bluemind", "ini"): "/etc/bm/bm.ini",
        ("backend", "spool"): "/var/spool/cyrus/data",
        ("backend", "meta"): "/var/spool/cyrus/meta",
        ("backend", "archive"): "/var/spool/bm-hsm/cyrus-archives",
        ("backend", "sync_log"): "/var/lib/cyrus/sync/core",
        ("state", "directory"): "/var/lib/bmrepmon",
    }
)

PARTITIONS = "/etc/cyrus-partitions"  # where Cyrus's partitions lie: BlueMind 4.9, CyrusService
