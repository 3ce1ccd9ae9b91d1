"""The receiver that docs/webhooks.md shows is run, in a process that has the secret alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from service.settings import Settings
from tests.docs_text import DOCS, blocks
from tests.service.jobs.conftest import eventually
from tests.service.webhooks.conftest import Shop

PAGE = DOCS / "webhooks.md"


@contextmanager
def documented(secret: str, port: int) -> Iterator[subprocess.Popen[str]]:
    (program,) = blocks(PAGE, "python")
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            eventually(lambda: _listens(port), 20)
            yield process
        finally:
            process.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_it_takes_what_we_send_once_and_nothing_else(shop: Shop, port: int) -> None:
    url = f"http://127.0.0.1:{port}/"
    webhook, secret = shop.webhooks.add("anna", url)
    with documented(secret, port) as process:
        assert process.stdout is not None
        first = shop.cancelled()
        (delivery,) = shop.reaches(webhook, "delivered")
        assert process.stdout.readline().split() == ["render.canceled", first.id]

        forged = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        for headers in ({}, forged, forged | {"webhook-signature": "x"}):
            assert httpx2.post(url, headers=headers, content=b"{}").status_code == 400
        shop.webhooks.replay("anna", webhook.id, delivery_id=delivery.id)
        shop.reaches(webhook, "delivered")
        second = shop.cancelled()
        shop.reaches(webhook, "delivered", "delivered")

        assert process.stdout.readline().split() == ["render.canceled", second.id]


def test_settings_named_there_exist() -> None:
    words = PAGE.read_text("utf-8").replace("`", " ").replace("=", " ").replace(")", " ").split()
    named = {word.strip("(,.") for word in words if word.strip("(").startswith("STILLWAVE_")}
    assert len(named) >= 4
    assert named <= {f"STILLWAVE_{name.upper()}" for name in Settings.model_fields}
