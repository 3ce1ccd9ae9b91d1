"""The size a still is worked on at: reduced only where a look would cost for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow

from pipelines.context import Context
from pipelines.prepare import DRAFT_SIDE, FINAL_SIDE, working_side
from pipelines.render import render
from pipelines.source.limits import MAX_SIDE
from pipelines.spec import parse_spec


@pytest.mark.parametrize(
    ("recipe", "side"),
    [
        ({"look": "winter", "quality": "draft"}, DRAFT_SIDE),
        ({"look": "winter", "formats": "instagram-reel"}, FINAL_SIDE),
        ({"look": "winter", "formats": "master"}, 3840),
    ],
)
def test_a_look_is_graded_at_the_size_that_can_be_seen(
    recipe: dict[str, object], side: int
) -> None:
    assert working_side(parse_spec(recipe)) == side


def test_without_a_look_no_still_is_reduced() -> None:
    spec = parse_spec({"look": {"name": "natural", "strength": 0}, "formats": "instagram-reel"})
    assert working_side(spec) > MAX_SIDE


def test_still_png_has_the_size_of_the_source(samples: Path, job: Context, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    with Pillow.open(samples / "coffee.jpg") as picture:
        picture.resize((3000, 2000)).save(large, compress_level=1)
    spec = parse_spec({"look": "pastel", "formats": "gif", "seconds": 0.5})
    report = render(spec, large, tmp_path / "out", job)
    with Pillow.open(tmp_path / "out" / "still.png") as still:
        assert still.size == (3000, 2000)
    assert any("worked on at 2880 × 1920" in warning for warning in report.warnings)
