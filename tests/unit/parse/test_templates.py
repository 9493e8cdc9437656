import re
import time

import pytest

from bmrepmon.model.error_reasons import CATALOGUE, ERROR_REASONS
from bmrepmon.model.log_events import Failure
from bmrepmon.parse import core_log
from bmrepmon.parse.refusals import REFUSALS, refusal_reason
from bmrepmon.parse.replication_log import BARE_ERRORS
from bmrepmon.parse.template import Template, TemplateIndex, failure, notice
from bmrepmon.parse.templates import REPLICATION

HOLE = re.compile(r"\{(\w+)(?::([ds]))?\}")
EVERY = (*REPLICATION, *core_log.TEMPLATES)


def example(template: Template) -> bytes:
    """Fill every hole of a message."""
    return HOLE.sub(lambda hole: {"d": "7", "s": "1.2.3.4:5", None: "some (text) 'x'"}[hole[2]], template.text).encode()


@pytest.mark.parametrize("template", EVERY, ids=lambda template: template.text)
def test_every_template_knows_its_own_message(template: Template) -> None:
    """No template is hidden behind another: the message of each is understood as what its row says."""
    templates = core_log.TEMPLATES if template in core_log.TEMPLATES else REPLICATION
    event = TemplateIndex(templates).find(5.0, "t", example(template), 0)

    assert event == template.build(5.0, "t", template.values(example(template), 0) or ())


def test_reasons_are_words_of_the_list() -> None:
    """Every reason that a table can give is in the fixed list, each with one meaning."""
    built = [template.build(0.0, "", (1, 2, 3, 4)) for template in REPLICATION if template.tells in ERROR_REASONS]
    reasons = {event.reason for event in built if isinstance(event, Failure)}
    reasons |= set(BARE_ERRORS.values()) | {reason for _, _, reason in REFUSALS if reason}

    assert reasons <= set(ERROR_REASONS)
    assert len(ERROR_REASONS) == len(set(ERROR_REASONS))
    assert all(re.fullmatch(r"[a-z_]+", reason.word) and reason.meaning for reason in CATALOGUE)


def test_every_reason_can_happen() -> None:
    """The list holds no word that nothing gives."""
    given = {template.tells for template in REPLICATION} | set(BARE_ERRORS.values())
    given |= {reason for _, _, reason in REFUSALS if reason} | {"unlisted_error", "refused", "protocol_bad"}

    assert set(ERROR_REASONS) <= given


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        ("no", b"way.", None),
        ("no", b"TLS", "starttls_refused"),
        ("no", b"IMAP_PROTOCOL_BAD_PARAMETERS", "protocol_bad"),
        ("no", b"IMAP_MAILBOX_NONEXISTENT No Such Mailbox", "mailbox_nonexistent"),
        ("no", b"IMAP_MAILBOX_MALFORMED Malformed mailbox name", "name_malformed"),
        ("no", b"for GET FROB", "command_unsupported"),
        (
            "no",
            b"net.bluemind.core.api.fault.ServerFault: Owner ghost@acme.test(acme_test) does not exist",
            "owner_unknown",
        ),
        ("no", b"net.bluemind.core.api.fault.ServerFault: Container subtree_x!user.y is missing.", "missing_subtree"),
        ("no", b"java.lang.RuntimeException: busy", "busy"),
        ("no", b"Replicated domain:ghost.test not found", "domain_unknown"),
        ("no", b"Missing token ref t12.bin", "literal_lost"),
        ("no", b"java.util.concurrent.TimeoutException", "timeout"),
        ("no", b"org.postgresql.util.PSQLException: ERROR: out of memory", "database_error"),
        ("no", b"java.lang.NullPointerException", "refused"),
        ("bad", b"invalid", "protocol_bad"),
    ],
)
def test_a_refusal_has_a_reason(status: str, text: bytes, reason: str | None) -> None:
    """Texts are known with and without the names of Java's exceptions before them."""
    assert refusal_reason(status, text) == reason


def test_a_number_must_be_one() -> None:
    """A hole for a number takes no word, and no number that no counter could hold."""
    (template,) = notice("x", "Expiring {n:d} messages")

    assert template.values(b"Expiring 12 messages of", 0) == (12,)
    assert template.values(b"Expiring many messages", 0) is None
    assert template.values(b"Expiring " + b"9" * 40 + b" messages", 0) is None


def test_a_hostile_line_costs_no_more_than_its_length() -> None:
    """Text made of nothing but the pieces of a template is searched once, not once for every piece."""
    index = TemplateIndex(failure("owner_unknown", "Skipping '{name}' ({box}): {message}!"))
    hostile = b"Skipping '" + b"' (" * 20000 + b"): " * 20000
    began = time.perf_counter()

    assert index.find(0.0, "t", hostile, 0) is None
    assert time.perf_counter() - began < 0.1


def test_an_empty_message_is_known_by_none() -> None:
    """An event without a text has no template."""
    assert TemplateIndex(REPLICATION).find(0.0, "t", b"", 0) is None
