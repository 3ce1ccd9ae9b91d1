"""Which weights a request takes, by name: the model, and what is added to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.context import Context
from pipelines.errors import MissingCapability, MissingModel
from pipelines.models import (
    MODELS,
    Kind,
    choose_default,
    find_in_store,
    locate_folder,
    whole_models,
)
from pipelines.models.structure import adapter_weights
from pipelines.still.engine import Guidance

SD15_WIDTH = 768
"""Width of what SD 1.5 is told in words: the table's ControlNets and IP-Adapter are made for it."""

STABLE_DIFFUSION = ("StableDiffusionPipeline", "StableDiffusionXLPipeline")
"""Families whose image-to-image takes a ControlNet."""


@dataclass(frozen=True)
class Weights:
    """The names of everything that is loaded for one request.

    Attributes:
        model: of kind ``img2img``.
        controlnet: that holds the still's structure; None for none.
        adapter: an IP-Adapter, that reads a reference picture; None for none.
        loras: LoRAs, in the order given.
    """

    model: str
    controlnet: str | None = None
    adapter: str | None = None
    loras: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        added = (self.controlnet, self.adapter)
        return (self.model, *self.loras, *(name for name in added if name is not None))


def choose_weights(guidance: Guidance, context: Context) -> Weights:
    """Return what ``guidance`` asks for; where it names none, what the store holds and fits.

    Raises:
        UnknownName: no model of that name.
        MissingModel: not in the store; says what to run.
        MissingCapability: nothing is known that fits the model, or its licence is refused.
    """
    model = _default_model(context) if guidance.model is None else _named(guidance.model, context)
    controlnet = adapter = None
    if guidance.structure != "none":
        controlnet = _find_controlnet(guidance.structure, model, context)
    if guidance.reference is not None:
        adapter = _find_adapter(model, context)
    named = (find_in_store(name, context.models_dir, "lora").name for name, _ in guidance.loras)
    loras = tuple(dict.fromkeys(named))
    return Weights(model, controlnet, adapter, loras)


def _named(name: str, context: Context) -> str:
    return find_in_store(name, context.models_dir, "img2img").name


def _default_model(context: Context) -> str:
    """Return the first model that is here and allowed; the table's come before a person's own."""
    advised = next(model.name for model in MODELS if model.kind == "img2img")
    policy = context.machine.licence_policy
    chosen = choose_default("img2img", context.models_dir, policy, preferred=(), advised=advised)
    return chosen.name


def _find_controlnet(structure: str, name: str, context: Context) -> str:
    """Return a ControlNet with that word in its name that was made for this family."""
    base = _require_unet(name, structure, context)

    def fits(folder: Path) -> bool:
        config = _read(folder / "config.json")
        keys = ("cross_attention_dim", "block_out_channels")
        return all(config.get(key) == base.get(key) for key in keys)

    return _find("controlnet", name, context, fits, base, word=structure)


def _find_adapter(name: str, context: Context) -> str:
    """Return an IP-Adapter that was made for this family."""
    base = _require_unet(name, "reference", context)

    def fits(folder: Path) -> bool:
        weights = adapter_weights(folder)
        return weights is not None and _adapter_width(weights) == base["cross_attention_dim"]

    return _find("ip-adapter", name, context, fits, base)


def _find(
    kind: Kind,
    name: str,
    context: Context,
    fits: Callable[[Path], bool],
    base: dict[str, Any],
    word: str = "",
) -> str:
    for model in whole_models(kind, context.models_dir):
        if word in model.name and fits(locate_folder(model.name, context.models_dir)):
            return model.name
    for model in MODELS:
        if model.kind == kind and word in model.name and base["cross_attention_dim"] == SD15_WIDTH:
            raise MissingModel(model.name)
    called = f"{word} in its NAME and " if word else ""
    raise MissingCapability(
        f"no {kind} that fits {name!r} is in the model store, and the table knows none",
        actual=name,
        fix=f"bring your own, with {called}trained for this family: "
        f"stillwave models add NAME --from DIR --kind {kind}",
    )


def _require_unet(name: str, wanted: str, context: Context) -> dict[str, Any]:
    """Return the configuration of the model's UNet, to which the additions have to fit."""
    find_in_store(name, context.models_dir)
    folder = locate_folder(name, context.models_dir)
    family = str(_read(folder / "model_index.json").get("_class_name", ""))
    unet = _read(folder / "unet" / "config.json")
    known = family.replace("Img2Img", "") in STABLE_DIFFUSION
    if "cross_attention_dim" in unet and (known or wanted == "reference"):
        return unet
    raise MissingCapability(
        f"the model {name!r}, a {family or 'pipeline'}, takes no {wanted}",
        actual=name,
        allowed="models of the SD 1.5 and SDXL families",
        fix=f"choose another model, or leave {wanted} out",
    )


def _adapter_width(weights: Path) -> int:
    """Return the width of the words that an IP-Adapter stands beside."""
    from safetensors import safe_open

    with safe_open(weights, framework="np") as tensors:
        every = tensors.keys()  # no mapping: it cannot be iterated itself
        names = (name for name in every if name.endswith("to_k_ip.weight"))
        return next((int(tensors.get_slice(name).get_shape()[1]) for name in names), 0)


def _read(path: Path) -> dict[str, Any]:
    """Return a configuration; an empty one where there is none, which the loader will refuse."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
