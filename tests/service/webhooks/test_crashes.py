"""Workers in processes of their own; the killing is real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from service.renders import open_renders
from service.settings import Settings
from service.webhooks.nouns import EVENT_TYPES
from service.webhooks.use_cases import Webhooks, open_webhooks
from tests.service.jobs.conftest import ROOT, Service, WorkerProcess, eventually
from tests.service.jobs.postgres import needs_postgres, postgres
from tests.service.webhooks.conftest import Receiver, Reply

QUICK = {
    "STILLWAVE_FETCH_NETWORKS": "127.0.0.1/32",
    "STILLWAVE_WEBHOOK_TIMEOUT_SECONDS": "2",
    "STILLWAVE_WEBHOOK_RETRY_SECONDS": "0.1,0.1,0.1",
}

DIE_BETWEEN = """
import os, signal, sys
from service import events
from service.jobs.database import connect
from service.renders import open_renders
from service.settings import read_settings

settings = read_settings()
open_renders(settings).cancel("anna", sys.argv[1])
with connect(settings).begin() as connection:
    assert len(events.take(connection, 100)) == 2
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""Enters a state, takes it out of the outbox, and dies before its delivery is written."""


class Shop(Service):
    """A service whose workers send webhooks to loopback."""

    def hire(self, **environment: str) -> WorkerProcess:
        return super().hire(**QUICK, **environment)


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Shop, Webhooks]]:
    shop = Shop(settings, open_renders(settings))
    webhooks = open_webhooks(settings.model_copy(update={"fetch_networks": ("127.0.0.1/32",)}))
    yield shop, webhooks
    webhooks.close()
    shop.dismiss()


def test_a_worker_killed_between_the_event_and_the_answer_costs_a_second_message(
    tmp_path: Path, receiver: Receiver
) -> None:
    settings = Settings(data_dir=tmp_path, min_free_mb=0, drain_seconds=0)
    with opened(settings) as (service, webhooks):
        webhook, _ = webhooks.add("anna", receiver.url)
        render = service.submit()
        service.renders.cancel("anna", render.id)
        receiver.replies = [Reply(200, seconds=1.5)]
        worker = service.hire()
        eventually(lambda: receiver.got)
        worker.signal(signal.SIGKILL)
        (sent,) = webhooks.deliveries("anna", webhook.id).items
        assert (sent.state, sent.tries) == ("pending", ())

        service.hire()
        eventually(lambda: len(receiver.got) == 2)

        eventually(lambda: webhooks.deliveries("anna", webhook.id).items[0].state == "delivered")
        assert {message.id for message in receiver.got} == {sent.id}
        assert {message.document["data"]["id"] for message in receiver.got} == {render.id}


def test_a_process_killed_between_the_event_and_the_delivery_costs_nothing(
    tmp_path: Path, receiver: Receiver
) -> None:
    settings = Settings(data_dir=tmp_path, min_free_mb=0, drain_seconds=0)
    with opened(settings) as (service, webhooks):
        webhook, _ = webhooks.add("anna", receiver.url)
        render = service.submit()
        killed = subprocess.run(
            [sys.executable, "-c", DIE_BETWEEN, render.id],
            env={**os.environ, "PYTHONPATH": str(ROOT), "STILLWAVE_DATA_DIR": str(tmp_path)},
            timeout=30,
        )
        assert killed.returncode == -signal.SIGKILL
        assert webhooks.deliveries("anna", webhook.id).items == ()

        service.hire()

        eventually(lambda: webhooks.counts() == {"delivered": 1})
    (message,) = receiver.got
    assert message.document["type"] == "render.canceled"
    assert message.document["data"]["id"] == render.id


@needs_postgres
def test_two_workers_send_each_message_once(tmp_path: Path, receiver: Receiver) -> None:
    with postgres() as server:
        settings = Settings(data_dir=tmp_path, min_free_mb=0, database_url=SecretStr(server.url))
        with opened(settings) as (service, webhooks):
            webhook, _ = webhooks.add("anna", receiver.url, EVENT_TYPES)
            receiver.replies = [Reply(200, seconds=0.1)] * 40
            for _ in range(2):
                service.hire()
            made = [service.submit(seed=seed) for seed in range(8)]
            for render in made[1:]:
                service.renders.cancel("anna", render.id)
            assert service.finish(made[0]).state == "succeeded"

            def all_there() -> bool:
                found = webhooks.deliveries("anna", webhook.id, limit=100).items
                states = Counter(each.state for each in found)
                told = Counter(each.type for each in found)
                return states.keys() == {"delivered"} and (
                    told["render.canceled"] + told["render.succeeded"] == 8
                )

            eventually(all_there)
            assert set(Counter(message.id for message in receiver.got).values()) == {1}
            last = next(
                m.document for m in receiver.got if m.document["type"] == "render.succeeded"
            )
            assert last["data"]["state"] == "succeeded"
            assert "web-loop.mp4" in {file["name"] for file in last["data"]["artifacts"]}
