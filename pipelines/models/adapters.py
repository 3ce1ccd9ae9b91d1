"""What is added to a pipeline that is already loaded: LoRAs and reference pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

from pipelines.errors import InvalidInput
from pipelines.machine import LicencePolicy
from pipelines.models.entry import Model
from pipelines.models.libraries import quietly
from pipelines.models.loading import open_folder
from pipelines.models.structure import ENCODER, adapter_weights, single_weights

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline, StableDiffusionImg2ImgPipeline

_SCALES: WeakKeyDictionary[DiffusionPipeline, dict[str, float]] = WeakKeyDictionary()
"""The LoRAs of each live pipeline and their scales: all are set at once, and nothing tells them."""


def add_lora(
    pipeline: DiffusionPipeline,
    name: str,
    models_dir: Path,
    scale: float,
    *,
    policy: LicencePolicy = "any",
) -> None:
    """Add the LoRA called ``name`` to ``pipeline``, at ``scale``, beside those it has already.

    Raises:
        InvalidInput: the LoRA was made for another family.
        others: as :func:`load_svd`.
    """
    model, folder = open_folder(name, models_dir, "lora", policy)
    weights = single_weights(folder)
    assert weights is not None, folder  # open_folder looked
    adapter = name.replace(".", "_")  # a dot would be a path inside the network
    host, scales = (
        cast("StableDiffusionImg2ImgPipeline", pipeline),
        _SCALES.setdefault(pipeline, {}),
    )
    with _fitting(model, pipeline):
        if adapter not in scales:
            host.load_lora_weights(
                str(folder), weight_name=weights.name, adapter_name=adapter, local_files_only=True
            )
            if not any(adapter in names for names in host.get_list_adapters().values()):
                raise ValueError("not one of its layers is named in these weights")
        wanted = scales | {adapter: scale}
        host.set_adapters(list(wanted), list(wanted.values()))
    scales[adapter] = scale


def add_ip_adapter(
    pipeline: DiffusionPipeline,
    name: str,
    models_dir: Path,
    scale: float,
    *,
    policy: LicencePolicy = "any",
) -> None:
    """Let ``pipeline`` take a reference picture through the IP-Adapter called ``name``.

    Raises:
        InvalidInput: the adapter was made for another family.
        others: as :func:`load_svd`.
    """
    model, folder = open_folder(name, models_dir, "ip-adapter", policy)
    weights = adapter_weights(folder)
    assert weights is not None, folder  # open_folder looked
    host = cast("StableDiffusionImg2ImgPipeline", pipeline)
    with _fitting(model, pipeline):
        host.load_ip_adapter(
            str(folder),
            subfolder=str(weights.parent.relative_to(folder)),
            weight_name=weights.name,
            image_encoder_folder=ENCODER,
            local_files_only=True,
        )
        host.set_ip_adapter_scale(scale)


@contextmanager
def _fitting(model: Model, pipeline: DiffusionPipeline) -> Iterator[None]:
    """Turn a library's complaint about shapes or methods into a sentence."""
    try:
        with quietly():
            yield
    except (ValueError, RuntimeError, LookupError, AttributeError, TypeError) as error:
        raise InvalidInput(
            f"{model.name!r} does not fit a {type(pipeline).__name__}",
            actual=model.name,
            allowed="weights made for the same family of models",
            fix="see stillwave models list",
        ) from error
