"""What we sign, the specification's own library verifies, in a process of its own."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from service.webhooks.signing import headers_for, new_secret
from tests.service.webhooks.conftest import Receiver, Shop

VERIFY = """
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
secret, headers, body = json.load(sys.stdin)
try:
    print(json.dumps(Webhook(secret).verify(body, headers)))
except WebhookVerificationError as error:
    print(error)
"""

BODY = '{"type":"render.succeeded","data":{"metadata":{"name":"Tasse „Löwe“"}}}'


def verified(secret: str, headers: dict[str, str], body: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", VERIFY],
        input=json.dumps([secret, headers, body]),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout.strip()


def test_a_message_on_its_way_is_verified_by_the_library(shop: Shop, receiver: Receiver) -> None:
    webhook, secret = shop.webhooks.add("anna", receiver.url)
    shop.cancelled()
    shop.reaches(webhook, "delivered")
    (message,) = receiver.got
    headers = {name: value for name, value in message.headers.items() if name.startswith("webhook")}

    said = verified(secret, headers, message.body.decode())

    assert json.loads(said)["type"] == "render.canceled"


def test_a_changed_message_fails() -> None:
    secret = new_secret()
    headers = headers_for("msg", BODY, [secret], datetime.now(UTC))
    assert json.loads(verified(secret, headers, BODY)) == json.loads(BODY)
    for other in (
        (secret, headers, BODY.replace("succeeded", "failed")),
        (secret, headers | {"webhook-id": "another"}, BODY),
        (secret, headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, BODY),
        (new_secret(), headers, BODY),
    ):
        assert verified(*other) == "No matching signature found"


def test_an_old_message_that_is_played_again_by_a_thief_fails() -> None:
    secret = new_secret()
    headers = headers_for("msg", BODY, [secret], datetime.now(UTC) - timedelta(minutes=10))
    assert verified(secret, headers, BODY) == "Message timestamp too old"


def test_while_a_secret_is_changed_both_verify(shop: Shop, receiver: Receiver) -> None:
    webhook, old = shop.webhooks.add("anna", receiver.url)
    _, new = shop.webhooks.rotate("anna", webhook.id)
    shop.cancelled()
    shop.reaches(webhook, "delivered")
    (message,) = receiver.got
    assert len(message.headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        assert json.loads(verified(secret, message.headers, message.body.decode()))
    assert verified(new_secret(), message.headers, message.body.decode()).startswith("No matching")


def test_a_secret_is_of_the_length_that_the_specification_wants() -> None:
    """24 to 64 bytes."""
    prefix, _, text = new_secret().partition("_")
    assert prefix == "whsec"
    assert 24 <= len(base64.b64decode(text, validate=True)) <= 64
