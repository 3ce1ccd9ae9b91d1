"""API keys over HTTP: who may do what, and how much of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from tests.service.api.conftest import (
    PROGRAM,
    Service,
    assert_problem,
    run_keys,
    surroundings,
)

pytestmark = pytest.mark.xdist_group("service-keys")


@pytest.fixture(scope="module")
def clients(guarded: Service) -> Iterator[dict[str, httpx2.Client]]:
    """Callers by name."""
    keys = {
        "anybody": None,
        "acme": guarded.new_key("acme"),
        "rival": guarded.new_key("rival"),
        "reader": guarded.new_key("r", "--tenant", "acme", "--scope", "read"),
        "scraper": guarded.new_key("s", "--scope", "metrics"),
        "expired": guarded.new_key("e", "--expires", "0h"),
        "hasty": guarded.new_key("h", "--requests-per-minute", "2"),
        "crowd": guarded.new_key("c"),
        "frugal": guarded.new_key("f", "--renders-per-day", "1"),
    }
    with ExitStack() as stack:
        yield {name: stack.enter_context(guarded.client(key)) for name, key in keys.items()}


@pytest.fixture(scope="module")
def render(clients: dict[str, httpx2.Client], still: bytes) -> dict[str, Any]:
    """A queued render of acme."""
    answer = clients["acme"].post("/v1/renders", files={"source": still})
    assert answer.status_code == 202
    found: dict[str, Any] = answer.json()
    return found


def test_without_a_key_only_health_is_told(clients: dict[str, httpx2.Client]) -> None:
    anybody = clients["anybody"]
    for url in ("/healthz", "/readyz", "/openapi.json"):
        assert anybody.get(url).status_code == 200
    for url in ("/v1/renders", "/v1/looks", "/v1/videos", "/v1/renders/x/events", "/metrics"):
        answer = anybody.get(url)
        assert_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert_problem(anybody.post("/v1/renders", json={}), 401, "unauthenticated")


@pytest.mark.parametrize(
    "header",
    ["Bearer nope", "Bearer sw_000000000000_x", "Basic YTpi", "Bearer " + "x" * 5000],
)
def test_a_key_that_nobody_made_opens_nothing(
    clients: dict[str, httpx2.Client], header: str
) -> None:
    answer = clients["anybody"].get("/v1/renders", headers={"Authorization": header})
    assert_problem(answer, 401, "unauthenticated")


def test_an_expired_key_says_so(clients: dict[str, httpx2.Client]) -> None:
    problem = assert_problem(clients["expired"].get("/v1/renders"), 401, "unauthenticated")
    assert "expired" in problem["detail"]


def test_a_scope_is_a_limit(
    clients: dict[str, httpx2.Client], render: dict[str, Any], still: bytes
) -> None:
    reader, scraper = clients["reader"], clients["scraper"]
    assert reader.get(render["links"]["self"]).status_code == 200
    for refused in (
        reader.post("/v1/renders", files={"source": still}),
        reader.delete(render["links"]["self"]),
        reader.post("/v1/webhooks", json={"url": "https://hooks.example"}),
        reader.get("/metrics"),
        scraper.get("/v1/renders"),
    ):
        assert_problem(refused, 403, "forbidden")
    assert "stillwave_queue_depth" in scraper.get("/metrics").text


def test_too_many_requests_are_told_when_to_come_back(clients: dict[str, httpx2.Client]) -> None:
    hasty = clients["hasty"]
    statuses = [hasty.get("/v1/looks").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = hasty.get("/v1/looks")
    assert_problem(refused, 429, "too-many")
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_a_full_queue_says_when_to_come_back(
    clients: dict[str, httpx2.Client], still: bytes
) -> None:
    crowd = clients["crowd"]
    answers = [crowd.post("/v1/renders", files={"source": still}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert "your queue is full" in assert_problem(answers[3], 429, "too-many")["detail"].lower()
    assert answers[3].headers["retry-after"] == "10"
    crowd.delete(answers[0].headers["location"])
    assert crowd.post("/v1/renders", files={"source": still}).status_code == 202


def test_a_key_that_comes_again_is_counted_once(
    clients: dict[str, httpx2.Client], guarded: Service, still: bytes
) -> None:
    with guarded.client(guarded.new_key("once", "--renders-per-day", "1")) as http:
        ask = {"Idempotency-Key": "a"}
        answers = [http.post("/v1/renders", files={"source": still}, headers=ask) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert_problem(http.post("/v1/renders", files={"source": still}), 429, "too-many")


def test_a_quota_is_counted_by_the_day(clients: dict[str, httpx2.Client], still: bytes) -> None:
    frugal = clients["frugal"]
    first = frugal.post("/v1/renders", files={"source": still})
    second = frugal.post("/v1/renders", files={"source": still})
    assert first.status_code == 202
    problem = assert_problem(second, 429, "too-many")
    assert "1 a day" in problem["detail"]


def test_a_revoked_key_is_worthless_at_once_and_a_rotated_one_lives_on(guarded: Service) -> None:
    made = run_keys(guarded.environment, "create", "turn")
    with guarded.client(made["key"]) as old:
        assert old.get("/v1/looks").status_code == 200
        successor = run_keys(guarded.environment, "rotate", made["id"])
        assert old.get("/v1/looks").status_code == 200
        run_keys(guarded.environment, "revoke", made["id"])
        assert_problem(old.get("/v1/looks"), 401, "unauthenticated")
    with guarded.client(successor["key"]) as new:
        assert new.get("/v1/looks").status_code == 200


def test_no_secret_is_kept(guarded: Service) -> None:
    made = run_keys(guarded.environment, "create", "quiet")
    secret = made["key"].partition(made["id"])[2].lstrip("_").encode()
    assert len(secret) > 20
    for path in guarded.data_dir.rglob("service.sqlite*"):
        assert secret not in path.read_bytes()
    listed = run_keys(guarded.environment, "list")
    assert made["id"] in {key["id"] for key in listed["keys"]}
    assert all("key" not in key for key in listed["keys"])


def test_an_open_address_without_a_key_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = surroundings(tmp_path_factory.mktemp("open"))
    done = subprocess.run(
        [*PROGRAM, "serve", "--host", "0.0.0.0", "--port", "0"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "stillwave keys create" in done.stderr


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:80"}, 200),
        ({"Host": "rebound.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_a_service_without_keys_answers_this_machine_only(
    http: httpx2.Client, headers: dict[str, str], status: int
) -> None:
    """Other sites' pages and rebound names are kept out."""
    answer = http.get("/v1/renders", headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert_problem(answer, 403, "forbidden")
