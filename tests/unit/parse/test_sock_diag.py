"""What the kernel answers about sockets: recorded, written out, and damaged."""

import socket
from collections import Counter
from errno import EBADMSG, ENOENT
from pathlib import Path
from struct import pack, unpack_from

import pytest

from bmrepmon.parse.sock_diag import NLMSG_DONE, NLMSG_ERROR, SOCK_DIAG_BY_FAMILY, Answer, question, read_answer

# Of Linux 6.18: a dual-stack listener on 2501, and the six clients of the recorded tables.
RECORDED = (Path(__file__).parents[2] / "fixtures/sock_diag/answer").read_bytes()
DONE = pack("=IHHIIi", 20, NLMSG_DONE, 0, 0, 0, 0)


def told(family: int, state: int, ours: int, peer: bytes) -> bytes:
    """Write one socket as the kernel does."""
    body = pack("=BBxx2s2s16s16s20x", family, state, ours.to_bytes(2, "big"), b"\x9c\x40", b"", peer)
    return pack("=IHHII", 16 + len(body), SOCK_DIAG_BY_FAMILY, 2, 0, 0) + body


def test_a_recorded_answer() -> None:
    """One end of each connection counts; a mapped address is told as IPv4; one that its peer left does not count."""
    assert read_answer(RECORDED, 2501) == Answer(Counter({"127.0.0.1": 2, "::1": 2, "127.0.0.2": 1}), True, True)


def test_an_answer_of_several_datagrams_ends_with_the_last() -> None:
    """What is not all of it says so."""
    some = told(socket.AF_INET, 1, 2501, b"\xc0\xa8\x01\x0a")

    assert read_answer(some + some, 2501) == Answer(Counter({"192.168.1.10": 2}), False, False)
    assert read_answer(DONE, 2501) == Answer(Counter(), False, True)


@pytest.mark.parametrize(("state", "port"), [(10, 2502), (1, 2502), (8, 2501)])
def test_another_port_and_another_state_do_not_count(state: int, port: int) -> None:
    """Whatever the kernel was asked."""
    assert read_answer(told(socket.AF_INET, state, port, b"\x7f\0\0\1") + DONE, 2501) == Answer(Counter(), False, True)


def test_a_listener_is_no_session() -> None:
    """It tells that bm-core is there."""
    assert read_answer(told(socket.AF_INET6, 10, 2501, b"") + DONE, 2501) == Answer(Counter(), True, True)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (pack("=IHHIIi", 36, NLMSG_ERROR, 0, 0, 0, -ENOENT), ENOENT),
        (pack("=IHHIIi", 36, NLMSG_ERROR, 0, 0, 0, 0), EBADMSG),
        (pack("=IHHII", 16, NLMSG_ERROR, 0, 0, 0), EBADMSG),
        (pack("=IHHII", 0, SOCK_DIAG_BY_FAMILY, 0, 0, 0), EBADMSG),
        (RECORDED[:7], EBADMSG),
    ],
    ids=["no such family", "an acknowledgement", "an error cut short", "a message of no length", "a header cut short"],
)
def test_what_is_no_answer_is_an_error(answer: bytes, error: int) -> None:
    """Never an endless loop, and never a zero."""
    assert read_answer(answer, 2501) == Answer(Counter(), False, True, error)


def test_a_socket_that_is_cut_short_does_not_count() -> None:
    """The kernel sends whole ones."""
    assert read_answer(pack("=IHHII", 20, SOCK_DIAG_BY_FAMILY, 0, 0, 0) + bytes(4) + DONE, 2501).peers == Counter()


def test_a_question_is_as_long_as_it_says() -> None:
    """The kernel refuses it otherwise: inet_diag_req_v2 has 56 bytes."""
    asked = question(socket.AF_INET6, 2501)

    assert (len(asked),) == (16 + 56,) == unpack_from("=I", asked)
    assert asked[24:26] == b"\x09\xc5"
