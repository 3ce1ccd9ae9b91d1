"""Files that a recipe names, over HTTP: the same frames come out as from files in a folder."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.context import Context
from pipelines.errors import InvalidMask
from pipelines.protect import read_mask
from pipelines.render import render
from pipelines.spec import parse_spec
from tests.service.api.conftest import DRAFT, assert_problem

pytestmark = pytest.mark.xdist_group("service-api")

SIZE = (600, 400)
"""Of the still, width and height."""


def png(pixels: NDArray[Any]) -> bytes:
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


def disc(size: tuple[int, int] = SIZE) -> bytes:
    """A mask: white where the product is."""
    mask = np.zeros(size[::-1], np.uint8)
    cv2.circle(mask, (size[0] // 2, size[1] // 2), size[1] // 4, 255, -1)
    return png(mask)


def ramp() -> NDArray[np.float32]:
    """A depth map: nearer towards the bottom."""
    rows = np.linspace(0, 1, SIZE[1], dtype=np.float32)
    return np.repeat(rows[:, None], SIZE[0], axis=1)


def numpy_file(array: NDArray[np.float32]) -> bytes:
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


def plate() -> bytes:
    """A picture to put the product on."""
    picture = np.full((300, 450, 3), (200, 120, 40), np.uint8)
    picture[150:] = (40, 80, 160)
    return png(picture)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Role → file, one of each kind that a CPU engine reads."""
    return {
        "mask": disc(),
        "depth": numpy_file(ramp()),
        "backdrop": plate(),
        "motion_mask": disc(),
    }


RECIPE: dict[str, Any] = DRAFT | {"ambient": "haze", "camera": "orbit=6"}


@pytest.fixture(scope="module")
def expected(
    samples: Path, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> NDArray[np.uint8]:
    """The frames that the library makes of the same files in a folder."""
    folder = tmp_path_factory.mktemp("files")
    for role, data in files.items():
        (folder / role).with_suffix(".npy" if role == "depth" else ".png").write_bytes(data)
    spec = RECIPE | {
        "mask": str(folder / "mask.png"),
        "depth": str(folder / "depth.npy"),
        "backdrop": str(folder / "backdrop.png"),
        "motion": {"mask": str(folder / "motion_mask.png")},
    }
    out = folder / "out"
    render(parse_spec(spec), samples / "coffee.jpg", out, Context(folder / "data"))
    return frames((out / "web-loop.mp4").read_bytes(), folder)


def frames(video: bytes, folder: Path) -> NDArray[np.uint8]:
    """Decode a file by OpenCV."""
    path = folder / "video.mp4"
    path.write_bytes(video)
    capture, found = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        found.append(read[1])
    return np.array(found, np.uint8)


def assert_made(
    http: httpx2.Client, answer: httpx2.Response, expected: NDArray[np.uint8], folder: Path
) -> dict[str, Any]:
    made: dict[str, Any] = answer.json()
    assert (answer.status_code, made["state"]) == (200, "succeeded"), made
    video = http.get(f"/v1/renders/{made['id']}/artifacts/web-loop.mp4").content
    np.testing.assert_array_equal(frames(video, folder), expected)
    return made


def test_parts_of_a_form_make_the_frames_that_files_make(
    http: httpx2.Client,
    still: bytes,
    files: dict[str, bytes],
    expected: NDArray[np.uint8],
    tmp_path: Path,
) -> None:
    answer = http.post(
        "/v1/renders",
        files={"source": still, **files},
        data={"spec": json.dumps(RECIPE)},
        headers={"Prefer": "wait=60"},
    )
    made = assert_made(http, answer, expected, tmp_path)

    recipe = made["report"]["recipe"]
    named = [recipe["mask"], recipe["depth"], recipe["backdrop"], recipe["motion"]["mask"]]
    assert all(name.startswith("source:") for name in named), named
    assert made["recipe"]["mask"] == recipe["mask"]
    assert "scratch" not in answer.text


def test_references_in_json_make_the_frames_that_files_make(
    http: httpx2.Client,
    still: bytes,
    files: dict[str, bytes],
    expected: NDArray[np.uint8],
    tmp_path: Path,
) -> None:
    def kept(role: str, data: bytes) -> str:
        return str(http.post("/v1/sources", files={role: data}).json()["id"])

    spec = RECIPE | {
        "source": {"id": kept("source", still)},
        "mask": {"base64": base64.b64encode(files["mask"]).decode()},
        "depth": {"id": kept("depth", files["depth"])},
        "backdrop": f"source:{kept('backdrop', files['backdrop'])}",
        "motion": {"mask": {"id": kept("mask", files["mask"])}},
    }
    answer = http.post("/v1/renders", json=spec, headers={"Prefer": "wait=60"})
    assert_made(http, answer, expected, tmp_path)


def test_what_does_not_fit_is_refused_with_the_library_s_own_sentence(
    http: httpx2.Client, still: bytes, tmp_path: Path
) -> None:
    (tmp_path / "mask").write_bytes(disc((300, 300)))
    with pytest.raises(InvalidMask) as said:
        read_mask(tmp_path / "mask", SIZE)
    answer = http.post("/v1/renders", files={"source": still, "mask": disc((300, 300))})
    assert assert_problem(answer, 422, "invalid-mask")["detail"] == str(said.value)

    wrong = ramp()
    wrong[0, 0] = np.nan
    answer = http.post("/v1/sources", files={"depth": numpy_file(wrong)})
    assert "1 values that are not numbers" in assert_problem(answer, 422, "invalid-depth")["detail"]


@pytest.mark.parametrize("role", ["mask", "depth", "backdrop", "reference", "motion_mask"])
@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"x" * 99, b"\x93NUMPY"])
def test_what_is_no_file_of_its_kind_is_refused_at_once(
    http: httpx2.Client, still: bytes, role: str, data: bytes
) -> None:
    for url in ("/v1/renders", "/v1/sources"):
        others = {"source": still} if url == "/v1/renders" else {}
        answer = http.post(url, files={**others, role: data})
        kinds = {"/problems/invalid-source", "/problems/invalid-mask", "/problems/invalid-depth"}
        assert answer.status_code == 422, answer.text
        assert answer.json()["type"] in kinds
        assert "/tmp/" not in answer.text


