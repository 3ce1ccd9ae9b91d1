"""Reads a Dockerfile: as much of its language as ours speaks."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
DOCKERFILE = CHECKOUT / "Dockerfile"


@dataclass(frozen=True)
class Step:
    """One instruction, e.g. ``RUN`` and what follows it, on one line."""

    word: str
    text: str

    @property
    def words(self) -> list[str]:
        """What follows, split: a JSON list, or words as a shell splits them."""
        if self.text.startswith("["):
            found: list[str] = json.loads(self.text)
            return found
        return shlex.split(self.text)

    @property
    def command(self) -> list[str]:
        """What HEALTHCHECK runs, behind its options."""
        found: list[str] = json.loads(self.text.partition("CMD ")[2])
        return found

    @property
    def pairs(self) -> dict[str, str]:
        """What follows as ``NAME=VALUE …``; a name alone has the value ``""``."""
        split = (word.partition("=") for word in self.words)
        return {name: value for name, _, value in split}


@dataclass(frozen=True)
class Stage:
    """What stands between one FROM and the next; its own FROM comes first."""

    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """As others copy from it; empty for one without."""
        _, _, name = self.steps[0].text.partition(" AS ")
        return name

    def all(self, word: str) -> list[Step]:
        """Return its instructions of one kind."""
        return [step for step in self.steps if step.word == word]

    def last(self, word: str) -> Step:
        """Return the one that counts of those that replace one another."""
        return self.all(word)[-1]


def read(path: Path) -> tuple[dict[str, str], tuple[Stage, ...]]:
    """Return the arguments above the first stage, with their defaults, and the stages."""
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    steps = [Step(*line.split(maxsplit=1)) for line in joined.splitlines() if line]
    starts = [index for index, step in enumerate(steps) if step.word == "FROM"]
    ends = [*starts[1:], len(steps)]
    stages = (Stage(tuple(steps[a:b])) for a, b in zip(starts, ends, strict=True))
    arguments = {name: value for step in steps[: starts[0]] for name, value in step.pairs.items()}
    return arguments, tuple(stages)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put arguments in where ``${NAME}`` stands for them.

    >>> filled("FROM ${BASE}", {"BASE": "debian"})
    'FROM debian'
    """
    return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], text)
