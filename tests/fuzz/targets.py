"""Every parser of what comes from outside, as one function of bytes, and what to begin its mutations with."""

import gzip
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from bmrepmon.config.load import ConfigError, parse_settings
from bmrepmon.model.folders import Damage, FolderHeader
from bmrepmon.model.log_activity import CoreActivity, LogActivity
from bmrepmon.parse.bm_ini import parse_bm_ini
from bmrepmon.parse.cyrus_columns import read_columns
from bmrepmon.parse.cyrus_header import parse_header_file
from bmrepmon.parse.cyrus_index import parse_index_header
from bmrepmon.parse.cyrus_layouts import LAYOUTS
from bmrepmon.parse.cyrus_records import iter_records
from bmrepmon.parse.fold import fold_core_log, fold_replication_log
from bmrepmon.parse.lines import LineSplitter
from bmrepmon.parse.local_addresses import parse_fib_trie, parse_if_inet6
from bmrepmon.parse.mailbox_name import parse_mailbox_name
from bmrepmon.parse.partition import parse_partition
from bmrepmon.parse.proc_net import established_peers
from bmrepmon.parse.sock_diag import read_answer
from bmrepmon.parse.spool_path import parse_folder_path
from bmrepmon.parse.sync_log import SyncLogTally
from bmrepmon.parse.timezone import infer_zone

TESTS = Path(__file__).parent.parent
CORPUS = Path(__file__).parent / "corpus"
CYRUS = TESTS / "fixtures" / "cyrus"
EXCERPT = 4096  # bytes of a long fixture
PARIS = ZoneInfo("Europe/Paris")
DATED = 1_668_000_000.0  # Unix seconds, near the dates of the fixtures


class Target(NamedTuple):
    """Takes any bytes; returning is all that it has to do, within a time that grows with their length alone."""

    run: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    cost: int = 1  # an input counts for so many, that no target takes all the time


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _replication(raw: bytes) -> None:
    fold_replication_log(PARIS)(LogActivity(), [raw.split(b"\n")])


def _core(raw: bytes) -> None:
    fold_core_log(PARIS)(CoreActivity(), [raw.split(b"\n")])


def _lines(raw: bytes) -> None:
    """Cut the input where its own bytes say, with a small limit; nothing may go missing."""
    splitter, at = LineSplitter(limit=16), 0
    while at < len(raw):
        step = raw[at] % 40 + 1
        splitter.feed(raw[at : at + step])
        at += step
    assert splitter.consumed == raw.rfind(b"\n") + 1


def _index(raw: bytes) -> None:
    """Read the input as it is, and with a checksum that holds: else hardly any mutation would come any further."""
    for whole in (raw, _sealed(raw)):
        header = parse_index_header(whole)
        if isinstance(header, FolderHeader):
            records = list(iter_records(whole, header))
            block = whole[header.start_offset :][: header.num_records * header.record_size]
            columns = read_columns(block, header.minor_version)
            assert isinstance(columns, Damage) or len(columns.uids) == sum(not isinstance(r, Damage) for r in records)


def _sealed(raw: bytes) -> bytes:
    layout = LAYOUTS.get(int.from_bytes(raw[8:12], "big"))
    end = layout.header.size - 4 if layout else len(raw)
    return raw[:end] + crc32(raw[:end]).to_bytes(4, "big") + raw[end + 4 :]


def _sync_log(raw: bytes) -> None:
    tally = SyncLogTally(names=8)
    for at in range(0, len(raw), 100):
        tally.feed(raw[at : at + 100])
    tally.end()
    assert len(tally.folders) <= 8


def _addresses(raw: bytes) -> None:
    parse_fib_trie(raw)
    parse_if_inet6(raw)


def _configuration(raw: bytes) -> None:
    with suppress(ConfigError):
        parse_settings(raw, "bmrepmon.toml", {})
    with suppress(ConfigError):
        parse_settings(b"", "bmrepmon.toml", {"BMREPMON_WEB_LISTEN": _text(raw), "BMREPMON_CORE_TIMEZONE": _text(raw)})


def _zone(raw: bytes) -> None:
    infer_zone(raw, DATED, PARIS)
    infer_zone(raw, DATED, UTC)


def _kept(name: str) -> list[bytes]:
    """Return what ``corpus/`` keeps for a target: one input a file, found by an earlier run or written by hand."""
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


def _logs() -> list[bytes]:
    whole = [gzip.decompress(path.read_bytes()) for path in sorted((TESTS / "fixtures" / "logs").glob("*.gz"))]
    return [log[at : at + EXCERPT] for log in whole for at in range(0, min(len(log), 10 * EXCERPT), EXCERPT)]


def _files(folder: Path, pattern: str) -> list[bytes]:
    return [path.read_bytes()[:EXCERPT] for path in sorted(folder.glob(pattern))]


def _event() -> list[bytes]:
    return [b"2022-11-09 14:20:00,123 [main] a.b.C INFO - text", b"2022-10-30 02:30:00,000 [x] y ERROR - z"]


TARGETS: Mapping[str, Target] = {
    "replication_log": Target(_replication, _logs),
    "core_log": Target(_core, lambda: _logs() + _kept("core_log")),
    "lines": Target(_lines, _logs),
    "timezone": Target(_zone, _event),
    "mailbox_name": Target(lambda raw: parse_mailbox_name(_text(raw)), lambda: _kept("mailbox_name")),
    "partition": Target(lambda raw: parse_partition(_text(raw)), lambda: _kept("partition")),
    "spool_path": Target(parse_folder_path, lambda: _kept("spool_path")),
    "cyrus_index": Target(_index, lambda: _files(CYRUS, "*/cyrus.index")),
    "cyrus_header": Target(parse_header_file, lambda: _files(CYRUS, "*/cyrus.header")),
    "sync_log": Target(_sync_log, lambda: _kept("sync_log")),
    "proc_net": Target(lambda raw: established_peers(raw, 2501), lambda: _files(TESTS / "fixtures/proc/net", "tcp*")),
    "sock_diag": Target(lambda raw: read_answer(raw, 2501), lambda: _files(TESTS / "fixtures/sock_diag", "answer")),
    "local_addresses": Target(_addresses, lambda: _kept("local_addresses")),
    "bm_ini": Target(parse_bm_ini, lambda: _kept("bm_ini")),
    "configuration": Target(_configuration, lambda: _kept("configuration"), cost=10),
}
