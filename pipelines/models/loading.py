"""Weights of the store become networks: the only caller of ``from_pretrained`` here.

Nothing is fetched: what is not in the store is a :class:`~pipelines.errors.MissingModel`. Nothing
but safetensors is read, and no code that lies beside weights is run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipelines.errors import InvalidInput, MissingExtra
from pipelines.machine import LicencePolicy
from pipelines.models.entry import Kind, Model
from pipelines.models.libraries import diffusers_class, quietly
from pipelines.models.policy import require_licence
from pipelines.models.store import damaged, find_in_store, known_models, locate_folder
from pipelines.models.structure import (
    absent_components,
    find_flaw,
    single_weights,
    variant,
)
from pipelines.models.weights import objection

if TYPE_CHECKING:
    import torch
    from diffusers import (
        AutoencoderTiny,
        ControlNetModel,
        DiffusionPipeline,
        StableVideoDiffusionPipeline,
        UNetSpatioTemporalConditionModel,
    )

T = TypeVar("T")
Pipeline = TypeVar("Pipeline", bound="DiffusionPipeline")


def load_svd(
    name: str, models_dir: Path, *, dtype: torch.dtype, policy: LicencePolicy = "any"
) -> StableVideoDiffusionPipeline:
    """Return the Stable Video Diffusion pipeline called ``name``, on the CPU.

    A model with a base (AnimateLCM-SVD) is its base with the UNet's weights replaced; its
    scheduler is still the base's, since how it is sampled is the engine's business.

    Args:
        name: of a model of kind ``svd``.
        models_dir: the store.
        dtype: of weights and activations.
        policy: which licences may be used.

    Raises:
        UnknownName, InvalidInput: no model of that name, or of another kind.
        MissingModel: it, or its base, is not in the store.
        MissingCapability: its files are damaged, or the policy refuses its licence.
        MissingExtra: diffusers is not installed.
    """
    model, folder = open_folder(name, models_dir, "svd", policy)
    load = diffusers_class("StableVideoDiffusionPipeline").from_pretrained
    if model.base is None:
        return _pipeline(load, model, folder, dtype)
    base, base_folder = open_folder(model.base, models_dir, "svd", policy)
    unet = _replaced_unet(model, folder, base_folder, dtype)
    return _pipeline(load, base, base_folder, dtype, unet=unet)


def load_image_to_image(
    name: str,
    models_dir: Path,
    *,
    dtype: torch.dtype,
    controlnet: str | None = None,
    policy: LicencePolicy = "any",
) -> DiffusionPipeline:
    """Return the image-to-image pipeline called ``name``, on the CPU.

    Its class is the one ``AutoPipelineForImage2Image`` chooses for that family, with a ControlNet
    or without.

    Args:
        name: of a model of kind ``img2img``.
        models_dir: the store.
        dtype: of weights and activations.
        controlnet: name of a model of kind ``controlnet`` that fits it, or None.
        policy: which licences may be used.

    Raises:
        UnknownName, InvalidInput: no model of that name, or of another kind.
        MissingModel: one of them is not in the store.
        MissingCapability: files are damaged, the family knows no image-to-image, or the policy
            refuses a licence.
        MissingExtra: diffusers is not installed.
    """
    model, folder = open_folder(name, models_dir, "img2img", policy)
    parts: dict[str, object] = {}
    if controlnet is not None:
        parts["controlnet"] = load_controlnet(controlnet, models_dir, dtype=dtype, policy=policy)
    load = diffusers_class("AutoPipelineForImage2Image").from_pretrained
    return _pipeline(load, model, folder, dtype, **parts)


def load_controlnet(
    name: str, models_dir: Path, *, dtype: torch.dtype, policy: LicencePolicy = "any"
) -> ControlNetModel:
    """Return the ControlNet called ``name``; errors as :func:`load_svd`."""
    model, folder = open_folder(name, models_dir, "controlnet", policy)
    return _pretrained(diffusers_class("ControlNetModel").from_pretrained, model, folder, dtype)


def load_preview_vae(
    name: str, models_dir: Path, *, dtype: torch.dtype, policy: LicencePolicy = "any"
) -> AutoencoderTiny:
    """Return the tiny decoder for latent previews called ``name``; errors as :func:`load_svd`."""
    model, folder = open_folder(name, models_dir, "preview-vae", policy)
    return _pretrained(diffusers_class("AutoencoderTiny").from_pretrained, model, folder, dtype)


def open_folder(
    name: str, models_dir: Path, kind: Kind, policy: LicencePolicy
) -> tuple[Model, Path]:
    """Return a model of the store and its folder, looked over and allowed.

    Raises:
        UnknownName, InvalidInput: no model of that name, or of another kind.
        MissingModel: not in the store.
        MissingCapability: its files are damaged, or ``policy`` refuses its licence.
    """
    model = require_licence(find_in_store(name, models_dir, kind), policy)
    if model.kind != kind:
        fitting = [other.name for other in known_models(models_dir) if other.kind == kind]
        raise InvalidInput(
            f"the model {name!r} is of kind {model.kind!r}, where {kind!r} is needed",
            actual=name,
            allowed=", ".join(fitting),
            fix="choose one of these",
        )
    folder = locate_folder(name, models_dir)
    problems = (objection(path) for path in sorted(folder.rglob("*.safetensors")))
    flaw = next(filter(None, problems), None) or find_flaw(
        folder, kind, part_of_base=model.base is not None
    )
    if flaw is not None:
        raise damaged(model, flaw)
    return model, folder


def _pipeline(
    load: Callable[..., Pipeline], model: Model, folder: Path, dtype: torch.dtype, **parts: object
) -> Pipeline:
    """Load a whole pipeline; ``parts`` stand in for components of the folder."""
    absent = absent_components(folder)
    parts |= dict.fromkeys(absent)
    if "safety_checker" in absent:
        parts["requires_safety_checker"] = False
    pipeline = _pretrained(load, model, folder, dtype, **parts)
    pipeline.set_progress_bar_config(disable=True)  # progress is the engine's to tell
    return pipeline


def _pretrained(
    load: Callable[..., T], model: Model, folder: Path, dtype: torch.dtype, **parts: object
) -> T:
    """Load from a folder that was looked over; whatever the library says is damage."""
    try:
        with quietly():
            return load(
                folder,
                dtype=dtype,
                variant=variant(folder),
                use_safetensors=True,
                local_files_only=True,
                **parts,
            )
    except ImportError as error:
        raise MissingExtra(f"the model {model.name!r}", "diffusion") from error
    except (OSError, ValueError, RuntimeError, LookupError, TypeError, AttributeError) as error:
        raise damaged(model, f"{folder} cannot be loaded ({_first_line(error)})") from error


def _replaced_unet(
    model: Model, folder: Path, base: Path, dtype: torch.dtype
) -> UNetSpatioTemporalConditionModel:
    """Return the UNet that ``base`` describes, with the weights of ``folder``."""
    import torch
    from safetensors.torch import load_file

    unet_class = diffusers_class("UNetSpatioTemporalConditionModel")
    with torch.device("meta"):
        unet = unet_class.from_config(unet_class.load_config(base / "unet"))
    weights = single_weights(folder)
    assert weights is not None, folder  # open_folder looked
    tensors = {name: tensor.to(dtype) for name, tensor in load_file(weights).items()}
    try:
        unet.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise damaged(model, f"{weights} does not fit {base / 'unet'}") from error
    return unet.eval()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
