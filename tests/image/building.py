"""Follows the Dockerfile's steps in copies of a fresh Debian root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.image.dockerfile import CHECKOUT, DOCKERFILE, Stage, filled, read

ENTER = ("unshare", "--mount", "sh", "-c")
"""Mounts what follows in a namespace of its own: the mounts vanish with it."""

BUILDING = 'mount -t proc proc "$0/proc" && exec /usr/sbin/chroot "$0" "$@"'
"""$0 is the root, the rest what runs in it."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def build(base: Path, folder: Path, arguments: Mapping[str, str], more: Mapping[str, str]) -> None:
    """Make each stage's root below ``folder``; ``more`` is environment for RUN."""
    defaults, stages = read(DOCKERFILE)
    folder.mkdir(parents=True)
    for stage in stages:
        root = folder / (stage.name or "final")
        subprocess.run(["cp", "--archive", base, root], check=True)
        _follow(stage, root, folder, {**defaults, **arguments}, more)


def _follow(
    stage: Stage, root: Path, folder: Path, values: dict[str, str], more: Mapping[str, str]
) -> None:
    place = "/"
    for step in stage.steps:
        print("STEP", step.word, step.text, flush=True)  # noqa: T201
        if step.word == "ARG":
            values = {**step.pairs, **values}
        elif step.word == "WORKDIR":
            place = step.text
            (root / place[1:]).mkdir(parents=True, exist_ok=True)
        elif step.word == "COPY":
            _copy(step.words, root, place, folder)
        elif step.word == "RUN":
            command = ["sh", "-c", f"cd {place} && {filled(step.text, values)}"]
            surroundings = {"PATH": PATH, "HOME": "/root", **more, **values}
            subprocess.run([*ENTER, BUILDING, root, *command], env=surroundings, check=True)


def _copy(words: Sequence[str], root: Path, place: str, folder: Path) -> None:
    """Copy from the checkout, or from an earlier stage."""
    *sources, target = [word for word in words if not word.startswith("--")]
    stage = next((word.removeprefix("--from=") for word in words if word.startswith("--from=")), "")
    origin = folder / stage if stage else CHECKOUT
    into = root / os.path.normpath(os.path.join(place, target))[1:]  # noqa: PTH118 - in the root
    for source in (origin / source.lstrip("/") for source in sources):
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", "*.egg-info") if not stage else None
            shutil.copytree(source, into, symlinks=True, dirs_exist_ok=True, ignore=skip)
        else:
            shutil.copy2(source, into / source.name)
