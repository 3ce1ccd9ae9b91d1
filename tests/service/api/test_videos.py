"""The OpenAI-shaped video routes, driven by clients that were written for other servers."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import av
import httpx2
import openai
import pytest

from tests.service.api.conftest import PROGRAM, Service, assert_problem

pytestmark = pytest.mark.xdist_group("service-api")

FIELDS = {"prompt": "a cup of coffee, steam", "seconds": "1", "fps": "8"}
EXTRA = {"quality": "draft", "look": "winter", "camera": "push-in=0.05", "motion_bucket_id": 90}


def order(http: httpx2.Client, still: bytes, **fields: str) -> httpx2.Response:
    files = {"input_reference": ("still.jpg", still, "image/jpeg")}
    data = FIELDS | {"extra_params": json.dumps(EXTRA)} | fields
    return http.post("/v1/videos", data=data, files=files)


def completed(http: httpx2.Client, video: dict[str, Any]) -> dict[str, Any]:
    """Poll as clients do; progress never goes back."""
    progress = [video["progress"]]
    deadline = time.monotonic() + 60
    while video["status"] not in ("completed", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
        video = http.get(f"/v1/videos/{video['id']}").json()
        progress.append(video["progress"])
    assert progress == sorted(progress)
    return video


@pytest.fixture(scope="module")
def video(http: httpx2.Client, still: bytes) -> dict[str, Any]:
    answer = order(http, still, model="parallax", seed="7", size="640x480")
    assert answer.status_code == 200, answer.text
    return completed(http, answer.json())


def test_a_new_video_has_the_shape(http: httpx2.Client, still: bytes) -> None:
    made = order(http, still).json()
    assert (made["object"], made["status"], made["progress"]) == ("video", "queued", 0)
    assert (made["seconds"], made["model"], made["error"]) == ("1", "stillwave", None)
    assert isinstance(made["created_at"], int)
    gone = http.delete(f"/v1/videos/{made['id']}")
    assert gone.json() == {"id": made["id"], "object": "video.deleted", "deleted": True}
    assert_problem(http.get(f"/v1/videos/{made['id']}"), 404, "not-found")


def test_fields_and_extra_params_become_the_recipe(
    http: httpx2.Client, video: dict[str, Any]
) -> None:
    assert (video["status"], video["progress"], video["model"]) == ("completed", 100, "parallax")
    recipe = http.get(f"/v1/renders/{video['id']}").json()["recipe"]
    assert recipe["look"]["name"] == "winter"
    assert recipe["look"]["prompt"] == FIELDS["prompt"]
    assert recipe["motion"]["engine"] == "parallax"
    assert recipe["motion"]["motion_bucket_id"] == 90
    assert (recipe["seed"], recipe["fps"], recipe["seconds"]) == (7, 8, 1)
    assert recipe["formats"] == ["web-loop"]


def test_its_content_is_the_video_that_was_ordered(
    http: httpx2.Client, video: dict[str, Any]
) -> None:
    answer = http.get(f"/v1/videos/{video['id']}/content")
    assert answer.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(answer.content), "r") as container:
        frames = list(container.decode(video=0))
    assert {f"{frame.width}x{frame.height}" for frame in frames} == {video["size"]}
    assert len(frames) == 8
    poster = http.get(f"/v1/videos/{video['id']}/content?variant=thumbnail")
    assert poster.headers["content-type"] == "image/jpeg"


def test_frames_count_as_seconds(http: httpx2.Client, still: bytes) -> None:
    made = order(http, still, num_frames="20", fps="10", seconds="4").json()
    assert made["seconds"] == "2"
    http.delete(f"/v1/videos/{made['id']}")


def test_json_with_the_still_in_it(http: httpx2.Client, still: bytes) -> None:
    text = f"data:image/jpeg;base64,{base64.b64encode(still).decode()}"
    for reference in (
        {"image_reference": {"image_url": text}},
        {"input_reference": {"image_url": {"url": text}}},
        {"reference_url": text},
    ):
        answer = http.post("/v1/videos", json={"prompt": "a cup", "seconds": "2", **reference})
        assert answer.status_code == 200, answer.text
        http.delete(f"/v1/videos/{answer.json()['id']}")


def test_the_list_goes_on_after_the_last_id(
    http: httpx2.Client, still: bytes, video: dict[str, Any]
) -> None:
    newest = order(http, still).json()
    first = http.get("/v1/videos?limit=1").json()
    assert (first["first_id"], first["last_id"], first["has_more"]) == (
        newest["id"],
        newest["id"],
        True,
    )
    following = http.get("/v1/videos", params={"after": first["last_id"], "limit": 100}).json()
    assert video["id"] in {each["id"] for each in following["data"]}
    http.delete(f"/v1/videos/{newest['id']}")


def test_a_cancelled_video_has_failed_and_says_why(http: httpx2.Client, still: bytes) -> None:
    made = order(http, still).json()
    http.delete(f"/v1/renders/{made['id']}")
    found = http.get(f"/v1/videos/{made['id']}").json()
    assert (found["status"], found["error"]["code"]) == ("failed", "canceled")
    assert_problem(http.get(f"/v1/videos/{made['id']}/content"), 409, "conflict")


@pytest.mark.parametrize(
    ("fields", "status", "kind", "pointer"),
    [
        ({"model": "sora-2"}, 422, "unknown-name", "/model"),
        ({"seconds": "99"}, 422, "out-of-range", "/seconds"),
        ({"seconds": "soon"}, 422, "invalid-recipe", "/seconds"),
        ({"size": "large"}, 422, "invalid-recipe", "/size"),
        ({"promt": "x"}, 422, "unknown-name", "/promt"),
        ({"extra_params": '{"look": "wintr"}'}, 422, "unknown-name", "/extra_params/look/name"),
        ({"extra_params": '{"lok": "winter"}'}, 422, "unknown-name", "/extra_params/lok"),
        ({"extra_params": "[]"}, 422, "invalid-recipe", "/extra_params"),
        ({"extra_params": "{"}, 400, "malformed", None),
    ],
)
def test_what_is_wrong_is_named(
    http: httpx2.Client,
    still: bytes,
    fields: dict[str, str],
    status: int,
    kind: str,
    pointer: str | None,
) -> None:
    problem = assert_problem(order(http, still, **fields), status, kind)
    if pointer is not None:
        assert problem["errors"][0]["pointer"] == pointer


def test_a_video_without_a_still_is_refused(http: httpx2.Client) -> None:
    answer = http.post("/v1/videos", json={"prompt": "a cup"})
    problem = assert_problem(answer, 422, "invalid-source")
    assert problem["errors"][0]["pointer"] == "/input_reference"


def test_our_own_remote_engine_has_its_clip_made_here(
    service: Service, samples: Path, tmp_path: Path
) -> None:
    """One Stillwave asks another: ``render --engine remote``, with no word changed."""
    environment = service.environment | {"STILLWAVE_REMOTE_URL": f"{service.url}/v1"}
    command = ["render", str(samples / "coffee.jpg"), "--engine", "remote", "--for", "web-loop"]
    command += ["--quality", "draft", "--seconds", "1", "--fps", "8", "--out", str(tmp_path)]
    done = subprocess.run(
        [*PROGRAM, *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["engine"] == "remote"
    assert "stillwave" in json.dumps(report["models"]) + json.dumps(report["generation"])
    assert (tmp_path / "web-loop.mp4").stat().st_size > 1000
    with service.client() as http:
        assert all(
            each["status"] != "in_progress" for each in http.get("/v1/videos").json()["data"]
        )


@pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")
def test_the_official_client_works(service: Service, still: bytes) -> None:
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key="none", max_retries=0) as client:
        made = client.videos.create(
            prompt="a cup of coffee",
            input_reference=("still.jpg", still, "image/jpeg"),
            extra_body={"extra_params": json.dumps(EXTRA)},
        )
        while made.status in ("queued", "in_progress"):
            time.sleep(0.2)
            made = client.videos.retrieve(made.id)
        assert (made.status, made.progress) == ("completed", 100)
        assert client.videos.download_content(made.id).read()[4:8] == b"ftyp"
        assert made.id in {each.id for each in client.videos.list(limit=5)}
        assert client.videos.delete(made.id).deleted
