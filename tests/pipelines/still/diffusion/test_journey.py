"""The whole journey with the look by diffusion: pictures, report, recipe."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from jsonschema import Draft202012Validator

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.recall import recall
from pipelines.render import render
from pipelines.report import report_schema
from pipelines.spec import parse_spec
from tests.pipelines.still.diffusion.studio import picture

RECIPE = {
    "look": {
        "name": "noir",
        "engine": "img2img",
        "model": "tiny-sd",
        "strength": 0.3,
        "num_inference_steps": 6,
        "prompt": "on slate",
        "structure": "depth",
        "variations": 4,
    },
    "motion": {"engine": "parallax"},
    "camera": "push-in",
    "quality": "draft",
    "seconds": 0.5,
    "fps": 12,
    "formats": "web-loop",
    "seed": 31,
}


@pytest.fixture(scope="module")
def out(toys: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished render of four variations."""
    folder = tmp_path_factory.mktemp("journey")
    still = folder / "still-before.png"
    cv2.imwrite(str(still), picture(96, 128))
    render(parse_spec(RECIPE), still, folder / "out", toys)
    return folder / "out"


def test_every_variation_is_saved_at_the_stills_size(out: Path) -> None:
    names = sorted(path.name for path in (out / "stills").iterdir())
    assert names == ["00.png", "01.png", "02.png", "03.png"]
    pictures = [_read(out / "stills" / name) for name in names]
    assert {each.shape for each in pictures} == {(96, 128, 3)}
    assert len({each.tobytes() for each in pictures}) == 4
    assert np.array_equal(_read(out / "still.png"), pictures[0])


def _read(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def test_the_report_says_how_the_still_was_made(out: Path) -> None:
    document = json.loads((out / "report.json").read_text(encoding="utf-8"))
    Draft202012Validator(report_schema()).validate(document)
    made = document["generation"]["still"]
    assert (made["engine"], made["model"], made["structure"]) == ("img2img", "tiny-sd", "depth")
    assert made["seeds"] == [31, 32, 33, 34]
    assert made["prompt"].startswith("on slate, film noir")
    used = {model["name"]: model["sha256"] for model in document["models"]}
    assert {"tiny-sd", "tiny-depth"} <= used.keys()
    assert all(len(digest) == 64 for digest in used.values())


def test_the_film_remembers_the_look(out: Path) -> None:
    recipe, _ = recall(out / "web-loop.mp4")
    assert recipe.look.engine == "img2img"
    assert recipe.look.variations == 4
