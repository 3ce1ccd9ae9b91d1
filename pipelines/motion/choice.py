"""Which engine ``auto`` takes: Stable Video Diffusion where it can run well, parallax elsewhere."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from pipelines.context import Context
from pipelines.errors import MissingModel
from pipelines.models import MODELS, locate

PARALLAX = "parallax"
SVD = "svd"


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
    if not _has_weights(context):
        return Choice(PARALLAX, "no Stable Video Diffusion weights are in the model store")
    if not _has_gpu(context):
        return Choice(PARALLAX, "Stable Video Diffusion wants a GPU, and none was found")
    return Choice(SVD, "its weights and a GPU are there")


def _has_weights(context: Context) -> bool:
    for model in MODELS:
        if getattr(model, "kind", None) != SVD:
            continue
        try:
            locate(model.name, context.models_dir)
        except MissingModel:
            continue
        return True
    return False


def _has_gpu(context: Context) -> bool:
    if context.machine.device == "cpu" or find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available() or torch.backends.mps.is_available()
