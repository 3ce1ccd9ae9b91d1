"""Secrets and signatures, as the Standard Webhooks specification has them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook as Signer

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a secret that nobody guesses, in the form that the libraries read."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers_for(id: str, body: str, keys: Sequence[str], at: datetime) -> dict[str, str]:
    """Return the headers of one attempt to send ``body``, signed with each of the secrets.

    Args:
        id: of the message; the same in every attempt.
        at: now; the signature holds for some minutes around it.
    """
    at = at.astimezone(UTC)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(key).sign(id, at, body) for key in keys),
    }
