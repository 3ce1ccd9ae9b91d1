"""Follows the Dockerfile without a container engine, in fresh Debian roots; needs to be root.

    debootstrap --variant=minbase bookworm /srv/base
    python -m tests.image.rehearse build /srv/base /srv/image
    python -m tests.image.rehearse run /srv/image /srv/volume

``build`` runs every RUN in a copy of the base and copies what COPY names; the result is
``/srv/image/final``. ``run`` starts the command with the final root mounted read-only, /tmp in
memory, the volume alone writable, as the image's user. Mounts live in a namespace of their own and
vanish with it. There is no isolation of network, processes or memory: this tests the steps.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from tests.image.dockerfile import Stage, filled, read

CHECKOUT = Path(__file__).parents[2]
DOCKERFILE = CHECKOUT / "Dockerfile"

ENTER = ("unshare", "--mount", "sh", "-c")

BUILDING = 'mount -t proc proc "$0/proc" && exec /usr/sbin/chroot "$0" "$@"'
"""$0 is the root, the rest what runs in it."""

RUNNING = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" \\
&& mount -t proc proc "$0/proc" \\
&& mount -t tmpfs tmpfs "$0/tmp" && mount -t tmpfs tmpfs "$0/dev/shm" \\
&& mount --bind "$1" "$0$2" && shift 2 && exec /usr/sbin/chroot "$@"
"""
"""$0 is the root, $1 the volume, $2 where it goes; the rest is chroot's."""

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


def run(image: Path, volume: Path, command: Sequence[str], more: Mapping[str, str]) -> NoReturn:
    """Become what a container of the image runs; an empty ``command`` is the image's own."""
    _, stages = read(DOCKERFILE)
    final, root = stages[-1], image / "final"
    environment = {name: value for step in final.all("ENV") for name, value in step.pairs.items()}
    user, home = final.last("USER").text, final.last("VOLUME").words[0]
    volume.mkdir(parents=True, exist_ok=True)
    os.chown(volume, int(user), int(user))
    asked = [*final.last("ENTRYPOINT").words, *(command or final.last("CMD").words)]
    inside = ["sh", "-c", f"cd {final.last('WORKDIR').text} && exec {shlex.join(asked)}"]
    chroot = [f"--userspec={user}:{user}", "--groups=", str(root), *inside]
    words = [*ENTER, RUNNING, str(root), str(volume), home, *chroot]
    os.execvpe(words[0], words, {**environment, **more})


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="tests.image.rehearse", description=__doc__)
    parser.add_argument("what", choices=["build", "run"])
    parser.add_argument("first", type=Path, help="base root, or folder of the image")
    parser.add_argument("second", type=Path, help="folder of the image, or volume")
    parser.add_argument("command", nargs="*")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    more = dict(pair.split("=", 1) for pair in given.env)
    if given.what == "build":
        arguments = dict(pair.split("=", 1) for pair in given.build_arg)
        build(given.first.resolve(), given.second.resolve(), arguments, more)
    else:
        run(given.first.resolve(), given.second.resolve(), given.command, more)


if __name__ == "__main__":
    main()
