"""Skipping deep blocks: which run, what comes out, and that the network is left as it was."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNetSpatioTemporalConditionModel
from diffusers.models.unets.unet_3d_blocks import UNetMidBlockSpatioTemporal

from pipelines.machine import Machine, MemoryMode
from pipelines.models.compute import choose, measure_needs, place
from pipelines.motion.svd.feature_cache import cached_features
from tests.tiny.svd import make_tiny_svd


def make_unet() -> UNetSpatioTemporalConditionModel:
    """Return a random network of three levels, so that some deep blocks only pass things on."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return UNetSpatioTemporalConditionModel(
            block_out_channels=(32, 32, 64),
            layers_per_block=1,
            down_block_types=(
                "CrossAttnDownBlockSpatioTemporal",
                "CrossAttnDownBlockSpatioTemporal",
                "DownBlockSpatioTemporal",
            ),
            up_block_types=(
                "UpBlockSpatioTemporal",
                "CrossAttnUpBlockSpatioTemporal",
                "CrossAttnUpBlockSpatioTemporal",
            ),
            num_attention_heads=(2, 2, 4),
            cross_attention_dim=32,
            addition_time_embed_dim=32,
            projection_class_embeddings_input_dim=96,
            num_frames=3,
        ).eval()


def steps(unet: UNetSpatioTemporalConditionModel, count: int, side: int = 8) -> list[torch.Tensor]:
    """Return the outputs of ``count`` steps whose inputs differ a little from one to the next."""
    generator = torch.Generator().manual_seed(1)
    sample = torch.randn(2, 3, 8, side, side, generator=generator)
    outputs = []
    for step in range(count):
        sample = sample + 0.05 * torch.randn(sample.shape, generator=generator)
        with torch.no_grad():
            output = unet(
                sample,
                torch.tensor(1.0 - 0.1 * step),
                encoder_hidden_states=torch.ones(2, 1, 32),
                added_time_ids=torch.ones(2, 3),
            )
        outputs.append(output.sample)
    return outputs


@pytest.fixture(scope="module")
def unet() -> UNetSpatioTemporalConditionModel:
    return make_unet()


def test_an_interval_of_one_touches_nothing(unet: UNetSpatioTemporalConditionModel) -> None:
    blocks = [*unet.down_blocks, unet.mid_block, *unet.up_blocks]
    plain = steps(unet, 2)
    with cached_features(unet, 1):
        assert [*unet.down_blocks, unet.mid_block, *unet.up_blocks] == blocks
        assert all(map(torch.equal, steps(unet, 2), plain))


def test_whole_steps_are_exact_and_the_others_near(
    unet: UNetSpatioTemporalConditionModel,
) -> None:
    plain = steps(unet, 5)
    with cached_features(unet, 2):
        cached = steps(unet, 5)
    exact = [torch.equal(one, other) for one, other in zip(cached, plain, strict=True)]
    assert exact == [True, False, True, False, True]
    for one, other, before in zip(cached[1::2], plain[1::2], plain[::2], strict=False):
        assert (one - other).norm() < 0.8 * (other - before).norm()


def test_between_whole_steps_only_the_outermost_blocks_run(
    unet: UNetSpatioTemporalConditionModel,
) -> None:
    ran: list[str] = []
    names = {module: name for name, module in unet.named_modules()}
    blocks = [*unet.down_blocks, unet.mid_block, *unet.up_blocks]
    spies = [
        block.register_forward_hook(lambda module, *_: ran.append(names[module]))
        for block in blocks
    ]
    with cached_features(unet, 3):
        steps(unet, 4)
    for spy in spies:
        spy.remove()
    whole = [names[block] for block in blocks]
    assert ran == [*whole, *["down_blocks.0", "up_blocks.2"] * 2, *whole]


def test_the_network_is_the_same_afterwards_even_after_an_error(
    unet: UNetSpatioTemporalConditionModel,
) -> None:
    before, plain = list(unet.state_dict()), steps(unet, 2)
    with pytest.raises(RuntimeError, match="channels"), cached_features(unet, 2):
        unet(torch.ones(1, 3, 7, 8, 8), 1.0, torch.ones(1, 1, 32), torch.ones(1, 3))
    assert isinstance(unet.mid_block, UNetMidBlockSpatioTemporal)
    assert list(unet.state_dict()) == before
    assert not unet._forward_pre_hooks
    assert all(map(torch.equal, steps(unet, 2), plain))


def test_each_generation_begins_with_a_whole_step(unet: UNetSpatioTemporalConditionModel) -> None:
    plain = steps(unet, 1, side=12)
    with cached_features(unet, 4) as cache:
        steps(unet, 2)
        assert cache.features is not None
    assert cache.features is None
    with cached_features(unet, 4):
        assert torch.equal(steps(unet, 1, side=12)[0], plain[0])


def test_a_size_that_no_power_of_two_divides_works(unet: UNetSpatioTemporalConditionModel) -> None:
    """The network then tells its up blocks sizes that it reads off the skip connections."""
    plain = steps(unet, 2, side=10)
    with cached_features(unet, 2):
        cached = steps(unet, 2, side=10)
    assert torch.equal(cached[0], plain[0])
    assert cached[1].shape == plain[1].shape


@pytest.mark.parametrize("memory", ["full", "model-offload", "group-offload", "sequential-offload"])
def test_it_goes_with_every_memory_mode(memory: MemoryMode) -> None:
    pipeline = make_tiny_svd()
    with cached_features(pipeline.unet, 2):
        expected = steps(pipeline.unet, 3)
    needs = measure_needs(pipeline, width=64, height=64)
    place(pipeline, choose(Machine(device="cpu", memory=memory), needs))
    with cached_features(pipeline.unet, 2):
        assert all(map(torch.equal, steps(pipeline.unet, 3), expected))
