"""The README's command lines, run as a newcomer would type them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipelines.recall import recall
from pipelines.spec import RenderSpec
from pipelines.video import read_footage
from service.cli import cli
from service.commands.options import changes
from tests.docs_text import README, ROOT, blocks, commands
from tests.service.api.conftest import serving, surroundings

PROGRAM = Path(sys.executable).with_name("stillwave")
SCREEN = 60
"""Lines that one screen shows."""

IMAGE_BYTES = 3_000_000

NOTICEABLE = 4.0
"""Mean difference in 8-bit levels; another mask of the same product makes 0.3."""

pytestmark = pytest.mark.xdist_group("readme")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that had nothing but the samples before the page's commands were run in it."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "samples").symlink_to(ROOT / "samples")
    for line in commands(README):
        if line[1] == "serve":
            continue  # it stays: see test_the_lines_of_the_service_make_a_loop
        done = subprocess.run(
            [PROGRAM, *line[1:]],
            cwd=folder,
            env={**os.environ, "STILLWAVE_DATA_DIR": str(folder / "data")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        for name in re.findall(r"^out/\S+", done.stdout, re.M):
            assert (folder / name).stat().st_size > 0
    return folder


def test_every_command_works_in_the_order_of_the_page(workplace: Path) -> None:
    verbs = [line[1] for line in commands(README)]
    assert verbs == ["render", "render", "explore", "promote", "check", "serve"]
    coffee, drafts, winter = (workplace / "out" / name for name in ("coffee", "try", "winter"))
    assert (drafts / "explore/index.html").is_file()
    assert (winter / "instagram-square.mp4").is_file()
    report = json.loads((coffee / "report.json").read_text("utf-8"))
    assert [artifact["format"] for artifact in report["artifacts"]] == ["instagram-reel", "gif"]


def test_the_lines_of_the_service_make_a_loop(tmp_path: Path) -> None:
    """They are typed into a shell as they stand, but for the port: another one may be taken."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (block,) = (text for text in blocks(README, "sh") if "curl" in text)
    first, *lines = block.splitlines()
    assert first.startswith("stillwave serve")
    assert [line.count("curl") for line in lines] == [1, 1, 1]
    with serving(surroundings(tmp_path / "data")) as service:
        script = "\n".join(lines).replace("http://127.0.0.1:8000", service.url)
        shell = ["sh", "-euc", script]
        done = subprocess.run(
            shell, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
        )
    assert done.returncode == 0, done.stderr
    assert "event: succeeded" in done.stdout
    footage = read_footage(tmp_path / "loop.mp4", 60.0, 2**30)
    assert (footage.fps, len(footage.frames)) == (30.0, 90)
    assert 0.8 < seam_over_neighbours(footage.frames) < 1.25


def seam_over_neighbours(frames: Sequence[NDArray[np.uint8]]) -> float:
    """Return the step from the last frame to the first over the mean of the steps beside it.

    An orbit is fastest at its seam, so the mean of the whole clip would be no yardstick.
    """
    around = [frames[index].astype(np.float32) for index in (-2, -1, 0, 1)]
    before, across, after = (float(np.abs(one - other).mean()) for one, other in pairwise(around))
    return across / ((before + after) / 2)


def first_frame(path: Path) -> NDArray[np.float32]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.float32)


def test_the_picture_shows_what_the_program_makes_today(workplace: Path) -> None:
    """The page's first command made it again; after a change of the look: copy the new one."""
    today = first_frame(workplace / "out/serum/gif.gif")
    shown = first_frame(ROOT / "docs/images/serum.gif")
    assert today.shape == shown.shape
    assert np.abs(today - shown).mean() < NOTICEABLE


def test_the_picture_was_made_by_the_command_beside_it() -> None:
    (image,) = re.findall(r'<img src="([^"]+\.gif)"', README.read_text("utf-8"))
    shown = ROOT / image
    assert shown.stat().st_size <= IMAGE_BYTES
    render = cli.get_command(None, "render")  # type: ignore[arg-type]
    context = render.make_context("render", commands(README)[0][2:])  # type: ignore[union-attr]
    given = {name: value for name, value in context.params.items() if name not in NOT_RECIPE}
    spec, found = recall(shown)
    assert spec == RenderSpec().revised(changes(given))
    assert Path(found.file or "") == context.params["source"]


NOT_RECIPE = ("source", "out", "recipe", "keep_frames", "as_json")


def test_it_fits_one_screen() -> None:
    assert len(README.read_text("utf-8").splitlines()) <= SCREEN
