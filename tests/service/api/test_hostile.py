"""Requests that mean harm: names that walk, files that are two things, bodies that swell."""

from __future__ import annotations

import io
import json
import socket
import struct
import time
import zipfile
import zlib
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import psutil
import pytest
from PIL import Image

from tests.service.api.conftest import DRAFT, ROOT, Service, assert_problem

pytestmark = pytest.mark.xdist_group("service-api")

PAYLOAD = b"<script>alert(document.domain)</script>"

NAMES = [
    "../../../../etc/cron.d/x.png",
    "/etc/passwd",
    "..\\..\\windows\\x.png",
    "C:\\x.png",
    "a\0b.png",
    "a\r\nX-Evil: 1\r\n\r\n.png",
    "\u202egnp.exe",
    "x" * 5000 + ".png",
    ";rm -rf ~;.png",
    "",
]


def png(side: int = 64) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((side, side), 60).convert("RGB").save(file, "PNG")
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG with another chunk behind its head."""
    whole = png()
    head = 8 + 25
    return whole[:head] + chunk(kind, data) + whole[head:]


def raw(service: Service, request: bytes) -> bytes:
    """Send bytes as they are; return what comes until the service hangs up."""
    address = urlsplit(service.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 10) as line:
        line.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):
            while piece := line.recv(65536):
                answer += piece
        return answer


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_files_name_is_nobodys_path(http: httpx2.Client, service: Service, name: str) -> None:
    before = {
        path for path in service.data_dir.parent.rglob("*") if path.suffix in (".png", ".exe")
    }
    form = (
        b'--x\r\nContent-Disposition: form-data; name="source"; filename="'
        + name.replace('"', "").encode()
        + b'"\r\n\r\n'
        + png()
        + b"\r\n--x--\r\n"
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = http.post("/v1/sources", content=form, headers=kind)

    assert answer.status_code in (201, 400, 422), answer.text
    assert "x-evil" not in answer.headers
    assert name[:20] not in answer.text or not name
    after = {path for path in service.data_dir.parent.rglob("*") if path.suffix in (".png", ".exe")}
    assert after == before


@pytest.mark.parametrize(
    "path",
    [
        "../report.json",
        "..%2f..%2fservice.sqlite",
        "%2e%2e/%2e%2e/service.sqlite",
        "....//service.sqlite",
        "web-loop.mp4%00.png",
        "web-loop.mp4%0d%0aX-Evil:%201",
        quote("\u2025/\u2025/service.sqlite"),
    ],
)
def test_an_artifacts_name_walks_nowhere(
    http: httpx2.Client, done: dict[str, Any], path: str
) -> None:
    answer = http.get(f"{done['links']['self']}/artifacts/{path}")
    assert answer.status_code == 404
    assert "x-evil" not in answer.headers
    assert answer.headers["content-type"] == "application/problem+json"


def polyglots() -> dict[str, bytes]:
    """Stills that are something else too, for a reader that looks elsewhere in them."""
    packed = io.BytesIO(png())
    packed.seek(0, io.SEEK_END)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("run.html", PAYLOAD)
    flat = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 90, 40)).save(flat, "GIF", comment=PAYLOAD)
    jpeg = io.BytesIO()
    Image.effect_noise((64, 64), 60).convert("RGB").save(jpeg, "JPEG", comment=PAYLOAD)
    return {
        "png-html": png() + PAYLOAD,
        "png-zip": packed.getvalue(),
        "png-text": with_chunk(b"tEXt", b"Comment\0" + PAYLOAD),
        "gif-comment": flat.getvalue(),
        "jpeg-comment": jpeg.getvalue(),
    }


def test_what_hides_in_a_still_comes_out_of_no_file(http: httpx2.Client) -> None:
    """They are pictures, and are taken; only their pixels go on."""
    for name, data in polyglots().items():
        answer = http.post(
            "/v1/renders",
            files={"source": ("a.html", data, "text/html")},
            data={"spec": json.dumps(DRAFT)},
            headers={"Prefer": "wait=60"},
        )
        made = answer.json()
        assert (answer.status_code, made["state"]) == (200, "succeeded"), (name, made)
        for file in made["artifacts"]:
            sent = http.get(file["url"])
            assert PAYLOAD not in sent.content, (name, file["name"])
            assert b"run.html" not in sent.content, (name, file["name"])
            assert sent.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in sent.headers["content-security-policy"]


def bombs() -> dict[str, bytes]:
    """Small files that a careless reader unpacks to hundreds of megabytes."""
    zeros = zlib.compress(bytes(300 * 2**20), 9)
    real = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(real, "PNG")
    tall = io.BytesIO()
    Image.new("L", (65_000, 2_000)).save(tall, "JPEG", quality=1)
    return {
        "pixels": real.getvalue(),
        "long side": tall.getvalue(),
        "profile": with_chunk(b"iCCP", b"x\0\0" + zeros),
        "text": with_chunk(b"zTXt", b"x\0\0" + zeros),
        "international text": with_chunk(b"iTXt", b"x\0\1\0\0\0" + zeros),
    }


def test_bombs_do_not_go_off(http: httpx2.Client, service: Service) -> None:
    (api,) = (
        each for each in psutil.Process(service.process.pid).children() if "api" in each.cmdline()
    )
    before = api.memory_info().rss
    for name, data in bombs().items():
        assert len(data) < 4 * 2**20, name
        start = time.monotonic()
        answer = http.post("/v1/sources", files={"source": ("a.png", data)})
        assert answer.status_code in (201, 422), (name, answer.text)
        assert time.monotonic() - start < 20, name
    assert api.memory_info().rss - before < 100e6


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"metadata": {"a": [' + b"1," * 2_000_000 + b"1]}}", "too many values"),
        (b'{"metadata": {"a": [' + b"{}," * 2_000_000 + b"1]}}", "too many values"),
        (b'{"metadata": {"a": ' + b"[" * 500_000 + b"]" * 500_000 + b"}}", "too many values"),
        (b'{"metadata": {"a": ' + b"9" * 1_000_000 + b"}}", "not JSON"),
        (b'{"seed": 1e400}', "cannot carry on"),
        (b"\xff\xfe\x00\x01", "not JSON"),
        (b'{"a": 1} {"a": 1}', "not JSON"),
    ],
    ids=["many numbers", "many objects", "deep", "long number", "huge", "bytes", "two"],
)
def test_swollen_json_is_refused_quickly(http: httpx2.Client, body: bytes, said: str) -> None:
    start = time.monotonic()
    answer = http.post("/v1/renders", content=body, headers={"Content-Type": "application/json"})
    assert said in assert_problem(answer, 400, "malformed")["detail"]
    assert time.monotonic() - start < 10


def test_a_packed_body_is_not_unpacked(http: httpx2.Client) -> None:
    packed = zlib.compress(b'{"metadata": {"a": "' + b"a" * 10**7 + b'"}}')
    headers = {"Content-Type": "application/json", "Content-Encoding": "deflate"}
    assert_problem(http.post("/v1/renders", content=packed, headers=headers), 400, "malformed")


FORMS = {
    "no end": b'--x\r\nContent-Disposition: form-data; name="source"; filename="a"\r\n\r\nabc',
    "no name": b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n",
    "no head": b"--x\r\n\r\nabc\r\n--x--\r\n",
    "other boundary": b'--y\r\nContent-Disposition: form-data; name="spec"\r\n\r\n{}\r\n--y--\r\n',
    "long head": b"--x\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\nabc\r\n--x--\r\n",
    "many heads": b"--x\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\nabc\r\n--x--\r\n",
    "many fields": b'--x\r\nContent-Disposition: form-data; name="spec"\r\n\r\n{}\r\n' * 200
    + b"--x--\r\n",
    "odd charset": b'--x\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\n{}\r\n--x--\r\n',
    "text as file": b'--x\r\nContent-Disposition: form-data; name="source"\r\n\r\nabc\r\n--x--\r\n',
    "file as text": b'--x\r\nContent-Disposition: form-data; name="spec"; filename="a"\r\n\r\n{}'
    b"\r\n--x--\r\n",
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("url", ["/v1/renders", "/v1/explorations", "/v1/sources", "/v1/videos"])
def test_broken_forms_are_refused(http: httpx2.Client, url: str, body: bytes) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = http.post(url, content=body, headers=kind)
    problem = answer.json()
    assert answer.status_code in (400, 422), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["title"]
    assert problem["detail"]
    assert problem["type"].startswith("/problems/")


@pytest.mark.parametrize(
    ("url", "body", "pointer"),
    [
        ("/v1/renders", {"source": {"base64": "%%%"}}, "/source/base64"),
        ("/v1/renders", {"source": {"base64": "aGVsbG8="}}, "/source/base64"),
        ("/v1/renders", {"source": {"url": "https://10.0.0.1/"}}, "/source/url"),
        ("/v1/renders", {"source": {"url": 5}}, "/source/url"),
        ("/v1/renders", {"source": []}, "/source"),
        ("/v1/sources", {"url": "https://10.0.0.1/"}, "/url"),
        ("/v1/sources", {"base64": "aGVsbG8="}, "/base64"),
        ("/v1/explorations", {"source": {"url": "file:///etc"}, "looks": ["noir"]}, "/source/url"),
        ("/v1/videos", {"reference_url": "https://10.0.0.1/"}, "/reference_url"),
        ("/v1/videos", {"image_reference": {"image_url": "ftp://a"}}, "/image_reference"),
        ("/v1/videos", {}, "/input_reference"),
    ],
)
def test_a_wrong_still_is_named_with_its_place(
    http: httpx2.Client, url: str, body: dict[str, object], pointer: str
) -> None:
    problem = http.post(url, json=body).json()
    assert problem["status"] == 422
    assert [each["pointer"] for each in problem["errors"]] == [pointer]


def test_a_wrong_upload_is_named_with_its_place(http: httpx2.Client) -> None:
    for url, field in (
        ("/v1/renders", "source"),
        ("/v1/sources", "source"),
        ("/v1/videos", "input_reference"),
        ("/v1/videos", "image"),
    ):
        problem = assert_problem(http.post(url, files={field: b"no still"}), 422, "invalid-source")
        assert [each["pointer"] for each in problem["errors"]] == [f"/{field}"]


@pytest.mark.parametrize(
    "head",
    [
        b"X-Request-ID: a\rX-Evil: 1",
        b"X-Request-ID: a\nX-Evil: 1",
        b"X-Request-ID: " + b"a" * 3000,
        b"Last-Event-ID: 1\r\nLast-Event-ID: 99999999999999999999",
        b"Prefer: wait=-1",
        b"Range: bytes=99999999999999999999-",
        b"Authorization: Bearer \xff\xfe",
        b"Accept: " + b"\xc3\x28" * 10,
    ],
    ids=range(8),
)
def test_odd_heads_get_an_answer_and_come_back_in_none(service: Service, head: bytes) -> None:
    host = urlsplit(service.url).netloc.encode()
    request = b"GET /v1/renders HTTP/1.1\r\nHost: " + host + b"\r\n" + head
    answer = raw(service, request + b"\r\nConnection: close\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400", b"HTTP/1.1 422"))
    lines = answer.partition(b"\r\n\r\n")[0].lower().splitlines()
    assert not [line for line in lines if line.startswith((b"x-evil", b"server"))]


def test_two_lengths_or_a_broken_line_smuggle_nothing(service: Service) -> None:
    """What one reader takes for a body, another could take for a second request."""
    host = b"Host: " + urlsplit(service.url).netloc.encode() + b"\r\n"
    hidden = b"DELETE /v1/renders/x HTTP/1.1\r\n" + host + b"\r\n"
    for heads in (
        b"Content-Length: 5\r\nContent-Length: 0\r\n",
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Content-Length: -1\r\n",
    ):
        post = b"POST /v1/renders HTTP/1.1\r\n" + host + heads
        kind = b"Content-Type: application/json\r\nConnection: close\r\n\r\n"
        answer = raw(service, post + kind + hidden)
        assert b"HTTP/1.1 404" not in answer, "the hidden request was answered"


def test_a_report_tells_nothing_of_the_machine(done: dict[str, Any], service: Service) -> None:
    told = json.dumps(done)
    for leak in (str(service.data_dir), str(ROOT), "/tmp/", "site-packages", "scratch"):
        assert leak not in told
