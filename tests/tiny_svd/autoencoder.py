"""The tiny autoencoder: a linear one set by hand, then trained on stills.

The library's 32 norm groups would take the mean and the contrast out of every picture if a group
held one channel. The two norms on the straight way through the network therefore get groups of
three: a signal ``z`` and two constants ``±C`` much larger than it. Their joint deviation is nearly
constant, and ``z`` minus the mean of the constants is ``z`` again, brightness included. The SiLU
after the norm is made linear by pairs, since silu(u) − silu(−u) = u. All residual branches end in
zeros. So the start is a principal component analysis of 4×4 patches, exact to a few per cent.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from diffusers import AutoencoderKLTemporalDecoder
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.tiny_svd import scenes
from tests.tiny_svd.budget import Budget

log = logging.getLogger(__name__)

BATCH = 16
LATENT_NOISE = 0.1
"""Deviation of the noise added to latents of deviation 2, so that decoding forgives errors."""

RATE = 2e-3
REFERENCE = 3.0
"""The constants ``C`` in units of the signal's deviation."""


def stills(rng: np.random.Generator, count: int) -> Tensor:
    """Return ``count`` random stills, float32 (count, 3, side, side) in -1..1."""
    pictures = np.stack([scenes.random_scene(rng).still() for _ in range(count)])
    return to_tensor(pictures)


def to_tensor(frames: NDArray[np.uint8]) -> Tensor:
    """Return uint8 (frames, height, width, 3) as float32 (frames, 3, height, width) in -1..1."""
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1


# --- the start ---------------------------------------------------------------------------------


def start_by_hand(vae: AutoencoderKLTemporalDecoder, pictures: Tensor) -> None:
    """Set the weights to a linear autoencoder of 4×4 patches fitted to ``pictures``, in place."""
    analysis, synthesis, mean = _fit(pictures)
    for name, module in vae.named_modules():
        if name.endswith(("conv2", "to_out.0")):  # the last layer of every residual branch
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)
    _start_encoder(vae, analysis, mean)
    _start_decoder(vae, synthesis)


