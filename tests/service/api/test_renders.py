"""A render from request to file, over HTTP, with a real worker."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from typing import Any

import httpx2
import pytest

from tests.service.api.conftest import DRAFT, Submit, assert_problem

pytestmark = pytest.mark.xdist_group("service-api")


def events(http: httpx2.Client, url: str, after: int | None = None) -> list[dict[str, Any]]:
    """Read a stream to its end."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    found = []
    with http.stream("GET", url, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for block in "".join(answer.iter_text()).split("\n\n"):
            said = dict(re.findall(r"^(id|event|data): (.*)$", block, re.M))
            if said:
                found.append(
                    {"id": int(said["id"]), "event": said["event"]}
                    | {"data": json.loads(said["data"])}
                )
    return found


def test_a_form_is_accepted_at_once_and_found_where_location_says(
    http: httpx2.Client, submit: Submit
) -> None:
    answer = submit(metadata={"sku": "CUP-7"})
    assert answer.status_code == 202
    accepted = answer.json()
    assert answer.headers["location"] == f"/v1/renders/{accepted['id']}"
    assert accepted["state"] == "queued"
    found = http.get(answer.headers["location"]).json()
    assert (found["id"], found["metadata"]) == (accepted["id"], {"sku": "CUP-7"})
    assert http.delete(answer.headers["location"]).json()["state"] in ("canceled", "succeeded")


def test_prefer_wait_answers_with_the_end(done: dict[str, Any]) -> None:
    assert done["report"]["artifacts"][0]["format"] == "web-loop"
    names = {file["name"] for file in done["artifacts"]}
    assert {"web-loop.mp4", "still.png", "poster.jpg", "report.json"} <= names
    assert done["recipe"]["formats"] == ["web-loop"]
    assert done["error"] is None


def test_prefer_wait_gives_up_in_time(http: httpx2.Client, submit: Submit) -> None:
    start = time.monotonic()
    answer = submit(wait=1, quality="final", formats=["instagram-reel"], seconds=20)
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=1"
    assert 0.9 < time.monotonic() - start < 6
    cancelled = http.delete(answer.headers["location"]).json()
    assert cancelled["state"] == "canceled"
    assert http.get(answer.headers["location"]).json()["state"] == "canceled"


def test_an_ended_render_is_forgotten_with_its_files(http: httpx2.Client, submit: Submit) -> None:
    render = submit(wait=60, seed=99).json()
    file = render["artifacts"][0]["url"]
    assert http.get(file).status_code == 200
    assert http.delete(render["links"]["self"]).status_code == 200
    for url in (render["links"]["self"], render["links"]["events"], file):
        assert_problem(http.get(url), 404, "not-found")


def test_every_file_is_what_it_says(http: httpx2.Client, done: dict[str, Any]) -> None:
    for file in done["artifacts"]:
        answer = http.get(file["url"])
        assert answer.headers["content-type"].partition(";")[0] == file["content_type"]
        assert len(answer.content) == file["bytes"]
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]


def test_the_same_still_by_address_bytes_and_id_is_one_source(
    http: httpx2.Client, still: bytes, done: dict[str, Any]
) -> None:
    text = base64.b64encode(still).decode()
    for source in (
        {"id": done["source_id"]},
        {"base64": text},
        {"base64": f"data:image/jpeg;base64,{text}"},
    ):
        answer = http.post("/v1/renders", json=DRAFT | {"source": source})
        assert answer.status_code == 202, answer.text
        assert answer.json()["source_id"] == done["source_id"]
        http.delete(answer.headers["location"])
    kept = http.post("/v1/sources", files={"source": ("x.jpg", still)})
    assert (kept.status_code, kept.json()["id"]) == (201, done["source_id"])


def test_a_still_is_fetched_from_an_address(http: httpx2.Client, done: dict[str, Any]) -> None:
    """The service itself is the server: its own still.png, over a trusted network."""
    address = f"{http.base_url}".rstrip("/") + f"{done['links']['self']}/artifacts/still.png"
    kept = http.post("/v1/sources", json={"url": address})
    assert kept.status_code == 201, kept.text
    expected = next(f["sha256"] for f in done["artifacts"] if f["name"] == "still.png")
    assert kept.json()["id"] == expected


