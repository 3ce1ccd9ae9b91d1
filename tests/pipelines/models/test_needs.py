"""Memory that is reckoned, held to memory that is counted on the real classes."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pipelines.models.needs import DECODING, DENOISING, measure_needs
from tests.tiny.svd import make_tiny_svd

torch.set_num_threads(1)


class Counted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows every tensor that an operation makes, as long as its memory is alive."""

    def __init__(self, weights: set[int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._alive: dict[int, int] = {}
        self._weights = weights
        self.peak = 0

    def __torch_dispatch__(
        self,
        function: Callable[..., object],
        _: object,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        output = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(output):
            if isinstance(tensor, torch.Tensor):
                self._follow(tensor)
        return output

    def _follow(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        name = storage._cdata
        if name in self._alive or name in self._weights:
            return
        self._alive[name] = storage.nbytes() // tensor.element_size()
        weakref.finalize(storage, self._alive.pop, name, None)
        self.peak = max(self.peak, sum(self._alive.values()))


def count_alive(network: torch.nn.Module, run: Callable[[], object]) -> int:
    """Return the most numbers alive at once while ``run`` works, parameters aside."""
    weights = {parameter.untyped_storage()._cdata for parameter in network.parameters()}
    with torch.no_grad(), lean_attention(), Counted(weights) as counted:
        run()
    return counted.peak


@contextmanager
def lean_attention() -> Iterator[None]:
    """Let attention make its result only, as a GPU's kernels do.

    On the device ``meta`` torch would write out whole matrices of weights.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            functional, "scaled_dot_product_attention", lambda query, *_, **__: query.clone()
        )
        yield


def on_meta(make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """Return a network without memory: shapes are all there is."""
    with torch.device("meta"):
        return make().to("meta").eval()


def test_the_law_of_a_step_holds_on_the_full_size_network() -> None:
    """UNet of SVD, 576×1024, 14 frames, both passes."""
    unet = on_meta(lambda: UNetSpatioTemporalConditionModel(num_attention_heads=(5, 10, 20, 20)))
    assert sum(each.numel() for each in unet.parameters()) == 1_524_623_082
    given = {
        "sample": torch.empty(2, 14, 8, 72, 128, device="meta"),
        "timestep": torch.empty((), device="meta"),
        "encoder_hidden_states": torch.empty(2, 1, 1024, device="meta"),
        "added_time_ids": torch.empty(2, 3, device="meta"),
    }
    alive = count_alive(unet, lambda: unet(**given))
    assert alive == pytest.approx(DENOISING * 320 * 72 * 128 * 14 * 2, rel=0.1)


def test_the_law_of_decoding_holds_on_the_full_size_network() -> None:
    vae = on_meta(
        lambda: AutoencoderKLTemporalDecoder(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            layers_per_block=2,
        )
    )
    assert isinstance(vae, AutoencoderKLTemporalDecoder)
    latents = torch.empty(4, 4, 72, 128, device="meta")
    alive = count_alive(vae, lambda: vae.decode(latents, num_frames=4))
    assert alive == pytest.approx(DECODING * 128 * 576 * 1024 * 4, rel=0.1)


def test_needs_of_the_toy_are_its_parameters_and_the_two_laws() -> None:
    pipeline = make_tiny_svd()
    needs = measure_needs(pipeline, width=128, height=64, num_frames=6, decode_chunk_size=4)
    parts = (pipeline.unet, pipeline.vae, pipeline.image_encoder)
    counts = [sum(each.numel() for each in part.parameters()) for part in parts]
    assert needs.parameters == sum(counts)
    assert needs.largest_network == max(counts)
    assert needs.denoising == 28 * 32 * (128 * 64 // 16) * 6 * 2
    assert needs.decoding == 8 * 32 * 128 * 64
    assert needs.decode_chunk_size == 4
    blocks = [*pipeline.unet.down_blocks, *pipeline.unet.up_blocks]
    sizes = [sum(each.numel() for each in block.parameters()) for block in blocks]
    assert needs.largest_group == counts[0] - sum(sizes) + 2 * max(sizes)


def test_one_pass_holds_half_of_two() -> None:
    pipeline = make_tiny_svd()
    size: dict[str, Any] = {"width": 64, "height": 64, "num_frames": 6}
    guided, plain = (measure_needs(pipeline, guided=each, **size) for each in (True, False))
    assert guided.denoising == 2 * plain.denoising


def test_modes_keep_less_and_less() -> None:
    needs = measure_needs(make_tiny_svd(), width=64, height=64, num_frames=6)
    peaks = [
        needs.peak(mode)
        for mode in ("full", "model-offload", "group-offload", "sequential-offload")
    ]
    assert peaks == sorted(peaks, reverse=True)
    assert len(set(peaks)) == 4
