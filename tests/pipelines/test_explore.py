"""A grid of drafts: shared work done once, every draft a true preview that knows its recipe."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image as Pillow

from pipelines.context import Context
from pipelines.errors import Cancelled, InvalidInput, UnknownName
from pipelines.explore import explore, title
from pipelines.recall import recall
from pipelines.render import render
from pipelines.report import ExplorationReport
from pipelines.spec import RenderSpec, parse_spec
from pipelines.variants import vary

MODULE = import_module("pipelines.explore")
BASE = parse_spec({"seconds": 0.5, "fps": 12, "formats": "web-loop"})
VARIANTS = vary(BASE, ["winter", "noir"], ["orbit", "slide-left=0.03"], [0, 7])


@pytest.fixture(scope="module")
def done(
    still: Path, job: Context, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, ExplorationReport]:
    out = tmp_path_factory.mktemp("out") / "explore"
    return out, explore(VARIANTS, still, out, job)


def test_vary_is_every_look_with_every_camera_and_every_seed() -> None:
    seen = {(spec.look.name, spec.camera[0].move, spec.seed) for spec in VARIANTS}
    assert len(seen) == len(VARIANTS) == 8
    assert all(spec.quality == "draft" for spec in VARIANTS)


def test_vary_refuses_unknown_names() -> None:
    with pytest.raises(UnknownName, match="winter"):
        vary(BASE, ["wintr"], ["orbit"], [0])


def test_the_folder_holds_drafts_sheet_page_and_manifest(
    done: tuple[Path, ExplorationReport],
) -> None:
    out, report = done
    drafts = {f"{index:02}.mp4" for index in range(1, 9)}
    others = {"contact-sheet.png", "index.html", "explore.json"}
    assert {entry.name for entry in out.iterdir()} == drafts | others
    document = json.loads((out / "explore.json").read_text(encoding="utf-8"))
    assert document == json.loads(report.to_json())
    assert [draft["path"] for draft in document["drafts"]] == sorted(drafts)
    with Pillow.open(out / "contact-sheet.png") as sheet:
        assert sheet.width > 800


def test_each_draft_carries_its_own_recipe(done: tuple[Path, ExplorationReport]) -> None:
    out, report = done
    for spec, draft in zip(VARIANTS, report.drafts, strict=True):
        assert recall(out / draft.path)[0] == spec
        assert parse_spec(draft.recipe) == spec


def test_a_draft_is_what_render_makes_of_its_recipe(
    done: tuple[Path, ExplorationReport], still: Path, job: Context, tmp_path: Path
) -> None:
    out, _ = done
    render(VARIANTS[3], still, tmp_path, job)
    assert (tmp_path / "web-loop.mp4").read_bytes() == (out / "04.mp4").read_bytes()


def test_shared_work_is_done_once(
    still: Path, job: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def counted(name: str) -> Callable[..., object]:
        inner = getattr(MODULE, name)

        def call(*arguments: object) -> object:
            calls.append(name)
            return inner(*arguments)

        return call

    for name in ("find_scene", "dress", "frame_still", "animate"):
        monkeypatch.setattr(MODULE, name, counted(name))
    explore(vary(BASE, ["winter", "noir"], ["orbit", "rise"], [0]), still, tmp_path, job)
    found = {name: calls.count(name) for name in set(calls)}
    assert found == {"find_scene": 1, "dress": 2, "frame_still": 2, "animate": 4}


def test_a_format_without_video_is_previewed_in_the_stills_own_shape(
    still: Path, job: Context, tmp_path: Path
) -> None:
    spec = BASE.revised({"formats": ["gif"]})
    report = explore(vary(spec, ["natural"], ["orbit"], [0]), still, tmp_path, job)
    assert report.drafts[0].path == "01.mp4"
    assert report.drafts[0].width / report.drafts[0].height == pytest.approx(1.5, abs=0.02)


def test_a_cancelled_exploration_leaves_nothing(still: Path, job: Context, tmp_path: Path) -> None:
    job.cancel.set()
    try:
        with pytest.raises(Cancelled):
            explore(VARIANTS, still, tmp_path / "out", job)
    finally:
        job.cancel.clear()
    assert not (tmp_path / "out").exists()


def test_one_failing_draft_fails_the_exploration_and_leaves_nothing(
    still: Path, job: Context, tmp_path: Path
) -> None:
    bad = RenderSpec(seconds=0.5, backdrop="nowhere.png")
    with pytest.raises(InvalidInput):
        explore([bad], still, tmp_path / "out", job)
    assert not (tmp_path / "out").exists()


def test_title_names_what_differs() -> None:
    spec = parse_spec({"look": "winter", "camera": "orbit=6,push-in", "seed": 3})
    assert title(spec) == "winter · orbit 6 + push-in"
    assert title(spec, with_seed=True).endswith("seed 3")
