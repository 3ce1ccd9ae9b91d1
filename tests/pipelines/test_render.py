"""One job from a file to its report."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import pytest
from jsonschema import Draft202012Validator

from pipelines.camera.pose import intrinsics
from pipelines.context import Context
from pipelines.encode import embedded_text
from pipelines.errors import Cancelled, InvalidInput, StillwaveError
from pipelines.prepare import find_scene, reduced, working_side
from pipelines.recall import find_source, promote, recall, remake
from pipelines.render import direct, render
from pipelines.report import RenderReport, report_schema
from pipelines.spec import RenderSpec, parse_spec

QUICK = {"quality": "draft", "seconds": 0.5, "fps": 12, "formats": "web-loop,gif"}


@pytest.fixture(scope="module")
def done(
    still: Path, job: Context, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, RenderReport]:
    """One finished render with everything kept."""
    out = tmp_path_factory.mktemp("out")
    spec = parse_spec({**QUICK, "look": "golden-hour", "camera": "orbit=4", "seed": 5})
    return out, render(spec, still, out, job, keep_frames=True)


def read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    assert picture is not None
    return np.asarray(picture)


def test_the_folder_holds_what_was_promised(done: tuple[Path, RenderReport]) -> None:
    out, report = done
    names = {"report.json", "still.png", "poster.jpg", "frames", "web-loop.mp4", "gif.gif"}
    assert {entry.name for entry in out.iterdir()} == names
    frames = sorted(entry.name for entry in (out / "frames").iterdir())
    assert frames == [f"{index:04}.png" for index in range(report.artifacts[0].frames)]


def test_the_report_is_valid_and_complete(done: tuple[Path, RenderReport], still: Path) -> None:
    out, report = done
    document = json.loads((out / "report.json").read_text(encoding="utf-8"))
    Draft202012Validator(report_schema()).validate(document)
    assert document == json.loads(report.to_json())
    assert document["source"]["sha256"] == hashlib.sha256(still.read_bytes()).hexdigest()
    assert document["engine"] == "parallax"
    assert document["seed"] == 5
    assert [entry["path"] for entry in document["artifacts"]] == ["web-loop.mp4", "gif.gif"]
    assert {"source", "mask", "depth", "still", "animate", "encode"} <= set(document["timings"])


def test_the_camera_has_a_matrix_for_each_frame_and_starts_as_the_world(
    done: tuple[Path, RenderReport],
) -> None:
    camera, first = done[1].camera, done[1].artifacts[0]
    assert (camera.width, camera.height) == (first.width, first.height)
    assert len(camera.intrinsics) == len(camera.world_to_camera) == first.frames
    np.testing.assert_allclose(camera.world_to_camera[0], np.eye(4)[:3], atol=1e-12)
    np.testing.assert_allclose(
        camera.intrinsics[0], intrinsics(first.width, first.height, 45.0), atol=1e-9
    )
    assert not np.allclose(camera.world_to_camera[1], np.eye(4)[:3], atol=1e-6)


def test_poster_and_first_frame_are_the_same_picture(done: tuple[Path, RenderReport]) -> None:
    out, _ = done
    poster, frame = read(out / "poster.jpg"), read(out / "frames" / "0000.png")
    assert poster.shape == frame.shape
    assert np.abs(poster.astype(int) - frame.astype(int)).mean() < 3


def test_every_artifact_carries_the_recipe(done: tuple[Path, RenderReport], still: Path) -> None:
    out, report = done
    for artifact in report.artifacts:
        text = embedded_text(out / artifact.path)
        assert text is not None
        assert str(still.parent) not in text
        spec, found = recall(out / artifact.path)
        assert spec == parse_spec(report.recipe)
        assert found.sha256 == report.source.sha256


def test_the_same_recipe_gives_the_same_bytes(
    done: tuple[Path, RenderReport], job: Context, tmp_path: Path
) -> None:
    out, _ = done
    remake(out / "web-loop.mp4", tmp_path, job)
    for name in ("still.png", "poster.jpg", "web-loop.mp4", "gif.gif"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


def test_promote_keeps_path_and_framing(samples: Path, job: Context, tmp_path: Path) -> None:
    spec = parse_spec({**QUICK, "formats": "web-loop", "camera": "orbit=4,push-in"})
    draft = render(spec, samples / "coffee.jpg", tmp_path / "draft", job)
    final = promote(tmp_path / "draft" / "web-loop.mp4", tmp_path / "final", job)
    assert final.recipe == {**draft.recipe, "quality": "final"}
    assert final.artifacts[0].width > draft.artifacts[0].width
    np.testing.assert_allclose(
        final.camera.world_to_camera, draft.camera.world_to_camera, atol=1e-3
    )
    for side in ("left", "top", "width", "height"):
        first, second = (getattr(report.artifacts[0].framing, side) for report in (draft, final))
        assert first == pytest.approx(second, abs=0.01)


def test_a_file_that_repeats_the_loop_has_a_camera_for_each_frame(
    still: Path, job: Context, tmp_path: Path
) -> None:
    spec = parse_spec({**QUICK, "formats": "instagram-square"})
    report = render(spec, still, tmp_path, job)
    poses = report.camera.world_to_camera
    assert report.artifacts[0].seconds >= 3 > 2 * spec.seconds
    assert len(poses) == report.artifacts[0].frames
    assert poses[: len(poses) // 6] * 6 == poses


@pytest.mark.parametrize("mode", ["pingpong", "crossfade", "none"])
def test_every_loop_mode_keeps_the_length(
    still: Path, job: Context, tmp_path: Path, mode: str
) -> None:
    spec = parse_spec({**QUICK, "formats": "web-loop", "loop": mode, "camera": "slide"})
    report = render(spec, still, tmp_path, job)
    assert report.loop.mode == mode
    assert report.artifacts[0].frames == 6
    assert len(report.camera.world_to_camera) == 6


def test_strength_zero_is_the_source(still: Path, job: Context, tmp_path: Path) -> None:
    spec = parse_spec({**QUICK, "look": {"name": "noir", "strength": 0}})
    render(spec, still, tmp_path, job)
    np.testing.assert_array_equal(read(tmp_path / "still.png"), read(still))


@pytest.mark.parametrize(
    ("recipe", "side"),
    [
        ({"quality": "draft"}, 720),
        ({"formats": "gif"}, 1920),
        ({"formats": "instagram-reel,gif"}, 1920),
        ({"formats": "gif,master"}, 3840),
    ],
)
def test_a_still_is_worked_on_at_the_size_its_formats_can_show(
    recipe: dict[str, object], side: int
) -> None:
    assert working_side(parse_spec(recipe)) == side


def test_reducing_keeps_shape_and_leaves_small_scenes_alone(samples: Path, job: Context) -> None:
    scene = find_scene(parse_spec({"look": "natural"}), samples / "coffee.jpg", job)
    assert reduced(scene, 400) is scene
    small = reduced(scene, 200)
    assert small.pixels.shape == (200, 300, 3)
    assert small.subject.mask.shape == small.depth.nearness.shape == (200, 300)
    assert small.subject.mask.mean() == pytest.approx(scene.subject.mask.mean(), abs=0.01)


def test_bytes_do_as_well_as_a_file(still: Path, job: Context, tmp_path: Path) -> None:
    report = render(parse_spec(QUICK), still.read_bytes(), tmp_path, job)
    assert report.source.file is None


def test_a_persons_words_join_the_looks_for_every_engine() -> None:
    usual = direct(parse_spec({"look": "winter"}))
    own = {"name": "winter", "prompt": "steam rises, ", "negative_prompt": "spoon"}
    said = direct(parse_spec({"look": own}))
    assert said.prompt == f"steam rises, {usual.prompt}"
    assert said.negative_prompt == f"spoon, {usual.negative_prompt}"
    assert direct(parse_spec({"look": {"name": "winter", "prompt": " "}})).prompt == usual.prompt


def test_options_without_effect_are_said(still: Path, job: Context, tmp_path: Path) -> None:
    motion = {"motion_bucket_id": 100}
    spec = parse_spec({**QUICK, "fps": 30, "formats": "gif", "motion": motion})
    warnings = " ".join(render(spec, still, tmp_path, job).warnings)
    assert "motion_bucket_id" in warnings
    assert "gif plays" in warnings


def test_nothing_is_left_by_a_cancelled_job(still: Path, job: Context, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "encode" and done > 1:
            job.cancel.set()

    try:
        with pytest.raises(Cancelled):
            render(parse_spec(QUICK), still, out, replace(job, progress=stop))
    finally:
        job.cancel.clear()
    assert not out.exists()


def test_a_failure_keeps_the_last_result(
    done: tuple[Path, RenderReport], job: Context, tmp_path: Path
) -> None:
    (tmp_path / "report.json").write_text("before")
    with pytest.raises(StillwaveError):
        render(RenderSpec(), b"no picture", tmp_path, job)
    assert (tmp_path / "report.json").read_text() == "before"


def test_a_source_that_moved_is_found_by_its_hash(
    done: tuple[Path, RenderReport], still: Path, tmp_path: Path
) -> None:
    out, _ = done
    _, found = recall(out / "gif.gif")
    other = tmp_path / "other.png"
    other.write_bytes(b"else")
    copy = tmp_path / "deep" / still.name
    copy.parent.mkdir()
    copy.write_bytes(still.read_bytes())
    assert find_source(found, out / "gif.gif") == still
    assert find_source(found, tmp_path / "deep" / "gif.gif") == copy
    with pytest.raises(InvalidInput, match="is not the still"):
        find_source(found, out / "gif.gif", other)
    with pytest.raises(InvalidInput, match="--source"):
        find_source(found, tmp_path / "gif.gif")


def test_one_stage_is_told_after_the_other(job: Context, still: Path, tmp_path: Path) -> None:
    """What runs beside a stage does not interrupt what is told of it."""
    told: list[str] = []
    heard = replace(job, progress=lambda stage, done, total: told.append(stage))
    render(parse_spec({**QUICK, "formats": "web-loop"}), still, tmp_path / "out", heard)
    stages = [stage for stage, _ in groupby(told)]
    assert len(stages) == len(set(stages))
    assert stages[-3:] == ["animate", "encode", "report"]
