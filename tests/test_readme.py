"""The README's command lines, run as a newcomer would type them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.recall import recall
from pipelines.spec import RenderSpec
from service.cli import cli
from service.commands.options import changes
from tests.docs_text import README, ROOT, commands

PROGRAM = Path(sys.executable).with_name("stillwave")
SCREEN = 60
"""Lines that one screen shows."""

IMAGE_BYTES = 3_000_000


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the samples."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "samples").symlink_to(ROOT / "samples")
    return folder


def test_every_command_works_in_the_order_of_the_page(workplace: Path) -> None:
    lines = commands(README)
    assert {line[1] for line in lines} == {"render", "explore", "promote", "check"}
    for line in lines:
        done = subprocess.run(
            [PROGRAM, *line[1:]],
            cwd=workplace,
            env={**os.environ, "STILLWAVE_DATA_DIR": str(workplace / "data")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        for name in re.findall(r"^out/\S+", done.stdout, re.M):
            assert (workplace / name).stat().st_size > 0
    promised = [
        "out/coffee/gif.gif",
        "out/try/explore/index.html",
        "out/winter/instagram-square.mp4",
    ]
    assert all((workplace / name).is_file() for name in promised)
    report = json.loads((workplace / "out/coffee/report.json").read_text("utf-8"))
    assert [artifact["format"] for artifact in report["artifacts"]] == ["instagram-reel", "gif"]


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
