"""How much memory a diffusion pipeline takes on its device, reckoned before it runs.

Counted in numbers, not bytes: the precision decides how many bytes a number has. Parameters are
counted on the pipeline itself. What is alive while it computes follows two laws, counted on the
full-size Stable Video Diffusion (576×1024; 14 and 25 frames) by following every tensor of one step:

- a denoising step keeps 28 × its first width, per latent pixel, frame and pass;
- decoding keeps 8 × the decoder's last width, per picture pixel of the frames decoded at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.machine import MemoryMode

if TYPE_CHECKING:
    import torch
    from diffusers import DiffusionPipeline, ModelMixin

DENOISING = 28
DECODING = 8


@dataclass(frozen=True)
class MemoryNeeds:
    """Numbers that one run holds on its device, and the run they are for.

    Attributes:
        parameters: of all networks together.
        largest_network: parameters of the largest one.
        largest_group: parameters that group offloading keeps at once: what stands outside the
            denoiser's blocks, one block, and the next one on its way.
        denoising: alive in one denoising step, parameters aside.
        decoding: alive for each frame that is decoded at once, parameters aside.
        width, height: of the run's pictures, in pixels.
        num_frames: pictures made in one run.
        decode_chunk_size: pictures decoded at once; of variations, pictures drawn at once.
        variations: whether the pictures have nothing to do with one another: then fewer can be
            drawn at once, and each is decoded by itself.
    """

    parameters: int
    largest_network: int
    largest_group: int
    denoising: int
    decoding: int
    width: int
    height: int
    num_frames: int
    decode_chunk_size: int
    variations: bool = False

    def resident(self, memory: MemoryMode) -> int:
        """Return the parameters that a memory mode keeps on the device at once."""
        kept = {
            "full": self.parameters,
            "model-offload": self.largest_network,
            "group-offload": self.largest_group,
        }
        return kept.get(memory, 0)

    def peak(self, memory: MemoryMode, decode_chunk_size: int | None = None) -> int:
        """Return the most numbers held at once, with that many pictures decoded together."""
        return self.resident(memory) + self.alive(decode_chunk_size or self.decode_chunk_size)

    def alive(self, decode_chunk_size: int) -> int:
        """Return the numbers held beside the parameters, with that many pictures at once."""
        if self.variations:
            return max(decode_chunk_size * self.denoising // self.num_frames, self.decoding)
        return max(self.denoising, decode_chunk_size * self.decoding)

    def at_once(self, room: int) -> int:
        """Return how many pictures decoded, or variations drawn, at once hold ``room`` numbers."""
        each = self.denoising // self.num_frames if self.variations else self.decoding
        return room // each


def measure_needs(
    pipeline: DiffusionPipeline,
    *,
    width: int,
    height: int,
    num_frames: int = 1,
    decode_chunk_size: int | None = None,
    guided: bool = True,
    variations: bool = False,
) -> MemoryNeeds:
    """Return what one run of ``pipeline`` will hold.

    Args:
        pipeline: its networks are only looked at.
        width, height: of the pictures it will make, in pixels.
        num_frames: pictures made in one run: frames of a clip, or variations of a still.
        decode_chunk_size: pictures decoded at once; None is all of them.
        guided: whether each step runs with and without the condition.
        variations: whether the pictures have nothing to do with one another.
    """
    sizes = [_size(network) for network in networks(pipeline).values()]
    denoiser = find_denoiser(pipeline)
    pixels = width * height
    latents = pixels // pipeline.vae_scale_factor**2
    passes = 2 if guided else 1
    return MemoryNeeds(
        parameters=sum(sizes),
        largest_network=max(sizes),
        largest_group=_largest_group(denoiser),
        denoising=DENOISING * _first_width(denoiser) * latents * num_frames * passes,
        decoding=DECODING * _last_width(pipeline.vae) * pixels,
        width=width,
        height=height,
        num_frames=num_frames,
        decode_chunk_size=min(decode_chunk_size or num_frames, num_frames),
        variations=variations,
    )


def networks(pipeline: DiffusionPipeline) -> dict[str, ModelMixin]:
    """Return the pipeline's components that have weights, by name."""
    import torch

    parts = pipeline.components.items()
    return {name: part for name, part in parts if isinstance(part, torch.nn.Module)}


def find_denoiser(pipeline: DiffusionPipeline) -> ModelMixin:
    """Return the network that runs at every step: a UNet or a transformer."""
    components = pipeline.components
    return components["unet"] if "unet" in components else components["transformer"]


def denoiser_blocks(denoiser: ModelMixin) -> list[torch.nn.Module]:
    """Return the large parts of a denoiser that run one after another."""
    import torch

    lists = [child for child in denoiser.children() if isinstance(child, torch.nn.ModuleList)]
    return [block for each in lists for block in each]


def _largest_group(denoiser: ModelMixin) -> int:
    blocks = [_size(block) for block in denoiser_blocks(denoiser)]
    return _size(denoiser) - sum(blocks) + 2 * max(blocks)


def _first_width(denoiser: ModelMixin) -> int:
    """Return channels per latent pixel where the denoiser is widest in space."""
    config = denoiser.config
    if "block_out_channels" in config:
        return int(config.block_out_channels[0])
    if "dim" in config:  # Z-Image
        return int(config.dim // config.all_patch_size[0] ** 2)
    inner = config.num_attention_heads * config.attention_head_dim
    return int(inner // config.get("patch_size", 1) ** 2)


def _last_width(vae: ModelMixin) -> int:
    """Return channels per picture pixel where a decoder ends."""
    config = vae.config
    widths = config.get("block_out_channels")
    return int(widths[0] if widths else config.base_dim)  # Qwen-Image and Wan name it so


def _size(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
