"""Writes small, real messages (RFC 5322); equal arguments give equal bytes."""

from collections.abc import Sequence
from email.utils import formatdate
from hashlib import sha1
from random import Random

SUBJECTS = (
    "Compte rendu de la réunion", "Budget 2025", "Ordre du jour", "Weekly report", "Relance facture", "Congés d'été",
    "Invitation", "Re: planning", "Devis n° 1843", "Travaux rue des Écoles", "Minutes of the meeting", "Candidature",
)  # fmt: skip
SENTENCES = (
    "Bonjour,", "Vous trouverez ci-joint le document demandé.", "Could you have a look today?", "Merci d'avance.",
    "La salle est réservée jusqu'à midi.", "Bien à vous,", "The figures are in the second sheet.", "À demain !",
    "Nous n'avons pas encore reçu votre accord.", "Please find the minutes below.",
)  # fmt: skip


def compose(rng: Random, sender: str, recipients: Sequence[str], at: float, host: str) -> bytes:
    """Return one message, sent at Unix time ``at``; no two of one random generator are the same."""
    lines = [
        f"Return-Path: <{sender}>",
        f"Date: {formatdate(at)}",
        f"From: <{sender}>",
        f"To: {', '.join(f'<{r}>' for r in recipients)}",
        f"Subject: =?utf-8?q?{_quoted(rng.choice(SUBJECTS))}?=",
        f"Message-ID: <{rng.getrandbits(96):024x}@{host}>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        *rng.choices(SENTENCES, k=rng.randint(3, 30)),
        "",
    ]
    return "\r\n".join(lines).encode()


def _quoted(text: str) -> str:
    return "".join(
        c if c.isascii() and c.isalnum() else "".join(f"={b:02X}" for b in c.encode()) for c in text.replace(" ", "_")
    ).replace("=5F", "_")


def guid(message: bytes) -> bytes:
    """Return what Cyrus and bm-core know a message by: its SHA-1."""
    return sha1(message, usedforsecurity=False).digest()