def _fit(pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the analysis (4, 48) to latents of deviation 2, the synthesis (3, 5) to the mean
    colour of a patch (last column: constant), and the mean patch (48,).
    """
    patches = nn.functional.pixel_unshuffle(nn.functional.pixel_unshuffle(pictures, 2), 2)
    patches = patches.permute(0, 2, 3, 1).reshape(-1, 48)
    mean = patches.mean(0)
    values, vectors = torch.linalg.eigh(torch.cov(patches.T))
    scale = 2 / values[-4:].sqrt()
    analysis = (vectors[:, -4:] * scale).T.contiguous()
    latents = (patches - mean) @ analysis.T
    known = torch.cat([latents, torch.ones(len(latents), 1)], dim=1)
    colours = nn.functional.avg_pool2d(pictures, 4).permute(0, 2, 3, 1).reshape(-1, 3)
    return analysis, torch.linalg.lstsq(known, colours).solution.T, mean


@torch.no_grad()
def _start_encoder(vae: AutoencoderKLTemporalDecoder, analysis: Tensor, mean: Tensor) -> None:
    encoder = vae.encoder
    first, second, third = encoder.down_blocks
    _pass(encoder.conv_in, torch.eye(3))
    half = first.downsamplers[0].conv  # channel 4c + 2y + x of the half-size picture
    half.weight[:12], half.bias[:12] = 0, 0
    for channel in range(12):
        colour, tap = divmod(channel, 4)
        half.weight[channel, colour, tap // 2, tap % 2] = 1
    _pass(second.resnets[0].conv_shortcut, torch.eye(12))
    quarter = second.downsamplers[0].conv
    quarter.weight[:4] = 0
    quarter.weight[:4, :12, :2, :2] = analysis.reshape(4, 12, 2, 2)
    quarter.bias[:4] = -analysis @ mean
    _widen(third.resnets[0].conv_shortcut, signals=4, constant=2 * REFERENCE)
    _join(encoder.conv_norm_out, encoder.conv_out, signals=4, constant=2 * REFERENCE)
    encoder.conv_out.bias[4:] = -10  # the logarithm of the latents' variance: none to speak of
    vae.quant_conv.weight[:] = torch.eye(8)[..., None, None]
    vae.quant_conv.bias[:] = 0


@torch.no_grad()
def _start_decoder(vae: AutoencoderKLTemporalDecoder, synthesis: Tensor) -> None:
    decoder = vae.decoder
    _pass(decoder.conv_in, synthesis[:, :4])
    decoder.conv_in.bias[:3] = synthesis[:, 4]
    smooth = torch.tensor([1.0, 2.0, 1.0]) / 4
    for block in decoder.up_blocks[:2]:
        _pass(block.upsamplers[0].conv, torch.eye(3), smooth[:, None] * smooth)
    _pass(decoder.up_blocks[1].resnets[0].spatial_res_block.conv_shortcut, torch.eye(3))
    _widen(
        decoder.up_blocks[2].resnets[0].spatial_res_block.conv_shortcut,
        signals=3,
        constant=0.5 * REFERENCE,
    )
    _join(decoder.conv_norm_out, decoder.conv_out, signals=3, constant=0.5 * REFERENCE)
    decoder.time_conv_out.weight[:] = 0
    decoder.time_conv_out.weight[:, :, 1, 0, 0] = torch.eye(3)
    decoder.time_conv_out.bias[:] = 0


def _pass(conv: nn.Conv2d, matrix: Tensor, kernel: Tensor | None = None) -> None:
    """Let the first outputs be ``matrix`` times the first inputs, spread by ``kernel``."""
    outputs, inputs = matrix.shape
    conv.weight[:outputs], _bias(conv)[:outputs] = 0, 0
    if kernel is None:
        middle = conv.kernel_size[0] // 2
        conv.weight[:outputs, :inputs, middle, middle] = matrix
    else:
        conv.weight[:outputs, :inputs] = matrix[..., None, None] * kernel


def _widen(conv: nn.Conv2d, signals: int, constant: float) -> None:
    """Lay out signal i as the norm groups 2i: (z, C, −C) and 2i + 1: (−z, −C, C)."""
    conv.weight[: 6 * signals] = 0
    for signal in range(signals):
        for sign, first in ((1, 6 * signal), (-1, 6 * signal + 3)):
            conv.weight[first, signal, 0, 0] = sign
            offsets = torch.tensor([0.0, constant, -constant])
            _bias(conv)[first : first + 3] = sign * offsets


def _join(norm: nn.GroupNorm, conv: nn.Conv2d, signals: int, constant: float) -> None:
    """Undo ``_widen`` after the norm and the SiLU, with the deviation of a typical group."""
    nn.init.ones_(norm.weight)
    nn.init.zeros_(norm.bias)
    deviation = constant * math.sqrt(2 / 3 + 1 / (3 * REFERENCE**2))
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(_bias(conv))
    undo = deviation * torch.tensor([1.0, -0.5, -0.5, -1.0, 0.5, 0.5])
    for signal in range(signals):
        conv.weight[signal, 6 * signal : 6 * signal + 6, 1, 1] = undo


def _bias(conv: nn.Conv2d) -> Tensor:
    """Return the bias, which every layer here has."""
    assert conv.bias is not None
    return conv.bias


# --- the training ------------------------------------------------------------------------------


def train(vae: AutoencoderKLTemporalDecoder, rng: np.random.Generator, budget: Budget) -> None:
    """Train on fresh random stills until the budget is spent; temporal layers stay identities."""
    learning = [p for name, p in vae.named_parameters() if not _temporal(name)]
    optimizer = torch.optim.Adam(learning, lr=RATE, betas=(0.9, 0.99))
    vae.train()
    for step, progress in enumerate(budget):
        for group in optimizer.param_groups:
            warm = min(1.0, (step + 1) / 20)
            group["lr"] = RATE * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * progress)) / 2)
        loss = _loss(vae, stills(rng, BATCH))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        if step % 25 == 0:
            log.info("vae step %d: loss %.5f", step, loss.item())
    vae.eval()


def _temporal(name: str) -> bool:
    return any(word in name for word in ("temporal_res_block", "time_mixer", "time_conv_out"))


def _loss(vae: AutoencoderKLTemporalDecoder, pictures: Tensor) -> Tensor:
    latents = vae.encode(pictures).latent_dist.mode()
    noised = latents + LATENT_NOISE * torch.randn_like(latents)
    again = vae.decode(noised, num_frames=1).sample
    spread = (latents.square().mean() - 4) ** 2
    return nn.functional.mse_loss(again, pictures) + 1e-3 * spread


@torch.no_grad()
def measured_scaling_factor(vae: AutoencoderKLTemporalDecoder, pictures: Tensor) -> float:
    """Return one over the latents' standard deviation."""
    return 1 / vae.encode(pictures).latent_dist.mode().std().item()


@torch.no_grad()
def reconstruct(vae: AutoencoderKLTemporalDecoder, pictures: Tensor) -> Tensor:
    """Return pictures (count, 3, height, width) in -1..1 encoded and decoded, clamped."""
    return vae.decode(vae.encode(pictures).latent_dist.mode(), num_frames=1).sample.clamp(-1, 1)


def psnr(first: Tensor, second: Tensor) -> float:
    """Return the peak signal to noise ratio in dB of pictures in -1..1."""
    return float(-10 * torch.log10((first - second).square().mean() / 4))


def probes() -> Iterator[tuple[str, Tensor]]:
    """Yield held-out stills by kind."""
    makers: dict[str, Callable[[np.random.Generator], scenes.Scene]] = {
        "plain": scenes.textured,
        "varied": lambda rng: scenes.textured(rng, varied=True),
        "leaves": scenes.photographic,
    }
    for name, make in makers.items():
        rng = np.random.default_rng(10**6)
        yield name, to_tensor(np.stack([make(rng).still() for _ in range(32)]))
