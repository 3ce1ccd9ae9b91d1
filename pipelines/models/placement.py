"""Putting a pipeline where a plan says, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.models.libraries import without_empty_remark
from pipelines.models.needs import denoiser_blocks, find_denoiser, networks
from pipelines.models.plan import Plan

if TYPE_CHECKING:
    import torch
    from diffusers import DiffusionPipeline, ModelMixin

GROUP_HOOKS = (
    "layer_execution_tracker",
    "lazy_prefetch_group_offloading",
    "group_offloading",
)
"""Names under which diffusers hangs what group offloading does on a network."""


def place(pipeline: DiffusionPipeline, plan: Plan) -> None:
    """Put ``pipeline``, wherever it is now, in place for ``plan``.

    Its weights must be of the plan's precision already: loading them so is cheaper than casting.

    - ``full``: everything on the device;
    - ``model-offload``: one network at a time (accelerate's hooks);
    - ``group-offload``: one block of the denoiser at a time and the next on its way, and one layer
      at a time of the others, which are called by other names than ``forward`` (diffusers' hooks);
    - ``sequential-offload``: one layer at a time (accelerate's hooks).
    """
    import torch

    withdraw(pipeline)
    _restore(pipeline, plan.dtype)
    if plan.channels_last:
        _lay_out(pipeline, torch.channels_last)
    if plan.memory == "model-offload":
        pipeline.enable_model_cpu_offload(device=plan.device)
    elif plan.memory == "group-offload":
        for name, options in group_options(pipeline, plan.device).items():
            _offload_groups(pipeline.components[name], options)
    elif plan.memory == "sequential-offload":
        _offload_layers(pipeline, plan.device)
    else:
        pipeline.to(plan.device, silence_dtype_warnings=True)  # the plan has its own sentence
    if plan.compile:
        _compile(pipeline)


def withdraw(pipeline: DiffusionPipeline) -> None:
    """Undo :func:`place`: no hooks, nothing compiled, everything in the processor's memory."""
    import torch

    for network in networks(pipeline).values():
        _remove_group_hooks(network)
    pipeline.remove_all_hooks()
    for block in compiled_parts(pipeline):
        block._compiled_call_impl = None
    pipeline.to("cpu", silence_dtype_warnings=True)
    _lay_out(pipeline, torch.contiguous_format)
    empty_caches()


def _restore(pipeline: DiffusionPipeline, dtype: torch.dtype) -> None:
    """Cast the autoencoder back: pipelines encode in float32, and memory may run out within."""
    if pipeline.vae.dtype != dtype:
        with without_empty_remark():
            pipeline.vae.to(dtype)


def empty_caches() -> None:
    """Give memory that nothing holds any more back to the devices."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def group_options(pipeline: DiffusionPipeline, device: str) -> dict[str, dict[str, Any]]:
    """Return what each component's group offloading is told, by the component's name.

    A stream, which brings the next block while one computes, is used for the denoiser only: it
    restores weights as they were, and the pipeline casts its decoder to float32 and back.
    """
    denoiser = find_denoiser(pipeline)
    blocks = {"offload_type": "block_level", "num_blocks_per_group": 1}
    blocks["use_stream"] = device == "cuda"
    leaves = {"offload_type": "leaf_level"}
    return {
        name: {"onload_device": device, **(blocks if network is denoiser else leaves)}
        for name, network in networks(pipeline).items()
    }


def compiled_parts(pipeline: DiffusionPipeline) -> list[torch.nn.Module]:
    """Return the parts of the denoiser that are compiled: its blocks and what lies between."""
    denoiser = find_denoiser(pipeline)
    middle = getattr(denoiser, "mid_block", None)
    return [*denoiser_blocks(denoiser), *([] if middle is None else [middle])]


def _remove_group_hooks(network: ModelMixin) -> None:
    for module in network.modules():
        for name in GROUP_HOOKS if hasattr(module, "_diffusers_hook") else ():
            module._diffusers_hook.remove_hook(name, recurse=False)


def _offload_groups(network: ModelMixin, options: dict[str, Any]) -> None:
    from diffusers.hooks import apply_group_offloading

    apply_group_offloading(network, **options)


def _offload_layers(pipeline: DiffusionPipeline, device: str) -> None:
    """Do what ``enable_sequential_cpu_offload`` does, which numbers its device: no CPU has that."""
    import torch
    from accelerate import cpu_offload  # type: ignore[import-untyped]

    for name, network in networks(pipeline).items():
        if name in pipeline._exclude_from_cpu_offload:
            network.to(device)
        else:
            cpu_offload(network, torch.device(device), offload_buffers=bool(network._parameters))


def _lay_out(pipeline: DiffusionPipeline, order: torch.memory_format) -> None:
    """Lay out two-dimensional convolutions; those over time have a rank that does not know it."""
    import torch

    for network in networks(pipeline).values():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.weight.data = module.weight.data.contiguous(memory_format=order)


def _compile(pipeline: DiffusionPipeline) -> None:
    """Compile block by block: quicker to start than the whole, and blocks may still be skipped.

    All blocks are called through one function of torch's, so the limit of variants of one function
    must allow a few for each block.
    """
    import torch

    parts = compiled_parts(pipeline)
    variants = 4 * len(parts)
    torch._dynamo.config.recompile_limit = max(torch._dynamo.config.recompile_limit, variants)
    for part in parts:
        part.compile()
