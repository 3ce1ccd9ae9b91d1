"""What a folder of weights must hold before anything is loaded from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.models.entry import Kind

INDEX = "model_index.json"
"""A pipeline's list of components: name → [library, class]."""

CONFIG = "config.json"
"""A network's configuration; beside it lie its weights."""

PIPELINES: frozenset[Kind] = frozenset({"img2img", "svd"})
"""Kinds that are whole pipelines; the others are single networks or additions to one."""

SVD_CLASS = "StableVideoDiffusionPipeline"

OPTIONAL = frozenset(
    {"safety_checker", "feature_extractor", "image_encoder", "text_encoder_3", "tokenizer_3"}
)
"""Components an image pipeline works without."""

LIBRARIES = frozenset({"diffusers", "transformers", "stable_diffusion"})
"""Where components' classes may come from; anything else would be the folder's own code."""

WITHOUT_WEIGHTS = ("Scheduler", "Tokenizer", "Processor", "FeatureExtractor")
"""Words in the names of classes that are made of a configuration or a vocabulary alone."""

ENCODER = "image_encoder"
"""Where an IP-Adapter keeps the network that reads its reference picture."""


def find_flaw(folder: Path, kind: Kind, *, part_of_base: bool = False) -> str | None:
    """Say in a clause what is missing from ``folder``; None when it looks whole.

    Args:
        folder: of weights.
        kind: how it is going to be loaded.
        part_of_base: whether it only replaces a part of another model.
    """
    if part_of_base or kind == "lora":
        return None if single_weights(folder) else f"{folder} does not hold one safetensors file"
    if kind == "ip-adapter":
        return next(_adapter_flaws(folder), None)
    if kind in PIPELINES:
        return next(_pipeline_flaws(folder, kind), None)
    return next(_network_flaws(folder), None)


def single_weights(folder: Path) -> Path | None:
    """Return the one safetensors file directly in ``folder``, or None when it is not one."""
    files = sorted(folder.glob("*.safetensors"))
    return files[0] if len(files) == 1 else None


def absent_components(folder: Path) -> tuple[str, ...]:
    """Name the optional components that the index lists, be it as null, and the folder lacks."""
    listed = OPTIONAL & set(_read(folder / INDEX))
    return tuple(name for name in sorted(listed) if not (folder / name).is_dir())


def variant(folder: Path) -> str | None:
    """Return ``"fp16"`` when the folder holds weights of that variant, else None."""
    return "fp16" if any(folder.rglob("*.fp16*.safetensors")) else None


def _pipeline_flaws(folder: Path, kind: Kind) -> Iterator[str]:
    listed = _components(folder)
    if listed is None:
        yield f"{folder} has no readable {INDEX}"
        return
    name = _read(folder / INDEX).get("_class_name")
    if kind == "svd" and name != SVD_CLASS:
        yield f"{folder} is a {name}, not a {SVD_CLASS}"
    if kind == "img2img" and name == SVD_CLASS:
        yield f"{folder} is a {name}, which makes clips and no stills"
    for component, (library, kind_of_class) in listed.items():
        part = folder / component
        if library not in LIBRARIES:
            yield f"{folder} wants the class of {component} from {library!r}, which is not trusted"
        elif part.is_dir():
            yield from _network_flaws(part) if _is_network(kind_of_class) else _words_flaws(part)
        elif kind == "svd" or component not in OPTIONAL:
            yield f"{part} is missing"


def _is_network(class_name: str) -> bool:
    return not any(word in class_name for word in WITHOUT_WEIGHTS)


def _words_flaws(folder: Path) -> Iterator[str]:
    if not any(folder.glob("*.json")):
        yield f"{folder} is empty"


def _network_flaws(folder: Path) -> Iterator[str]:
    if not (folder / CONFIG).is_file():
        yield f"{folder / CONFIG} is missing"
    weights = {path.name for path in folder.glob("*.safetensors")}
    if not weights:
        yield f"{folder} holds no safetensors"
    for index in folder.glob("*.safetensors.index*.json"):
        shards = set(_read(index).get("weight_map", {}).values())
        yield from (f"{folder / shard} is missing" for shard in sorted(shards - weights))


def _adapter_flaws(folder: Path) -> Iterator[str]:
    if adapter_weights(folder) is None:
        yield f"{folder} does not hold one IP-Adapter safetensors file"
    encoders = [path for path in folder.rglob(ENCODER) if path.is_dir()]
    if not encoders:
        yield f"{folder} has no {ENCODER}"
    for encoder in encoders:
        yield from _network_flaws(encoder)


def adapter_weights(folder: Path) -> Path | None:
    """Return an IP-Adapter's own weights: the one safetensors file outside its encoder."""
    files = [path for path in sorted(folder.rglob("*.safetensors")) if path.parent.name != ENCODER]
    return files[0] if len(files) == 1 else None


def _components(folder: Path) -> Mapping[str, tuple[str, str]] | None:
    """Return each component's library and class; None when there is no readable index."""
    index = _read(folder / INDEX)
    if "_class_name" not in index:
        return None
    return {
        name: (str(value[0]), str(value[1]))
        for name, value in index.items()
        if isinstance(value, list) and len(value) == 2 and value[0] is not None
    }


def _read(path: Path) -> dict[str, Any]:
    """Return a JSON object; an empty one when the file holds none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
