"""Fetching from real servers on loopback: with TLS, redirects, lies about sizes, and stalls."""

from __future__ import annotations

import asyncio
import io
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from service.addresses import Address, AddressPolicy
from service.errors import FetchRefused
from service.fetching import Fetcher
from tests.service.conftest import TLS_NAME as NAME

PICTURE = bytes(range(256)) * 400


class Handler(BaseHTTPRequestHandler):
    """Serves what each path's name says."""

    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, str]]

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self.asked.append((self.headers["Host"], self.path))
        what, _, rest = self.path[1:].partition("/")
        getattr(self, f"_{what}")(rest)

    def _picture(self, _: str) -> None:
        self._send(200, {"Content-Length": str(len(PICTURE))}, PICTURE)

    def _status(self, code: str) -> None:
        self._send(int(code), {"Content-Length": "0"}, b"")

    def _to(self, location: str) -> None:
        self._send(302, {"Content-Length": "0", "Location": location.replace("!", "/")}, b"")

    def _hops(self, left: str) -> None:
        following = "/picture" if left == "1" else f"/hops/{int(left) - 1}"
        self._send(302, {"Content-Length": "0", "Location": following}, b"")

    def _claims(self, size: str) -> None:
        self._send(200, {"Content-Length": size}, b"x")
        self.close_connection = True

    def _endless(self, _: str) -> None:
        self._send(200, {"Connection": "close"}, b"")
        self.close_connection = True
        try:
            while True:
                self.wfile.write(PICTURE)
        except OSError:
            pass

    def _slow(self, _rest: str) -> None:
        self._send(200, {"Content-Length": "1000"}, b"")
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def _packed(self, _: str) -> None:
        self._send(200, {"Content-Length": "2", "Content-Encoding": "gzip"}, b"\x1f\x8b")

    def _cut(self, _: str) -> None:
        self._send(200, {"Content-Length": "99"}, b"x")
        self.close_connection = True

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Host:
    """One server, and a resolver that knows its name."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[tuple[str, str]] = []
        handler = type("Mine", (Handler,), {"asked": self.asked})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_port
        self.answers: list[str] = []

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Give the next answer; every name is this server when there is none."""
        return [ip_address(self.answers.pop(0) if self.answers else "127.0.0.1")]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    opened = Host()
    yield opened
    opened.close()


@pytest.fixture
def fetcher(host: Host) -> Fetcher:
    """Trusts this machine, so that plain http and any port will do."""
    policy = AddressPolicy(trusted=(ip_network("127.0.0.1/32"),))
    return Fetcher(policy, most_bytes=len(PICTURE), seconds=1.5, resolver=host.resolve)


def fetch(fetcher: Fetcher, url: str) -> bytes:
    into = io.BytesIO()
    assert asyncio.run(fetcher.fetch(url, into)) == len(into.getvalue())
    return into.getvalue()


def test_a_picture_comes_whole_and_the_server_is_called_by_name(
    fetcher: Fetcher, host: Host
) -> None:
    assert fetch(fetcher, f"http://{NAME}:{host.port}/picture") == PICTURE
    assert host.asked == [(f"{NAME}:{host.port}", "/picture")]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("status/404", "status 404"),
        ("status/500", "status 500"),
        ("status/204", "status 204"),
        ("hops/4", "redirects too often"),
        ("claims/999999999", "too large"),
        ("endless", "too large"),
        ("slow", r"within 1\.5 seconds"),
        ("packed", "packed"),
        ("cut", "broke off"),
        ("to/file:!!!etc!passwd", "not one of the web"),
        ("to/http:!!ann:pw@127.0.0.1!", "password"),
    ],
)
def test_what_is_no_file_is_refused(fetcher: Fetcher, host: Host, path: str, said: str) -> None:
    start = time.monotonic()
    with pytest.raises(FetchRefused, match=said):
        fetch(fetcher, f"http://{NAME}:{host.port}/{path}")
    assert time.monotonic() - start < 4


def test_redirects_are_followed_as_often_as_allowed(fetcher: Fetcher, host: Host) -> None:
    assert fetch(fetcher, f"http://{NAME}:{host.port}/hops/3") == PICTURE
    assert len(host.asked) == 4


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
def test_a_redirect_into_the_house_is_refused(fetcher: Fetcher, host: Host, inside: str) -> None:
    host.answers = ["127.0.0.1", inside]
    with pytest.raises(FetchRefused, match="public internet"):
        fetch(fetcher, f"http://{NAME}:{host.port}/to/https:!!inside.example!")
    assert len(host.asked) == 1


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(
    fetcher: Fetcher, host: Host
) -> None:
    """Rebinding: the second answer would be this machine's metadata service."""
    host.answers = ["127.0.0.1", "169.254.169.254"]
    assert fetch(fetcher, f"http://{NAME}:{host.port}/picture") == PICTURE
    assert host.answers == ["169.254.169.254"]


def test_nobody_there_is_said_without_an_address(fetcher: Fetcher, host: Host) -> None:
    host.close()
    with pytest.raises(FetchRefused, match="cannot be reached") as caught:
        fetch(fetcher, f"http://{NAME}:{host.port}/picture")
    assert "127.0.0.1" not in str(caught.value)


def test_a_proxy_of_the_environment_is_not_asked(
    fetcher: Fetcher, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would resolve names by itself."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert fetch(fetcher, f"http://{NAME}:{host.port}/picture") == PICTURE


@pytest.fixture
def secure(certificate: Path) -> Iterator[Host]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    opened = Host(context)
    yield opened
    opened.close()


def test_the_certificate_is_checked_by_name_though_the_address_is_pinned(
    fetcher: Fetcher, secure: Host, certificate: Path
) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    knowing = replace(fetcher, resolver=secure.resolve, tls=trusting)
    assert fetch(knowing, f"https://{NAME}:{secure.port}/picture") == PICTURE
    assert secure.asked == [(f"{NAME}:{secure.port}", "/picture")]
    for stranger, url in (
        (knowing, f"https://other.example:{secure.port}/picture"),
        (replace(knowing, tls=None), f"https://{NAME}:{secure.port}/picture"),
    ):
        with pytest.raises(FetchRefused, match="certificate"):
            fetch(stranger, url)
    assert len(secure.asked) == 1
