"""What a bucket does beyond the contract: links, parts, and its ways to refuse."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import obstore
import pytest
from obstore.store import S3Store

from service.errors import OutOfService
from service.storage.bucket import BucketStorage
from tests.service.storage.bucket_server import BUCKET, Server, bucket

pytestmark = pytest.mark.xdist_group("bucket")

DISPOSITION = "attachment; filename*=UTF-8''caf%C3%A9%20loop.mp4"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with bucket() as running:
        yield running


def test_a_link_serves_the_file_under_its_type_and_name(server: Server) -> None:
    store = BucketStorage(server.url, links=True)
    link = store.link(store.put([b"moving"]).key, 90, "video/mp4", DISPOSITION)
    assert link is not None

    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"moving"
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Content-Disposition"] == DISPOSITION


def test_a_link_says_who_signed_what_and_for_how_long(server: Server) -> None:
    store = BucketStorage(server.url, links=True)
    key = store.put([b"moving"]).key
    link = urlsplit(store.link(key, 90, "video/mp4", DISPOSITION) or "")
    said = {name: values[0] for name, values in parse_qs(link.query).items()}

    assert f"{link.scheme}://{link.netloc}" == server.address
    assert link.path == f"/{BUCKET}/some/prefix/blobs/{key}"
    assert said["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert said["X-Amz-Credential"].startswith("wave/")
    assert said["X-Amz-Credential"].endswith("/us-east-1/s3/aws4_request")
    assert (said["X-Amz-Expires"], said["X-Amz-SignedHeaders"]) == ("90", "host")
    assert len(said["X-Amz-Signature"]) == 64


def signature(link: str, secret: str) -> str:
    """Sign an address by the recipe of AWS Signature Version 4, step by step."""
    address = urlsplit(link)
    query = "&".join(sorted(p for p in address.query.split("&") if "X-Amz-Signature" not in p))
    said = parse_qs(address.query)
    request = f"GET\n{address.path}\n{query}\nhost:{address.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    scope = said["X-Amz-Credential"][0].split("/")[1:]
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{said['X-Amz-Date'][0]}\n{'/'.join(scope)}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in (*scope, text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def test_the_signature_is_that_of_the_standard(server: Server) -> None:
    """The recipe is right about another signer's addresses, and about ours."""
    store = BucketStorage(server.url, links=True)
    key = store.put([b"moving"]).key
    other = obstore.sign(S3Store.from_url(server.url), "GET", key, timedelta(seconds=90))
    ours = store.link(key, 90, "video/mp4", DISPOSITION)
    for link in (other, ours or ""):
        signed = parse_qs(urlsplit(link).query)["X-Amz-Signature"]
        assert signed == [signature(link, server.environment["AWS_SECRET_ACCESS_KEY"])]


def test_where_clients_do_not_reach_the_bucket_there_are_no_links(server: Server) -> None:
    store = BucketStorage(server.url, links=False)
    assert store.link(store.put([b"x"]).key, 90, "video/mp4", DISPOSITION) is None


def test_large_blobs_go_in_parts_and_small_ones_whole(server: Server) -> None:
    store = BucketStorage(server.url, links=True)

    def tag(data: bytes) -> str:
        key = f"some/prefix/blobs/{store.put([data]).key}"
        return str(server.client().head_object(Bucket=BUCKET, Key=key)["ETag"])

    assert "-" not in tag(os.urandom(1000))
    assert tag(os.urandom(12 << 20)).endswith('-3"'), "three parts of up to five megabytes"


class Refusing(BaseHTTPRequestHandler):
    """A store whose keys were revoked."""

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b"<Error><Code>AccessDenied</Code></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_DELETE = _refuse

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketStorage]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listening.server_port}")
        yield BucketStorage(f"s3://{BUCKET}", links=True)
        listening.shutdown()


@pytest.fixture
def missing() -> BucketStorage:
    return BucketStorage("s3://nobody-made-it", links=True)


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> BucketStorage:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    return BucketStorage(f"s3://{BUCKET}", links=True)


@pytest.mark.parametrize("state", ["forbidden", "missing", "gone"])
@pytest.mark.usefixtures("server")
def test_a_store_that_refuses_says_so_soon(
    state: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    store: BucketStorage = request.getfixturevalue(state)
    file = tmp_path / "made"
    file.write_bytes(b"x")
    asked = time.monotonic()
    calls: tuple[Callable[[], object], ...] = (
        lambda: store.put([b"x"]),
        lambda: store.put_file(file),
        store.check,
        lambda: list(store.listing()),
    )
    for call in calls:
        with pytest.raises(OutOfService, match="STILLWAVE_STORAGE_URL"):
            call()
    assert file.exists(), "what was not taken is not consumed"
    assert time.monotonic() - asked < 30
