from collections.abc import Callable

import pytest

from bmrepmon.demo.server import SimulatedServer
from bmrepmon.model.folders import FolderHeader, FolderIdentity
from bmrepmon.parse.cyrus_header import parse_header_file
from bmrepmon.parse.cyrus_index import parse_index_header
from bmrepmon.parse.cyrus_records import iter_records

MakeServer = Callable[..., SimulatedServer]


@pytest.mark.parametrize("version", [12, 13, 16, 17, 19])
def test_the_project_reads_what_the_simulation_writes(simulated_server: MakeServer, version: int) -> None:
    """Indexes and headers of each version are believed by the project's own parsers, record by record."""
    server = simulated_server(index_version=version)
    server.step(30.0)
    for folder in server.truth().folders:
        cyrus = server.store.folders[folder.unique_id]
        meta = server.root / "var/spool/cyrus/meta" / folder.partition / cyrus.name.directory
        raw = (meta / "cyrus.index").read_bytes()
        header, identity = parse_index_header(raw), parse_header_file((meta / "cyrus.header").read_bytes())

        assert isinstance(header, FolderHeader)
        assert isinstance(identity, FolderIdentity)
        assert identity.unique_id == folder.unique_id
        assert (header.last_uid, header.highest_modseq, header.exists) == (
            folder.last_uid,
            folder.highest_modseq,
            folder.exists,
        )
        assert list(iter_records(raw, header)) == [
            (r.uid, r.size, r.last_updated, r.flags, r.guid, r.modseq) for r in cyrus.records.values()
        ]
