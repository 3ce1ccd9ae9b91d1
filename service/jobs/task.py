"""What a worker asks of its child: the stages of a job, and one of them with what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STILL, ANIMATE, ENCODE, REPORTING, DRAFTS = "still", "animate", "encode", "report", "drafts"

Outcome = dict[str, Any]
"""``kept``: the frozen result's key and size, or None; ``told``: a small result itself, or None;
``files``: name, sha256, size and media type of each; ``timings``: seconds by stage. Plain JSON."""


def stages_of(kind: str, formats: int) -> list[str]:
    """Name a job's stages in their order: ``still animate:0 encode:0 … report``."""
    if kind == "exploration":
        return [DRAFTS]
    each = [f"{stage}:{index}" for index in range(formats) for stage in (ANIMATE, ENCODE)]
    return [STILL, *each, REPORTING]


@dataclass(frozen=True)
class Task:
    """One stage of one job.

    Attributes:
        past: outcomes of the stages before it.
    """

    render_id: str
    stage: str
    recipe: Mapping[str, Any]
    options: Mapping[str, Any]
    source_id: str
    past: Mapping[str, Outcome]
