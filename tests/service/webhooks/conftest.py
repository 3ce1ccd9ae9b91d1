"""A receiver of one's own on loopback, and a service whose courier a test drives by hand."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from service.jobs.database import connect, prepare
from service.jobs.nouns import Render
from service.jobs.tables import DELIVERIES
from service.renders import Renders, open_renders
from service.settings import Settings
from service.webhooks.courier import Courier
from service.webhooks.nouns import Delivery, Webhook
from service.webhooks.use_cases import Webhooks, open_webhooks
from tests.service.jobs.conftest import eventually, recipe, still
from tests.service.jobs.postgres import needs_postgres, postgres

LOOPBACK = ("127.0.0.1/32",)
PAUSES = (0.05, 0.05)
"""Seconds between tries: three in all."""


@dataclass(frozen=True)
class Reply:
    """What the receiver does with one request."""

    status: int = 204
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Receiver:
    """A real server; answers as it is told, and 204 when nothing is told (any more)."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.replies: list[Reply] = []
        self.lock = threading.Lock()
        self.port = 0
        self.server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def open(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen; at the port of the last time."""
        handler = type("Mine", (Handler,), {"receiver": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    def take(self, message: Message) -> Reply:
        with self.lock:
            self.got.append(message)
            return self.replies.pop(0) if self.replies else Reply()


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.receiver.take(Message(self.path, headers, body))
        time.sleep(reply.seconds)
        try:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            pass  # the sender did not wait


@dataclass
class Shop:
    """A service without workers."""

    settings: Settings
    renders: Renders
    webhooks: Webhooks
    courier: Courier
    engine: sa.Engine

    def cancelled(self, tenant: str = "anna") -> Render:
        """Make a render that has ended."""
        source = self.renders.add_source(tenant, still())
        render = self.renders.submit(tenant, recipe(), source, metadata={"sku": "CUP-7"})
        return self.renders.cancel(tenant, render.id)

    def deliveries(self, webhook: Webhook) -> tuple[Delivery, ...]:
        return self.webhooks.deliveries(webhook.tenant, webhook.id, limit=100).items

    def tries(self, webhook: Webhook) -> None:
        """Let the courier look until something was tried."""

        def tried() -> bool:
            self.courier.look()
            return any(each.tries for each in self.deliveries(webhook))

        eventually(tried, 20)

    def reaches(self, webhook: Webhook, *states: str) -> tuple[Delivery, ...]:
        """Let the courier look again and again until the deliveries are in these states."""

        def there() -> bool:
            self.courier.look()
            return sorted(each.state for each in self.deliveries(webhook)) == sorted(states)

        eventually(there, 20)
        return self.deliveries(webhook)

    def hurry(self) -> None:
        """Let everything that is pending be due now."""
        with self.engine.begin() as connection:
            connection.execute(sa.update(DELIVERIES).values(due_at=0.0))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        min_free_mb=0,
        fetch_networks=LOOPBACK,
        webhook_timeout_seconds=1,
        webhook_retry_seconds=PAUSES,
    )


@pytest.fixture
def shop(settings: Settings) -> Iterator[Shop]:
    opened = Shop(
        settings,
        open_renders(settings),
        open_webhooks(settings),
        Courier(settings),
        connect(settings),
    )
    yield opened
    opened.courier.stop()
    opened.renders.close()
    opened.webhooks.close()
    opened.engine.dispose()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    opened.open()
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)], scope="module")
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sa.Engine]:
    folder = tmp_path_factory.mktemp("states")
    if request.param == "sqlite":
        yield from _opened(Settings(data_dir=folder))
        return
    with postgres() as server:
        yield from _opened(Settings(data_dir=folder, database_url=SecretStr(server.url)))


def _opened(settings: Settings) -> Iterator[sa.Engine]:
    engine = connect(settings)
    prepare(engine)
    yield engine
    engine.dispose()