def test_events_tell_the_whole_story_and_go_on_after_the_last_one(
    http: httpx2.Client, done: dict[str, Any]
) -> None:
    story = events(http, done["links"]["events"])
    kinds = [event["event"] for event in story]
    assert kinds[0] == "queued"
    assert kinds[-1] == "succeeded"
    assert "running" in kinds
    stages = {event["data"]["stage"] for event in story if event["event"] == "progress"}
    assert {"animate", "encode"} <= stages
    ids = [event["id"] for event in story]
    assert ids == sorted(set(ids))
    assert events(http, done["links"]["events"], after=ids[2]) == story[3:]
    finished = http.get(done["links"]["events"], headers={"Last-Event-ID": str(ids[-1])})
    assert finished.status_code == 204  # tells an EventSource not to come back


def test_a_live_stream_beats_while_nothing_happens_and_ends_with_the_job(
    http: httpx2.Client, submit: Submit
) -> None:
    blocker = submit(quality="final", formats=["instagram-reel"], seconds=20)
    waiting = submit()
    url = waiting.headers["location"]
    with http.stream("GET", f"{url}/events") as stream:
        lines = stream.iter_lines()
        for line in lines:
            if line.startswith(": "):
                break
        assert http.delete(url).json()["state"] == "canceled"
        rest = list(lines)
    assert "event: canceled" in rest
    http.delete(blocker.headers["location"])


def test_a_list_is_walked_by_its_cursor(http: httpx2.Client, submit: Submit) -> None:
    made = [submit().json()["id"] for _ in range(3)]
    for id in made:
        http.delete(f"/v1/renders/{id}")
    walked: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = http.get("/v1/renders", params=query).json()
        assert len(page["data"]) <= 2
        walked += [render["id"] for render in page["data"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(walked) == len(set(walked))
    assert walked[:3] == made[::-1]
    states = {r["state"] for r in http.get("/v1/renders?state=canceled").json()["data"]}
    assert states == {"canceled"}


def test_an_idempotency_key_makes_one_render(http: httpx2.Client, submit: Submit) -> None:
    headers = {"Idempotency-Key": "order-4711"}
    first, again = submit(headers=headers), submit(headers=headers)
    assert first.json()["id"] == again.json()["id"]
    problem = assert_problem(submit(headers=headers, seed=5), 422, "key-reused")
    assert "order-4711" in problem["detail"]
    http.delete(first.headers["location"])


def test_an_exploration_and_the_final_of_a_draft(http: httpx2.Client, still: bytes) -> None:
    spec = DRAFT | {"looks": ["winter", "noir"], "cameras": ["push-in=0.05"]}
    answer = http.post(
        "/v1/explorations",
        files={"source": still},
        data={"spec": json.dumps(spec)},
        headers={"Prefer": "wait=60"},
    )
    explored = answer.json()
    assert (answer.status_code, explored["object"]) == (200, "exploration")
    assert explored["state"] == "succeeded"
    drafts = explored["report"]["drafts"]
    assert [draft["recipe"]["look"]["name"] for draft in drafts] == ["winter", "noir"]
    home = explored["links"]["self"]
    assert http.get(f"{home}/artifacts/{drafts[1]['path']}").headers["content-type"] == "video/mp4"
    page = http.get(f"{home}/artifacts/index.html")
    assert "sandbox allow-scripts" in page.headers["content-security-policy"]
    assert_problem(http.get(f"/v1/renders/{explored['id']}"), 404, "not-found")
    final = http.post(
        f"{home}/promote", json={"draft": "02", "changes": {"formats": ["gif"], "seconds": 0.5}}
    )
    promoted = final.json()
    assert final.status_code == 202, final.text
    assert promoted["promoted_from"] == {"exploration": explored["id"], "draft": "02"}
    assert promoted["recipe"]["look"]["name"] == "noir"
    assert promoted["recipe"]["quality"] == "final"
    http.delete(promoted["links"]["self"])
    assert_problem(http.post(f"{home}/promote", json={"draft": "77"}), 404, "not-found")
