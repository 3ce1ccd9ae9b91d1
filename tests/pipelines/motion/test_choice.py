"""What ``engine: auto`` takes, with a real store and this machine's own devices."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipelines.context import Context
from pipelines.machine import Machine
from pipelines.models import add_folder
from pipelines.motion.choice import Choice, choose_engine
from tests.tiny.svd import save_tiny_svd

NO_GPU = Choice("parallax", "Stable Video Diffusion wants a GPU, and none was found or allowed")
TAKEN = Choice("svd", "its weights and a GPU are there")
NO_WEIGHTS = Choice("parallax", "no Stable Video Diffusion weights are in the model store")


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A job whose store holds a toy of SVD under a licence that nobody knows."""
    folder = tmp_path_factory.mktemp("choice")
    context = Context(folder / "data")
    add_folder("toy", save_tiny_svd(folder / "toy"), context.models_dir, kind="svd")
    return context


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which torch sees a GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_weights_without_a_gpu_are_not_enough(stocked: Context) -> None:
    assert choose_engine(stocked, draft=False) == NO_GPU


@pytest.mark.usefixtures("gpu")
def test_weights_and_a_gpu_are(stocked: Context) -> None:
    assert choose_engine(stocked, draft=False) == TAKEN


@pytest.mark.usefixtures("gpu")
def test_a_draft_is_parallax_whatever_there_is(stocked: Context) -> None:
    assert choose_engine(stocked, draft=True).engine == "parallax"


@pytest.mark.usefixtures("gpu")
def test_a_gpu_that_may_not_be_used_does_not_count(stocked: Context) -> None:
    context = replace(stocked, machine=Machine(device="cpu"))
    assert choose_engine(context, draft=False) == NO_GPU


@pytest.mark.usefixtures("gpu")
def test_weights_that_the_policy_refuses_do_not_count(stocked: Context) -> None:
    context = replace(stocked, machine=Machine(licence_policy="commercial"))
    chosen = choose_engine(context, draft=False)
    assert chosen.engine == "parallax"
    assert "licence policy" in chosen.reason


@pytest.mark.usefixtures("gpu")
def test_damaged_weights_do_not_count(tmp_path: Path) -> None:
    context = Context(tmp_path / "data")
    place = add_folder("toy", save_tiny_svd(tmp_path / "toy"), context.models_dir, kind="svd")
    assert choose_engine(context, draft=False) == TAKEN
    (place / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    assert choose_engine(context, draft=False) == NO_WEIGHTS


def test_an_empty_store_is_parallax_and_costs_no_import_of_torch(context: Context) -> None:
    assert choose_engine(context, draft=False) == NO_WEIGHTS
    code = (
        "import sys; from pathlib import Path; from pipelines.context import Context; "
        "from pipelines.motion.choice import choose_engine; "
        "print(choose_engine(Context(Path(sys.argv[1])), draft=False).engine, "
        "'torch' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(context.data_dir)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == ["parallax", "False"]
