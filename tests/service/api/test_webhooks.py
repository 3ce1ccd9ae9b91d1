"""Webhooks over HTTP: from the registration to the message, and back to what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from tests.service.api.conftest import Submit, assert_problem
from tests.service.jobs.conftest import eventually
from tests.service.webhooks.conftest import Message, Receiver, Reply

pytestmark = pytest.mark.xdist_group("service-api")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def webhook(http: httpx2.Client, receiver: Receiver) -> Iterator[dict[str, Any]]:
    answer = http.post("/v1/webhooks", json={"url": receiver.url})
    made: dict[str, Any] = answer.json()
    assert answer.status_code == 201, made
    assert answer.headers["location"] == made["links"]["self"]
    yield made
    http.delete(made["links"]["self"])


def heard(receiver: Receiver, render: str) -> list[Message]:
    """What came about one render; others' tests share the service."""
    return [each for each in list(receiver.got) if each.document["data"]["id"] == render]


def test_a_render_s_end_is_told_and_signed(
    http: httpx2.Client, submit: Submit, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    done = submit(wait=60).json()
    eventually(lambda: heard(receiver, done["id"]))

    (message,) = heard(receiver, done["id"])
    told = Webhook(webhook["secret"]).verify(message.body, message.headers)
    assert told["type"] == "render.succeeded"
    shown = http.get(done["links"]["self"]).json()
    assert told["data"] == shown | {"report": None}


def test_its_secret_is_shown_once_and_again_when_it_is_new(
    http: httpx2.Client, webhook: dict[str, Any]
) -> None:
    home = webhook["links"]["self"]
    assert http.get(home).json() == {k: v for k, v in webhook.items() if k != "secret"}
    assert webhook["secret"] not in http.get("/v1/webhooks").text
    rotated = http.post(f"{home}/rotate")
    assert rotated.status_code == 200
    assert rotated.json()["secret"] not in ("", webhook["secret"])


def test_what_was_sent_is_listed_and_sent_again(
    http: httpx2.Client, submit: Submit, receiver: Receiver, webhook: dict[str, Any]
) -> None:
    receiver.replies = [Reply(200), Reply(410)]
    place = webhook["links"]["deliveries"]

    def deliveries(state: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = http.get(place, params={"state": state}).json()["data"]
        return found

    def cancelled() -> str:
        render = str(submit().json()["id"])
        http.delete(f"/v1/renders/{render}")
        return render

    first = cancelled()
    eventually(lambda: deliveries("delivered"))
    second = cancelled()
    eventually(lambda: deliveries("dead"))

    (good,), (dead,) = deliveries("delivered"), deliveries("dead")
    assert (good["render"], dead["render"]) == (first, second)
    assert [each["status"] for each in dead["tries"]] == [410]
    assert http.get(webhook["links"]["self"]).json()["state"] == "disabled"
    pages = http.get(place, params={"limit": 1}).json()
    rest = http.get(place, params={"limit": 1, "cursor": pages["next_cursor"]}).json()
    assert [pages["data"][0]["id"], rest["data"][0]["id"]] == [dead["id"], good["id"]]

    replay = webhook["links"]["self"] + "/replay"
    assert http.post(replay, json={"since": "2026-01-01T00:00:00Z"}).json()["replayed"] == 1
    eventually(lambda: len(deliveries("delivered")) == 2)
    answer = http.post(replay, json={"delivery": good["id"]})
    assert (answer.status_code, answer.json()["replayed"]) == (202, 1)
    eventually(lambda: len(heard(receiver, first)) == 2)
    figures = http.get("/metrics").text
    assert 'stillwave_webhook_deliveries{state="delivered"}' in figures


@pytest.mark.parametrize(
    ("body", "status", "kind", "pointer"),
    [
        ({}, 422, "invalid-recipe", "/url"),
        ({"url": "https://10.0.0.1/"}, 422, "fetch-refused", None),
        ({"url": "https://[::ffff:169.254.169.254]/"}, 422, "fetch-refused", None),
        ({"url": "http://localhost.nowhere.example/"}, 422, "fetch-refused", None),
        ({"url": "https://a.example", "event": []}, 422, "unknown-name", "/event"),
        ({"url": "https://a.example", "events": ["render.done"]}, 422, "unknown-name", None),
        ({"url": "https://a.example", "events": []}, 422, "invalid-recipe", "/events"),
        ([], 422, "invalid-recipe", ""),
    ],
)
def test_what_is_wrong_is_named(
    http: httpx2.Client, body: object, status: int, kind: str, pointer: str | None
) -> None:
    problem = assert_problem(http.post("/v1/webhooks", json=body), status, kind)
    if pointer is not None:
        assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({}, 422, "invalid-recipe"),
        ({"delivery": "0" * 32, "since": "2026-01-01T00:00:00Z"}, 422, "invalid-recipe"),
        ({"since": "2026-01-01T00:00:00"}, 422, "invalid-recipe"),
        ({"since": "yesterday"}, 422, "invalid-recipe"),
        ({"delivery": "0" * 32}, 404, "not-found"),
    ],
)
def test_a_replay_says_what(
    http: httpx2.Client, webhook: dict[str, Any], body: object, status: int, kind: str
) -> None:
    assert_problem(http.post(webhook["links"]["self"] + "/replay", json=body), status, kind)


def test_what_is_removed_is_gone(http: httpx2.Client, webhook: dict[str, Any]) -> None:
    home = webhook["links"]["self"]
    assert http.delete(home).json()["id"] == webhook["id"]
    for answer in (http.get(home), http.delete(home), http.get(webhook["links"]["deliveries"])):
        assert_problem(answer, 404, "not-found")
