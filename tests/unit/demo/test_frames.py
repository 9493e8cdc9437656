from dataclasses import replace

from bmrepmon.demo.cyrus_index import EXPUNGED, SEEN, IndexRecord
from bmrepmon.demo.frames import (
    CUT,
    Dialect,
    FolderState,
    apply_mailbox,
    apply_message,
    apply_reserve,
    get_mailboxes,
    mailboxes_answer,
    reserve_answer,
    shown_answer,
    shown_command,
)

RECORD = IndexRecord(7, bytes(range(20)), 2199, 1_656_410_390, 1_656_410_400, 25, SEEN)
STATE = FolderState(
    unique_id="5596488a58661ddc",
    name="acme.test!user.tom.Deleted Messages",
    partition="bm-master__acme_test",
    last_uid=7,
    highest_modseq=25,
    uid_validity=1_479_302_982,
    last_append=1_656_410_390,
    sync_crc=99,
    acl=(("tom@acme.test", "lrswipkxtecda"),),
    quota_root="acme.test!user.tom",
)


def test_apply_mailbox_as_cyrus_sends_it() -> None:
    """Keys come in the order of Cyrus 3.0, names with spaces in quotes, rights with their tabs."""
    assert apply_mailbox(STATE, [RECORD], Dialect(2022, 13)) == (
        'APPLY MAILBOX %(UNIQUEID 5596488a58661ddc MBOXNAME "acme.test!user.tom.Deleted Messages" SYNC_CRC 99 '
        "SYNC_CRC_ANNOT 12345678 LAST_UID 7 HIGHESTMODSEQ 25 RECENTUID 7 RECENTTIME 1656410390 "
        "LAST_APPENDDATE 1656410390 POP3_LAST_LOGIN 0 POP3_SHOW_AFTER 0 XCONVMODSEQ 25 UIDVALIDITY 1479302982 "
        'PARTITION bm-master__acme_test ACL "tom@acme.test\tlrswipkxtecda\t" OPTIONS PS '
        "QUOTAROOT acme.test!user.tom RECORD (%(UID 7 MODSEQ 25 LAST_UPDATED 1656410400 FLAGS (\\Seen) "
        "INTERNALDATE 1656410390 SIZE 2199 GUID 000102030405060708090a0b0c0d0e0f10111213)))"
    )


def test_what_the_versions_differ_in() -> None:
    """2019 knows no conversations; a newer Cyrus adds two keys; a share has no quota."""
    old = STATE.fields(Dialect(2019, 13))
    new = replace(STATE, quota_root=None).fields(Dialect(2022, 17))

    assert "XCONVMODSEQ" not in old
    assert new.endswith("OPTIONS PS CREATEDMODSEQ 1 FOLDERMODSEQ 25")


def test_flags_of_a_removed_message() -> None:
    """An expunged message travels as a flag."""
    text = apply_mailbox(STATE, [replace(RECORD, flags=SEEN | EXPUNGED)], Dialect())

    assert "FLAGS (\\Seen \\Expunged)" in text


def test_the_other_commands() -> None:
    """The rest of a cycle, word by word; literals are names of temporary files."""
    guids = [bytes(20), bytes([255] * 20)]

    assert get_mailboxes(["a!user.b", "a!user.b.C d"]) == 'GET MAILBOXES (a!user.b "a!user.b.C d")'
    assert apply_reserve("p__q", ["a!b"], guids) == (
        f"APPLY RESERVE %(PARTITION p__q MBOXNAME (a!b) GUID ({'00' * 20} {'ff' * 20}))"
    )
    assert reserve_answer(guids[:1]) == f"* MISSING ({'00' * 20})\r\nOK success"
    assert reserve_answer([]) == "OK success"
    assert apply_message("p__q", [(guids[0], 85), (guids[1], 7)], 4) == (
        f"APPLY MESSAGE (%{{p__q {'00' * 20} 85}}{{t4.bin}} %{{p__q {'ff' * 20} 7}}{{t5.bin}})"
    )
    assert mailboxes_answer([], Dialect()) == "OK success"


def test_what_the_log_shows_of_long_texts() -> None:
    """Commands are cut at 2048 characters; answers above 500 keep 200, and lose their status."""
    assert shown_command("x" * 2048) == "x" * 2048
    assert shown_command("x" * 2049) == "x" * 2048 + CUT
    assert shown_answer("x" * 500) == "x" * 500
    assert shown_answer("x" * 501) == "x" * 200 + CUT