@pytest.mark.parametrize(
    ("changes", "status", "kind", "pointer"),
    [
        ({"mask": "/etc/passwd"}, 422, "invalid-recipe", None),
        ({"mask": {"id": "f" * 64}}, 404, "not-found", None),
        ({"mask": "source:../../etc/passwd"}, 404, "not-found", None),
        ({"mask": {"path": "/etc/passwd"}}, 422, "unknown-name", "/mask/path"),
        ({"depth": {}}, 422, "invalid-recipe", "/depth"),
        ({"look": {"reference": {"base64": "?"}}}, 422, "invalid-source", None),
        ({"motion": {"mask": {"url": "http://169.254.169.254/x"}}}, 422, "fetch-refused", None),
    ],
)
def test_a_file_that_is_not_there_is_named(
    http: httpx2.Client,
    still: bytes,
    changes: dict[str, object],
    status: int,
    kind: str,
    pointer: str | None,
) -> None:
    source = {"base64": base64.b64encode(still).decode()}
    problem = assert_problem(
        http.post("/v1/renders", json={"source": source} | changes), status, kind
    )
    assert pointer is None or [place["pointer"] for place in problem["errors"]] == [pointer]


def test_a_file_is_sent_or_named_not_both(http: httpx2.Client, still: bytes) -> None:
    answer = http.post(
        "/v1/renders",
        files={"source": still, "mask": disc()},
        data={"spec": json.dumps({"mask": {"base64": base64.b64encode(disc()).decode()}})},
    )
    assert "twice" in assert_problem(answer, 422, "invalid-recipe")["detail"]


def test_the_document_says_what_stands_where_a_file_belongs(http: httpx2.Client) -> None:
    document = http.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for schema, key in (
        ("RenderRequest", "mask"),
        ("ExplorationRequest", "depth"),
        ("LookSpec", "reference"),
        ("MotionSpec", "mask"),
    ):
        choices = schemas[schema]["properties"][key]["anyOf"]
        assert {"$ref": "#/components/schemas/SourceRef"} in choices
    content = document["paths"]["/v1/renders"]["post"]["requestBody"]["content"]
    form = content["multipart/form-data"]["schema"]["properties"]
    assert {"mask", "depth", "backdrop", "reference", "motion_mask"} < form.keys()
