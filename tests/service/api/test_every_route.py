"""What must hold of every route, read off the OpenAPI document, so that a new one cannot escape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest

from service.auth import Grant, Keys, Scope
from service.jobs import states
from service.jobs.database import connect
from service.jobs.nouns import Delivered
from service.renders import open_renders
from service.settings import Settings
from service.storage.store import open_storage
from service.webhooks.use_cases import open_webhooks
from tests.service.api.conftest import (
    DRAFT,
    ROOT,
    Service,
    assert_problem,
)
from tests.service.jobs.conftest import recipe, still

pytestmark = pytest.mark.xdist_group("service-keys")

OPEN = {"/healthz", "/readyz", "/problems/{name}"}
"""Routes that anybody may ask."""

NEVER = "0" * 32


@pytest.fixture(scope="module")
def clients(guarded: Service) -> Iterator[dict[str, httpx2.Client]]:
    """Callers by tenant or by their one scope."""
    engine = connect(Settings(data_dir=guarded.data_dir))
    keys = Keys(engine)
    scopes: dict[str, tuple[Scope, ...]] = {
        "acme": ("read", "write"),
        "rival": ("read", "write"),
        "read": ("read",),
        "write": ("write",),
        "metrics": ("metrics",),
    }
    texts = {name: keys.create(Grant(name, name, granted))[1] for name, granted in scopes.items()}
    with ExitStack() as stack:
        found = {name: stack.enter_context(guarded.client(text)) for name, text in texts.items()}
        yield {**found, "anybody": stack.enter_context(guarded.client())}
    engine.dispose()


@pytest.fixture(scope="module")
def things(guarded: Service) -> dict[str, str]:
    """Acme's own, by the name of the parameter that names it: done, so that all of it is there."""
    settings = Settings(data_dir=guarded.data_dir, min_free_mb=0)
    renders, storage = open_renders(settings), open_storage(settings)
    source = renders.add_source("acme", still())
    render = renders.submit("acme", recipe(), source)
    grid = renders.explore("acme", recipe(), source, looks=["noir"], cameras=["orbit"])
    drafts = {"drafts": [{"id": "01", "recipe": dict(render.recipe)}]}
    engine = connect(settings)
    for job in (render, grid):
        blob = storage.put([b"a film"])
        files = [Delivered("web-loop.mp4", blob.key, blob.size, "video/mp4")]
        with engine.begin() as connection:
            attempt = states.begin(connection, job.id)
            assert attempt is not None
            assert states.succeed(connection, job.id, attempt, drafts, files)
    engine.dispose()
    renders.close()
    webhooks = open_webhooks(Settings(data_dir=guarded.data_dir, fetch_networks=("127.0.0.0/8",)))
    webhook, _ = webhooks.add("acme", "https://127.0.0.1/told")
    webhooks.close()
    ids = {
        "webhook_id": webhook.id,
        "render_id": render.id,
        "video_id": render.id,
        "exploration_id": grid.id,
    }
    return {**ids, "name": "web-loop.mp4", "source": source}


Route = tuple[str, str]


@pytest.fixture(scope="module")
def routes(guarded: Service) -> list[Route]:
    with guarded.client() as http:
        document: dict[str, Any] = http.get("/openapi.json").json()
    return [(method.upper(), path) for path, item in document["paths"].items() for method in item]


def filled(path: str, things: dict[str, str]) -> str:
    """Put ids into a path; what the owner has none of is nobody's, and `things` has to learn it."""
    return re.sub(r"{(\w+)}", lambda found: things.get(found[1], NEVER), path)


def ask(client: httpx2.Client, method: str, url: str) -> httpx2.Response:
    said = {"since": "2026-01-01T00:00:00Z"} if url.endswith("/replay") else {"draft": "01"}
    body = said if method == "POST" else None
    return client.request(method, url, json=body)


