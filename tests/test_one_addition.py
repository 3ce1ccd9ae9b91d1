"""A look, a move, an ambient effect and a format each come with one file and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LOOK = '''
"""Inverted: the colours of a negative."""

from pipelines.still.look import Look, Scene

LOOK = Look("Negative", "Every colour turned round.", "film negative", "positive", 0.5,
            lambda scene: 1 - scene.linear)
'''

MOVE = '''
"""Nod: the camera looks down and up."""

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, rotation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=rotation("x", amount * beat.sway))


MOVE = Move("Nod", "A nod.", "degrees", 1.0, (-5.0, 5.0), _pose)
'''

EFFECT = '''
"""Blink: the light goes down once a loop."""

import math

from pipelines.motion.effect import Effect


def _prepare(stage, amount):
    def paint(moment):
        gain = 1 - amount * math.sin(math.pi * moment.phase) ** 2
        return (moment.pixels * gain).astype("uint8")

    return paint


EFFECT = Effect("Blink", "The light goes down.", _prepare)
'''

FORMAT = '''
"""A small square for watches."""

from pipelines.encode.format import Format, Limits

FORMAT = Format("Watch", "mp4", (160, 160), 20.0, Limits(seconds=(1.0, 5.0)), "here", "2026-11-23")
'''

ADDITIONS = {
    "pipelines/still/looks/negative.py": LOOK,
    "pipelines/camera/moves/nod.py": MOVE,
    "pipelines/motion/ambient/blink.py": EFFECT,
    "pipelines/encode/formats/watch.py": FORMAT,
}


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of the program with the four files added."""
    for package in ("pipelines", "service"):
        shutil.copytree(ROOT / package, tmp_path / package)
    for name, text in ADDITIONS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(scratch: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the copy's command line."""
    return subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", *arguments],
        cwd=scratch,
        env={**os.environ, "PYTHONPATH": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_four_new_files_are_four_new_features(scratch: Path, samples: Path) -> None:
    done = run(
        scratch, "render", str(samples / "coffee.jpg"), "--look", "negative", "--camera", "nod=2",
        "--ambient", "blink", "--for", "watch", "--seconds", "1", "--out", "out", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    artifact = report["artifacts"][0]
    assert (artifact["format"], artifact["width"], artifact["height"]) == ("watch", 160, 160)
    assert (scratch / "out" / "watch.mp4").stat().st_size > 0
    assert report["recipe"]["look"]["name"] == "negative"


@pytest.mark.parametrize(
    ("command", "name"), [("looks", "negative"), ("cameras", "nod"), ("formats", "watch")]
)
def test_the_lists_know_them(scratch: Path, command: str, name: str) -> None:
    done = run(scratch, command, "--json")
    assert done.returncode == 0, done.stderr
    assert name in done.stdout
