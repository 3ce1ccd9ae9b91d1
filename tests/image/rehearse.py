"""Follows the Dockerfile without a container engine, in fresh Debian roots; needs to be root.

    debootstrap --variant=minbase bookworm /srv/base
    python -m tests.image.rehearse build /srv/base /srv/image
    python -m tests.image.rehearse render /srv/image /srv/volume
    python -m tests.image.rehearse fleet /srv/image /srv/fleet
    python -m tests.image.rehearse run /srv/image /srv/volume -- doctor

``build`` runs every RUN in a copy of the base and copies what COPY names; the result is
``/srv/image/final``. ``run`` starts a command, or the image's own, with the final root mounted
read-only, /tmp in memory, the volume alone writable, as the image's user; mounts live in a
namespace of their own and vanish with it. ``render`` does in it all that a container is for, and
stops at the first thing that goes wrong; it takes the port of EXPOSE. ``fleet`` starts our services
of compose.yaml with their commands and variables, beside a Postgres server and a double of S3.
There is no isolation of network, processes or memory: this tests the steps.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from tests.image.building import build
from tests.image.fleet import muster
from tests.image.journey import travel
from tests.image.running import Container


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="tests.image.rehearse",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["build", "fleet", "render", "run"])
    parser.add_argument("first", type=Path, help="base root, or folder of the image")
    parser.add_argument("second", type=Path, help="folder of the image, or volume")
    parser.add_argument("command", nargs="*")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args()
    first, second = given.first.resolve(), given.second.resolve()
    if given.what == "build":
        build(first, second, _pairs(given.build_arg), _pairs(given.env))
        return
    if given.what == "fleet":
        muster(first, second)
        return
    container = Container(first, second, _pairs(given.env))
    if given.what == "render":
        travel(container)
        return
    words = container.started(given.command)
    os.execvpe(words[0], words, container.environment)


def _pairs(given: Sequence[str]) -> dict[str, str]:
    return {name: value for name, _, value in (pair.partition("=") for pair in given)}


if __name__ == "__main__":
    main()