def test_nobody_comes_in_without_a_key(
    clients: dict[str, httpx2.Client], routes: list[Route], things: dict[str, str]
) -> None:
    for method, path in routes:
        if path not in OPEN:
            answer = ask(clients["anybody"], method, filled(path, things))
            assert_problem(answer, 401, "unauthenticated")


def test_a_scope_opens_its_own_routes_and_no_others(
    clients: dict[str, httpx2.Client], routes: list[Route], things: dict[str, str]
) -> None:
    for method, path in routes:
        if path not in OPEN:
            needed = (
                "metrics"
                if path == "/metrics"
                else "read"
                if method in ("GET", "HEAD")
                else "write"
            )
            for scope in {"read", "write", "metrics"} - {needed}:
                answer = ask(clients[scope], method, filled(path, things))
                problem = assert_problem(answer, 403, "forbidden")
                assert repr(needed) in problem["detail"], (method, path)


def test_another_tenants_things_are_nowhere(
    clients: dict[str, httpx2.Client], routes: list[Route], things: dict[str, str]
) -> None:
    """Answers are word for word those for an id that never was, but for the id."""
    owned = [(method, path) for method, path in routes if "_id}" in path]
    assert len(owned) >= 12
    never = {name: NEVER if name.endswith("_id") else said for name, said in things.items()}
    for method, path in owned:
        url = filled(path, things)
        theirs = assert_problem(ask(clients["rival"], method, url), 404, "not-found")
        nobodys = ask(clients["rival"], method, filled(path, never)).json()
        told = theirs["detail"]
        for name, id in things.items():
            told = told.replace(id, NEVER) if name.endswith("_id") else told
        assert told == nobodys["detail"], (method, path)
    for path in ("/v1/renders", "/v1/explorations", "/v1/videos"):
        assert clients["rival"].get(path).json()["data"] == []
        assert len(clients["acme"].get(path).json()["data"]) == 1, "nothing was touched"
    stolen = clients["rival"].post("/v1/renders", json=DRAFT | {"source": {"id": things["source"]}})
    assert_problem(stolen, 404, "not-found")


def test_the_owner_finds_all_of_it(
    clients: dict[str, httpx2.Client], routes: list[Route], things: dict[str, str]
) -> None:
    """Else the test before would hold of routes that never answer."""
    for method, path in routes:
        if "_id}" in path and method == "GET":
            answer = ask(clients["acme"], method, filled(path, things))
            assert answer.is_success, (path, answer.text)


PROTECTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


def test_every_answer_is_protected_and_says_nothing_of_the_machine(
    clients: dict[str, httpx2.Client],
    guarded: Service,
    routes: list[Route],
    things: dict[str, str],
) -> None:
    callers = [clients[name] for name in ("acme", "anybody", "metrics")]
    pages = [("GET", path) for path in ("/", "/page.js", "/page.css", "/openapi.json", "/nope")]
    for method, path in [*routes, *pages]:
        for client in callers if method == "GET" else callers[1:]:
            answer = ask(client, method, filled(path, things))
            for name, value in PROTECTED.items():
                assert answer.headers[name] == value, (path, name)
            assert "default-src 'none'" in answer.headers["content-security-policy"], path
            assert not {"server", "x-powered-by", "set-cookie"} & set(answer.headers), path
            assert_no_leak(answer.text, guarded)


def assert_no_leak(text: str, service: Service) -> None:
    """No path of the machine, no trace, no version of a program."""
    for leak in (str(service.data_dir), str(ROOT), "site-packages", "Traceback", "/tmp/"):
        assert leak not in text
    assert not re.search(r"(?i)(uvicorn|fastapi|starlette|sqlalchemy|python)[ /]?\d", text)


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_other_sites_are_told_nothing(clients: dict[str, httpx2.Client], method: str) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = clients["acme"].request(method, "/v1/renders", headers=asked)
    assert not [name for name in answer.headers if name.startswith("access-control-")]
