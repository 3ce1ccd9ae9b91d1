"""A line between client and service that breaks where a test says."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

PIECE = 4096


class Line(socketserver.ThreadingTCPServer):
    """Passes requests on, one a connection; breaks off answers; remembers what was asked.

    Attributes:
        heads: of every request, as they came.
        cuts: part of a request line → after how many bytes its next answers break off.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, service: str) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        address = urlsplit(service)
        self.upstream = (str(address.hostname), int(address.port or 80))
        self.heads: list[str] = []
        self.cuts: dict[str, list[int]] = {}

    @property
    def url(self) -> str:
        """Its own address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def asked(self, part: str) -> list[str]:
        """Return the heads of requests whose first line has this part."""
        return [head for head in self.heads if part in head.split("\r\n", 1)[0]]

    def limit(self, head: str) -> int | None:
        """Return after how many bytes the answer to a request breaks off."""
        for part, limits in self.cuts.items():
            if part in head.split("\r\n", 1)[0] and limits:
                return limits.pop(0)
        return None


class _Visit(socketserver.BaseRequestHandler):
    server: Line

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.request.recv(PIECE)
            if not piece:
                return
            head += piece
        text, _, body = head.partition(b"\r\n\r\n")
        self.server.heads.append(text.decode())
        once = re.sub(rb"(?i)connection: keep-alive", b"Connection: close", text)
        limit = self.server.limit(text.decode())
        with socket.create_connection(self.server.upstream) as upstream:
            upstream.sendall(once + b"\r\n\r\n" + body)
            forward = threading.Thread(target=_pass_on, args=(self.request, upstream, None))
            forward.daemon = True
            forward.start()
            _pass_on(upstream, self.request, limit)


def _pass_on(source: socket.socket, sink: socket.socket, limit: int | None) -> None:
    passed = 0
    try:
        while piece := source.recv(PIECE):
            if limit is not None and passed + len(piece) > limit:
                sink.sendall(piece[: limit - passed])
                return
            sink.sendall(piece)
            passed += len(piece)
    except OSError:
        return


@contextmanager
def line_to(service: str) -> Iterator[Line]:
    """Run a line until the block is left."""
    with Line(service) as line:
        threading.Thread(target=line.serve_forever, args=(0.02,), daemon=True).start()
        yield line
        line.shutdown()
