from hypothesis import given, strategies as st

from bmrepmon.parse.cyrus_partitions import parse_metapartitions

FILE = b"""partition-bm-master__a_test: /var/spool/cyrus/data/bm-master__a_test
metapartition-bm-master__a_test: /var/spool/cyrus/meta/bm-master__a_test
archivepartition-bm-master__a_test: /var/spool/bm-hsm/cyrus-archives/bm-master__a_test
# metapartition-old: /gone
MetaPartition-bm-master__b_test :   /disk 2/b \t\r
metapartition-relative: meta/c
metapartition-twice: /one
metapartition-twice: /two
"""


def test_where_the_metadata_lies() -> None:
    """Of three lines a partition one is about metadata; comments and relative paths are none."""
    assert parse_metapartitions(FILE) == {
        "bm-master__a_test": "/var/spool/cyrus/meta/bm-master__a_test",
        "bm-master__b_test": "/disk 2/b",
        "twice": "/two",
    }


@given(st.binary() | st.lists(st.sampled_from([*FILE.split(b"\n"), b"\0", b"\xff"])).map(b"\n".join))
def test_no_bytes_are_too_bad(raw: bytes) -> None:
    """Whatever the file holds, places are absolute."""
    assert all(path.startswith("/") for path in parse_metapartitions(raw).values())
