"""Every bad request is answered by a problem that names what is wrong and where."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from PIL import Image

from service.problems import describe_types
from tests.service.api.conftest import DRAFT, Service, assert_problem

pytestmark = pytest.mark.xdist_group("service-api")

JSON = {"Content-Type": "application/json"}


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("{", 400, "malformed"),
        ("", 400, "malformed"),
        ('{"seconds": NaN}', 400, "malformed"),
        ('{"seconds": 1e999}', 400, "malformed"),
        ('{"look": "\\ud800"}', 400, "malformed"),
        ('{"look": "\\u0000"}', 400, "malformed"),
        ('{"metadata": ' + nested(40) + "}", 400, "malformed"),
        ('{"metadata": ' + nested(100_000) + "}", 400, "malformed"),
        ("9" * 5000, 400, "malformed"),
        ("[]", 422, "invalid-recipe"),
        ("null", 422, "invalid-recipe"),
        ("{}", 422, "invalid-source"),
        ('{"source": {}}', 422, "invalid-recipe"),
        ('{"source": {"id": "nope"}}', 404, "not-found"),
        ('{"source": {"base64": "%%%"}}', 422, "invalid-source"),
        ('{"source": {"base64": "aGVsbG8="}}', 422, "invalid-source"),
        ('{"source": {"base64": ""}}', 422, "invalid-source"),
        ('{"source": {"url": "http://10.0.0.1/a.jpg"}}', 422, "fetch-refused"),
        ('{"source": {"url": "file:///etc/passwd"}}', 422, "fetch-refused"),
        ('{"source": {"url": "https://169.254.169.254/latest/"}}', 422, "fetch-refused"),
    ],
)
def test_a_bad_body_is_refused(http: httpx2.Client, body: str, status: int, kind: str) -> None:
    assert_problem(http.post("/v1/renders", content=body, headers=JSON), status, kind)


@pytest.mark.parametrize(
    ("change", "kind", "pointer"),
    [
        ({"look": "golden-our"}, "unknown-name", "/look/name"),
        ({"look": {"name": "noir", "strenght": 1}}, "unknown-name", "/look/strenght"),
        ({"camera": "orbitt"}, "unknown-name", "/camera"),
        ({"camera": [{"move": "orbit", "amount": "far"}]}, "invalid-recipe", "/camera/0/amount"),
        ({"seconds": 0}, "out-of-range", "/seconds"),
        ({"seconds": "soon"}, "invalid-recipe", "/seconds"),
        ({"formats": ["tiktok", "vine"]}, "unknown-name", "/formats/1"),
        ({"motion": {"engine": "warp"}}, "unknown-name", "/motion/engine"),
        ({"priority": 10}, "out-of-range", "/priority"),
        ({"metadata": {"a": "x" * 9000}}, "invalid-recipe", "/metadata"),
        ({"color": "red"}, "unknown-name", "/color"),
    ],
)
def test_a_bad_value_is_named_with_its_place(
    http: httpx2.Client, done: dict[str, Any], change: dict[str, Any], kind: str, pointer: str
) -> None:
    body = DRAFT | {"source": {"id": done["source_id"]}} | change
    problem = assert_problem(http.post("/v1/renders", json=body), 422, kind)
    assert problem["errors"][0]["pointer"] == pointer


def test_several_wrong_values_are_all_named(http: httpx2.Client) -> None:
    problem = http.post("/v1/renders", json={"seconds": -1, "fps": "x", "seed": -4}).json()
    assert {each["pointer"] for each in problem["errors"]} == {"/seconds", "/fps", "/seed"}


def test_a_file_of_the_workers_machine_is_not_read(
    http: httpx2.Client, done: dict[str, Any]
) -> None:
    for change in ({"depth": "/etc/passwd"}, {"mask": "x.png"}, {"backdrop": "/etc/hosts"}):
        body = DRAFT | {"source": {"id": done["source_id"]}} | change
        assert_problem(http.post("/v1/renders", json=body), 422, "invalid-recipe")


def bomb() -> bytes:
    """A PNG of 60 000 × 60 000 pixels in a few bytes: only its header is real."""
    file = io.BytesIO()
    Image.new("1", (16, 16)).save(file, "PNG")
    data = bytearray(file.getvalue())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    return bytes(data)


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.png", b"\0" * 10**7)
    return file.getvalue()


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        SVG,
        b"<html>",
        b"%PDF-1.4",
        archive(),
        bomb(),
        b"\x89PNG\r\n\x1a\n" + b"x" * 99,
    ],
    ids=["empty", "text", "svg", "html", "pdf", "zip", "bomb", "broken"],
)
def test_what_is_no_still_is_refused_at_once(http: httpx2.Client, data: bytes) -> None:
    for url in ("/v1/renders", "/v1/sources"):
        answer = http.post(url, files={"source": ("../../x.png", data, "image/png")})
        assert_problem(answer, 422, "invalid-source")


@pytest.mark.parametrize(
    ("content_type", "body", "status", "kind"),
    [
        ("text/plain", b"{}", 415, "unsupported-media"),
        ("application/x-www-form-urlencoded", b"spec={}", 415, "unsupported-media"),
        ("", b"{}", 415, "unsupported-media"),
        ("multipart/form-data", b"--x", 400, "malformed"),
        ("multipart/form-data; boundary=x", b"nonsense", 400, "malformed"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken\r\n\r\n", 400, "malformed"),
    ],
)
def test_a_body_of_another_kind_is_refused(
    http: httpx2.Client, content_type: str, body: bytes, status: int, kind: str
) -> None:
    answer = http.post("/v1/renders", content=body, headers={"Content-Type": content_type})
    assert_problem(answer, status, kind)


def test_a_form_holds_one_still_and_one_spec(http: httpx2.Client, still: bytes) -> None:
    two = [("source", ("a.jpg", still)), ("source", ("b.jpg", still))]
    assert_problem(http.post("/v1/renders", files=two), 400, "malformed")
    other = http.post("/v1/renders", files={"source": still}, data={"look": "noir"})
    assert "look" in assert_problem(other, 400, "malformed")["detail"]
    broken = http.post("/v1/renders", files={"source": still}, data={"spec": "{"})
    assert_problem(broken, 400, "malformed")


def test_large_bodies_are_refused(http: httpx2.Client) -> None:
    text = b'{"source": {"base64": "' + b"A" * (17 * 2**20) + b'"}}'
    assert_problem(http.post("/v1/renders", content=text, headers=JSON), 413, "too-large")
    field = {"spec": '{"metadata": {"a": "' + "x" * 2**21 + '"}}'}
    answer = http.post("/v1/renders", files={"source": b"x"}, data=field)
    assert_problem(answer, 400, "malformed")


def test_an_upload_is_refused_by_its_length_before_it_is_sent(service: Service) -> None:
    address = urlsplit(service.url)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=10)
    connection.putrequest("POST", "/v1/renders")
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.putheader("Content-Length", str(10**10))
    connection.endheaders()
    answer = connection.getresponse()
    problem = json.loads(answer.read())
    connection.close()
    assert (answer.status, problem["status"], problem["type"]) == (413, 413, "/problems/too-large")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["request_id"] == answer.headers["X-Request-ID"]


def test_an_upload_of_no_known_length_is_refused_too(http: httpx2.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="source"; filename="a"\r\n\r\n'
        for _ in range(66):
            yield bytes(2**20)

    form = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = http.post("/v1/renders", content=pieces(), headers=form)
    assert_problem(answer, 413, "too-large")


@pytest.mark.parametrize(
    ("method", "url", "status", "kind"),
    [
        ("GET", "/nope", 404, "about:blank"),
        ("PUT", "/v1/renders", 405, "about:blank"),
        ("GET", "/v1/renders/nope", 404, "not-found"),
        ("GET", "/v1/renders/%00", 404, "not-found"),
        ("GET", "/v1/renders/' OR 1=1 --", 404, "not-found"),
        ("DELETE", "/v1/renders/nope", 404, "not-found"),
        ("GET", "/v1/renders/nope/events", 404, "not-found"),
        ("GET", "/v1/explorations/nope", 404, "not-found"),
        ("GET", "/v1/videos/nope", 404, "not-found"),
        ("GET", "/v1/videos/nope/content", 404, "not-found"),
        ("DELETE", "/v1/videos/nope", 404, "not-found"),
        ("GET", "/v1/renders?limit=0", 422, "invalid-recipe"),
        ("GET", "/v1/renders?limit=x", 422, "invalid-recipe"),
        ("GET", "/v1/renders?state=lost", 422, "invalid-recipe"),
        ("GET", "/v1/renders?cursor=x", 422, "invalid-input"),
        ("GET", "/problems/nope", 404, "not-found"),
    ],
)
def test_other_requests_that_cannot_be_met(
    http: httpx2.Client, method: str, url: str, status: int, kind: str
) -> None:
    assert_problem(http.request(method, url), status, kind)


@pytest.mark.parametrize(
    ("name", "value"), [("Idempotency-Key", "ä b"), ("Idempotency-Key", "x" * 300)]
)
def test_a_bad_header_is_named(http: httpx2.Client, name: str, value: str) -> None:
    headers = {name.encode(): value.encode()}
    problem = assert_problem(
        http.post("/v1/renders", json={}, headers=headers), 422, "invalid-recipe"
    )
    assert problem["errors"][0]["pointer"] == f"header/{name.lower()}"


def test_every_kind_of_problem_is_described_where_it_points(http: httpx2.Client) -> None:
    kinds = describe_types()
    assert {"not-found", "too-many", "invalid-source", "unexpected"} <= set(kinds)
    for name, sentence in kinds.items():
        answer = http.get(f"/problems/{name}")
        assert (answer.status_code, answer.text) == (200, sentence)
        assert sentence.endswith((".", ","))


def test_a_request_id_is_kept_when_it_is_harmless(http: httpx2.Client) -> None:
    kept = http.get("/healthz", headers={"X-Request-ID": "edge-42"})
    assert kept.headers["x-request-id"] == "edge-42"
    odd = http.get("/healthz", headers={"X-Request-ID": "a b;c"})
    assert odd.headers["x-request-id"].startswith("req_")


def test_protective_headers_are_on_every_answer(http: httpx2.Client) -> None:
    for url in ("/healthz", "/nope", "/v1/looks", "/metrics"):
        headers = http.get(url).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("url", "methods"),
    [
        ("/v1/renders", "GET, POST"),
        ("/v1/renders/x", "DELETE, GET"),
        ("/v1/renders/x/artifacts/y", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(http: httpx2.Client, url: str, methods: str) -> None:
    answer = http.put(url)
    assert_problem(answer, 405, "about:blank")
    assert answer.headers["allow"] == methods
