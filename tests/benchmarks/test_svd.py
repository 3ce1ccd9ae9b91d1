"""The benchmark of Stable Video Diffusion runs, at toy size, and counts what it says it counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from click.testing import CliRunner

from benchmarks.diffusion.networks import SVD_XT, TOY, make_pipeline
from benchmarks.diffusion.roofline import Work, find_peak
from benchmarks.questions import QUESTIONS
from benchmarks.svd import main


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


# The stock scheduler converts a tensor in a way that numpy means to drop.
@pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning:diffusers")
def test_the_full_size_is_counted_and_the_toy_runs_in_every_mode_of_a_cpu() -> None:
    """By hand: 90 and 160 TFLOP a guided step, 95 and 169 for decoding, 3.0 and 5.3 s at least."""
    said = CliRunner().invoke(main, ["--tiny", "--repeats", "1"], catch_exceptions=False)
    assert said.exit_code == 0
    assert "| 14 | 90 | 37 | 97 | 2340 | 279 | 2.96 s | 0.35 s |" in said.stdout
    assert "| 25 | 160 | 67 | 174 | 4174 | 496 | 5.28 s | 0.63 s |" in said.stdout
    rows = {
        line.split(" | ")[0].removeprefix("| "): line.rstrip(" |").split(" | ")[1:]
        for line in said.stdout.partition("mode by mode")[2].splitlines()
        if line.startswith("| ") and "---" not in line
    }
    assert list(rows) == [
        "mode",
        "stock diffusers",
        "as chosen by auto",
        "features kept for 2 steps",
        "features kept for 3 steps",
        "4 steps",
        "model-offload",
        "group-offload",
        "sequential-offload",
        "stock diffusers, again",
    ]
    same = [name for name, cells in rows.items() if cells[-1] == "equal"]
    assert same == [name for name in rows if "steps" not in name and name != "mode"]
    assert "The full size was not run: that needs a GPU" in said.stdout
    assert "svd" in QUESTIONS


def test_operations_of_a_clip_add_up() -> None:
    work = Work(whole=10, outermost=4, decoding=3, encoding=1)
    assert work.clip(steps=5, passes=2) == 2 * 50 + 4
    assert work.clip(steps=5, passes=1, interval=2) == 3 * 10 + 2 * 4 + 4
    assert work.clip(steps=6, passes=2, interval=3) == 2 * (2 * 10 + 4 * 4) + 4


def test_the_networks_have_the_released_sizes() -> None:
    pipeline = make_pipeline(SVD_XT, "meta", torch.bfloat16)
    assert sum(each.numel() for each in pipeline.unet.parameters()) == 1_524_623_082
    assert sum(each.numel() for each in pipeline.vae.parameters()) == 97_742_847
    encoder = sum(each.numel() for each in pipeline.image_encoder.parameters())
    assert encoder == pytest.approx(632e6, rel=0.01)
    assert pipeline.unet.dtype == torch.bfloat16


def test_weights_are_the_same_each_time() -> None:
    one, other = (make_pipeline(TOY, "cpu", torch.float32) for _ in range(2))
    assert torch.equal(one.unet.conv_in.weight, other.unet.conv_in.weight)


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA A100-SXM4-40GB", 312e12),
        ("NVIDIA A10G", 70e12),
        ("CPU", None),
    ],
)
def test_a_device_is_known_by_its_name(name: str, peak: float | None) -> None:
    assert find_peak(name) == peak
