"""``--preview``: a look at unfinished work, in a file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.errors import InvalidInput, OutputRefused
from pipelines.models import add_folder
from service.previews import LEAST_SIDE, into_file
from tests.service.conftest import Run
from tests.tiny.img2img import make_tiny_sd


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_the_last_picture_is_in_the_file_and_nothing_else_is(tmp_path: Path, suffix: str) -> None:
    show = into_file(tmp_path / f"look{suffix}")
    for level in (40, 200):
        show(np.full((9, 16, 3), level, np.uint8))
        seen = cv2.imread(str(tmp_path / f"look{suffix}"))
        assert seen is not None
        assert seen.shape == (LEAST_SIDE * 9 // 16, LEAST_SIDE, 3)
        assert abs(seen.mean() - level) < 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_large_picture_keeps_its_size(tmp_path: Path) -> None:
    into_file(tmp_path / "look.png")(np.zeros((600, 900, 3), np.uint8))
    seen = cv2.imread(str(tmp_path / "look.png"))
    assert seen is not None
    assert seen.shape == (600, 900, 3)


def test_another_kind_of_file_and_a_file_in_the_way_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"'look\.gif'"):
        into_file(tmp_path / "look.gif")
    (tmp_path / "file").touch()
    with pytest.raises(OutputRefused):
        into_file(tmp_path / "file" / "look.jpg")(np.zeros((9, 16, 3), np.uint8))


def test_a_still_is_seen_while_it_is_drawn(run: Run, samples: Path, tmp_path: Path) -> None:
    make_tiny_sd().save_pretrained(tmp_path / "toy")
    data = tmp_path / "data"
    add_folder("toy", tmp_path / "toy", data / "models", kind="img2img")
    look = tmp_path / "look.jpg"
    quick = ("--for", "web-loop", "--quality", "draft", "--seconds", "0.5")
    words = (*quick, "--engine", "img2img,parallax", "--preview", look, "--out", tmp_path / "out")
    done = run("render", samples / "coffee.jpg", *words, STILLWAVE_DATA_DIR=str(data))
    assert done.returncode == 0, done.stderr
    seen = cv2.imread(str(look))
    assert seen is not None
    assert max(seen.shape) == LEAST_SIDE
    assert np.ptp(seen) > 20
