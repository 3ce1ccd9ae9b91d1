"""One file a look; each declares ``LOOK``. A new look is a new file here and nothing else."""

from __future__ import annotations

from pipelines.registry import Registry
from pipelines.still.look import Look

LOOKS: Registry[Look] = Registry("pipelines.still.looks", "LOOK", "look")
