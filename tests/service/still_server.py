"""A server of stills on loopback that redirects, lies about sizes, and stalls."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from service.addresses import Address

PICTURE = bytes(range(256)) * 400
NAME = "server.example"


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
        with suppress(OSError):
            while True:
                self.wfile.write(PICTURE)

    def _slow(self, _rest: str) -> None:
        self._send(200, {"Content-Length": "1000"}, b"")
        with suppress(OSError):
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
