"""A model hub on this machine: the routes that pulling uses, over real HTTP, with real faults."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "0123456789abcdef0123456789abcdef01234567"

PIECE = 1 << 16
"""Bytes written at a time: one large write may stall on a loopback."""


class HubServer(ThreadingHTTPServer):
    """Serves one repository at one commit.

    Args:
        repository: ``owner/name``.
        files: bytes by path.
        commit: what its branch stands for.
    """

    daemon_threads = True

    def __init__(self, repository: str, files: Mapping[str, bytes], commit: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repository = repository
        self.commit = commit
        self.files = dict(files)
        self.token: str | None = None
        """Who does not show it gets no file."""
        self.stated: dict[str, str] = {}
        """Wrong digests, by path."""
        self.breaks: dict[str, int] = {}
        """The next answer for a path ends after that many bytes."""
        self.shown: set[str | None] = set()
        """The tokens that came."""
        self.requests: list[tuple[str, str | None]] = []
        """(path, Range header) of each file asked for."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def about(self) -> dict[str, object]:
        """What the hub's API says of the repository."""
        return {
            "id": self.repository,
            "sha": self.commit,
            "siblings": [self._entry(path, data) for path, data in self.files.items()],
        }

    def _entry(self, path: str, data: bytes) -> dict[str, object]:
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        entry: dict[str, object] = {"rfilename": path, "size": len(data), "blobId": blob}
        if path.endswith(".safetensors"):  # as large files are kept
            digest = self.stated.get(path, hashlib.sha256(data).hexdigest())
            entry["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
        return entry


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.shown.add(self._shown())
        if self.server.token not in (None, self._shown()):
            self._refuse(401, "GatedRepo")
        elif match := re.match(r"/api/models/(.+)/revision/(\w+)\?blobs=", self.path):
            self._about(*match.groups())
        elif match := re.match(r"/(.+)/resolve/(\w+)/(.+)", self.path):
            self._file(*match.groups())
        else:
            self._refuse(404, "EntryNotFound")

    def _shown(self) -> str | None:
        return (self.headers.get("authorization") or "").removeprefix("Bearer ") or None

    def _about(self, repository: str, revision: str) -> None:
        if repository != self.server.repository:
            self._refuse(404, "RepoNotFound")
        elif revision not in ("main", self.server.commit):
            self._refuse(404, "RevisionNotFound")
        else:
            self._answer(200, json.dumps(self.server.about()).encode())

    def _file(self, repository: str, revision: str, path: str) -> None:
        data = self.server.files[path]
        asked = self.headers.get("range")
        self.server.requests.append((path, asked))
        start = int(asked.removeprefix("bytes=").split("-")[0]) if asked else 0
        body = data[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        sent = body[: self.server.breaks.get(path)]
        for place in range(0, len(sent), PIECE):
            self.wfile.write(sent[place : place + PIECE])
        self.close_connection = self.server.breaks.pop(path, None) is not None

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, b"{}", {"X-Error-Code": code})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(
    repository: str, files: Mapping[str, bytes], commit: str = COMMIT
) -> Iterator[HubServer]:
    """Yield a hub that answers until the end of the block."""
    with HubServer(repository, files, commit) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
