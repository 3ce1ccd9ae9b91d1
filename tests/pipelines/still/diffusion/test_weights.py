"""Which weights are taken where a person names none, and what is said where none fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from diffusers import AutoPipelineForImage2Image

from pipelines.context import Context
from pipelines.errors import MissingModel
from pipelines.machine import Machine
from pipelines.models import MODELS as TABLE
from pipelines.models import Model, add_folder, pull
from pipelines.still import Guidance
from pipelines.still.diffusion.loading import Key, load
from pipelines.still.diffusion.settings import LORAS, MODELS, Habits, habits_of
from pipelines.still.diffusion.weights import Weights, choose_weights
from tests.pipelines.still.diffusion.studio import Studio, picture
from tests.tiny.img2img import make_strict_checker, make_tiny_sd, make_tiny_sdxl, make_unet


@pytest.fixture
def job(tmp_path: Path) -> Context:
    """A job with a store of its own."""
    return Context(tmp_path / "data", machine=Machine(device="cpu"))


def test_a_model_of_the_table_comes_before_ones_own(
    studio: Studio, job: Context, tmp_path: Path
) -> None:
    """SDXL-Turbo in toy size: run as its card says, in four steps and without guidance."""
    make_tiny_sd().save_pretrained(tmp_path / "own")
    add_folder("aaa", tmp_path / "own", job.models_dir, kind="img2img")
    assert choose_weights(Guidance(), job) == Weights("aaa")
    make_tiny_sdxl().save_pretrained(tmp_path / "turbo")
    pull("sdxl-turbo", job.models_dir, tmp_path / "turbo", lambda *step: None)
    made = studio.render(Guidance(), strength=1.0, context=job)
    expected = {
        "model": "sdxl-turbo",
        "num_inference_steps": 4,
        "steps_run": 4,
        "guidance_scale": 0.0,
        "negative_prompt": None,
    }
    assert expected.items() <= made.details.items()


def test_the_tables_defaults_are_for_models_of_the_table() -> None:
    known = {model.name for model in _table("img2img")} | {model.name for model in _table("lora")}
    assert {*MODELS, *LORAS} == known


def test_a_lora_that_changes_how_a_model_is_run_brings_its_own_defaults(studio: Studio) -> None:
    made = studio.render(Guidance(model="tiny-sd", num_inference_steps=2))
    assert made.details["scheduler"] == "DDIMScheduler"
    loras = Weights("sd-1.5", loras=("lcm-lora-sd15",))
    loaded = load(_key(studio))
    assert habits_of(loras, loaded.family, loaded.scheduler) == Habits(8, 1.0, "lcm")
    assert habits_of(Weights("sd-1.5"), loaded.family, loaded.scheduler) == Habits(30, 7.5)
    assert habits_of(Weights("tiny-sd"), loaded.family, loaded.scheduler) == Habits(50, 7.5)


def test_the_tables_additions_are_named_for_the_model_they_fit(
    job: Context, tmp_path: Path
) -> None:
    """A UNet as wide as SD 1.5's is told which of the table's to pull; known from its config."""
    pipeline = make_tiny_sd()
    pipeline.register_modules(unet=make_unet(cross_attention_dim=768))
    pipeline.save_pretrained(tmp_path / "wide")
    add_folder("wide", tmp_path / "wide", job.models_dir, kind="img2img")
    with pytest.raises(MissingModel, match="pull controlnet-depth-sd15"):
        choose_weights(Guidance(model="wide", structure="depth"), job)
    with pytest.raises(MissingModel, match="pull ip-adapter-sd15"):
        choose_weights(Guidance(model="wide", reference=picture()), job)


def test_a_model_is_loaded_once_for_many_looks(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[object] = []
    pretrained = AutoPipelineForImage2Image.from_pretrained

    def counted(*folder: object, **options: object) -> object:
        loads.append(folder)
        return pretrained(*folder, **options)

    monkeypatch.setattr(AutoPipelineForImage2Image, "from_pretrained", counted)
    usual = Guidance(model="tiny-sdxl", num_inference_steps=2)
    for change in ({}, {"prompt": "tea"}, {"seed": 3}, {"scheduler": "ddim"}, {"variations": 2}):
        studio.render(replace(usual, **change))
    assert len(loads) == 1
    studio.render(Guidance(model="tiny-sd", num_inference_steps=2))
    assert len(loads) == 2


def test_a_picture_that_the_models_own_checker_painted_black_is_said(
    studio: Studio, job: Context, tmp_path: Path
) -> None:
    pipeline = make_tiny_sd()
    pipeline.register_modules(safety_checker=make_strict_checker())
    pipeline.save_pretrained(tmp_path / "strict")
    add_folder("strict", tmp_path / "strict", job.models_dir, kind="img2img")
    made = studio.render(Guidance(model="strict", num_inference_steps=2), context=job)
    assert not made.pictures[0].any()
    assert made.warnings == ("The safety checker of strict painted variation 0 black.",)


def _table(kind: str) -> list[Model]:
    return [model for model in TABLE if model.kind == kind]


def _key(studio: Studio) -> Key:
    policy, store = studio.context.machine.licence_policy, studio.context.models_dir
    return Key(Weights("tiny-sd"), (), "float32", store, policy)
