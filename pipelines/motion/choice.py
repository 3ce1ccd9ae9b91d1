"""Which engine ``auto`` takes: Stable Video Diffusion where it can run well, parallax elsewhere."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from pipelines.context import Context
from pipelines.machine import Device
from pipelines.models import Kind, is_allowed, whole_models

PARALLAX = "parallax"
SVD: Kind = "svd"

LIBRARIES = ("torch", "diffusers", "transformers", "accelerate")
"""What the optional part ``diffusion`` brings and SVD runs on."""


class Choice(NamedTuple):
    """An engine's name, and one clause why."""

    engine: str
    reason: str


def choose_engine(context: Context, *, draft: bool) -> Choice:
    """Take SVD for a final when its weights and a GPU are there, else parallax.

    Torch is imported only when weights are there, so that a machine without them loses no time.
    """
    if draft:
        return Choice(PARALLAX, "a draft is rendered on the CPU")
    lack = _lack(context)
    if lack is not None:
        return Choice(PARALLAX, lack)
    return Choice(SVD, "its weights and a GPU are there")


def _lack(context: Context) -> str | None:
    """Say what Stable Video Diffusion lacks here; None when it lacks nothing."""
    models = whole_models(SVD, context.models_dir)
    if not models:
        return "no Stable Video Diffusion weights are in the model store"
    if not any(is_allowed(model, context.machine.licence_policy) for model in models):
        return "the licence policy refuses the Stable Video Diffusion weights in the model store"
    if any(find_spec(name) is None for name in LIBRARIES):
        return "Stable Video Diffusion needs the optional part 'diffusion', which is not installed"
    if not _has_gpu(context.machine.device):
        return "Stable Video Diffusion wants a GPU, and none was found or allowed"
    return None


def _has_gpu(device: Device) -> bool:
    if device == "cpu":
        return False
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()
