"""Runs what was built as a container would: root read-only, the image's user, one volume."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.image.building import ENTER
from tests.image.dockerfile import DOCKERFILE, Stage, read

RUNNING = """
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" \\
&& mount -t proc proc "$0/proc" \\
&& mount -t tmpfs tmpfs "$0/tmp" && mount -t tmpfs tmpfs "$0/dev/shm" \\
&& mount --bind "$1" "$0$2" && shift 2 && exec /usr/sbin/chroot "$@"
"""
"""$0 is the root, $1 the volume, $2 where it goes; the rest is chroot's."""


@dataclass(frozen=True)
class Container:
    """Where commands run.

    Attributes:
        image: folder that `building.build` made.
        volume: folder that lies where the image has its volume.
        more: environment beside the image's own.
    """

    image: Path
    volume: Path
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def final(self) -> Stage:
        """The stage that is the image."""
        return read(DOCKERFILE)[1][-1]

    @property
    def home(self) -> str:
        """The volume's place inside."""
        return self.final.last("VOLUME").words[0]

    @property
    def environment(self) -> dict[str, str]:
        """What a process inside finds, and nothing of this machine's."""
        pairs = [step.pairs for step in self.final.all("ENV")]
        return {name: value for step in pairs for name, value in step.items()} | {**self.more}

    def started(self, command: Sequence[str] = ()) -> list[str]:
        """Return the words that start the image with a command; an empty one is its own."""
        entry = self.final.last("ENTRYPOINT").words
        return self.executed([*entry, *(command or self.final.last("CMD").words)])

    def checked(self) -> list[str]:
        """Return the words that do what HEALTHCHECK says."""
        return self.executed(self.final.last("HEALTHCHECK").command)

    def executed(self, words: Sequence[str]) -> list[str]:
        """Return the words that run any program inside."""
        final, root = self.final, str(self.image / "final")
        user = final.last("USER").text
        self.volume.mkdir(parents=True, exist_ok=True)
        os.chown(self.volume, int(user), int(user))
        inside = ["sh", "-c", f"cd {final.last('WORKDIR').text} && exec {shlex.join(words)}"]
        chroot = [f"--userspec={user}:{user}", "--groups=", root, *inside]
        return [*ENTER, RUNNING, root, str(self.volume), self.home, *chroot]
