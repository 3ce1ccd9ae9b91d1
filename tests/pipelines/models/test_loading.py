from __future__ import annotations

import json
import pickle
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderTiny,
    DiffusionPipeline,
    StableDiffusion3Img2ImgPipeline,
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableVideoDiffusionPipeline,
)
from PIL import Image as Pillow
from safetensors.torch import load_file, save_file

from pipelines.errors import InvalidInput, MissingCapability, MissingModel, UnknownName
from pipelines.models import add_folder, find_model, licence_note, pull, require_licence, table
from pipelines.models.loading import (
    load_controlnet,
    load_image_to_image,
    load_preview_vae,
    load_svd,
)
from tests.tiny.img2img import make_controlnet, make_tiny_sd3, make_tiny_sdxl
from tests.tiny.svd import make_tiny_svd

STILL = Pillow.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))


def silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing."""


def clip(pipeline: StableVideoDiffusionPipeline) -> np.ndarray:
    """Run a pipeline for two steps from a fixed seed."""
    result = pipeline(
        STILL,
        height=64,
        width=64,
        num_frames=2,
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
    )
    return np.asarray(result.frames)


def add_svd(pipeline: StableVideoDiffusionPipeline, store: Path, name: str = "toy") -> Path:
    folder = store.parent / f"saved-{name}"
    pipeline.save_pretrained(folder)
    return add_folder(name, folder, store, kind="svd", licence="Apache-2.0")


def test_what_was_saved_is_loaded_and_makes_the_same_clip(
    svd: StableVideoDiffusionPipeline, store: Path
) -> None:
    add_svd(svd, store)
    loaded = load_svd("toy", store, dtype=torch.float32)
    assert type(loaded) is StableVideoDiffusionPipeline
    np.testing.assert_array_equal(clip(loaded), clip(svd))


def test_other_weights_make_another_clip(svd: StableVideoDiffusionPipeline, store: Path) -> None:
    add_svd(make_tiny_svd(seed=1), store)
    assert not np.array_equal(clip(load_svd("toy", store, dtype=torch.float32)), clip(svd))


def test_half_precision_files_are_found_by_their_name(
    svd: StableVideoDiffusionPipeline, store: Path, tmp_path: Path
) -> None:
    svd.save_pretrained(tmp_path / "half", variant="fp16")
    path = add_folder("half", tmp_path / "half", store, kind="svd")
    assert (path / "unet" / "diffusion_pytorch_model.fp16.safetensors").is_file()
    loaded = load_svd("half", store, dtype=torch.float16)
    assert loaded.unet.dtype == loaded.vae.dtype == loaded.image_encoder.dtype == torch.float16


def test_nothing_is_asked_of_the_network_and_nothing_is_said(
    svd: StableVideoDiffusionPipeline,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("asked the network")

    add_svd(svd, store)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    capfd.readouterr()
    load_svd("toy", store, dtype=torch.float32)
    assert capfd.readouterr() == ("", "")


def test_a_few_step_unet_takes_the_place_of_its_bases(
    svd: StableVideoDiffusionPipeline, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_step = replace(find_model("animatelcm-svd-xt"), base="toy")
    monkeypatch.setattr(table, "MODELS", (few_step,))
    other = make_tiny_svd(seed=1)
    save_file(dict(other.unet.state_dict()), tmp_path / "few.safetensors")
    pull(few_step.name, store, tmp_path / "few.safetensors", silent)
    with pytest.raises(UnknownName, match="unknown model 'toy'"):
        load_svd(few_step.name, store, dtype=torch.float32)
    add_svd(svd, store)

    loaded = load_svd(few_step.name, store, dtype=torch.float32)

    weights = dict(loaded.unet.state_dict())
    for name, value in other.unet.state_dict().items():
        torch.testing.assert_close(weights[name], value, rtol=0, atol=0)
    assert not any(value.is_meta for value in weights.values())
    mixed = make_tiny_svd(seed=0)
    mixed.unet.load_state_dict(other.unet.state_dict())
    np.testing.assert_array_equal(clip(loaded), clip(mixed))
    assert load_svd(few_step.name, store, dtype=torch.float16).unet.dtype == torch.float16


def test_a_unet_of_another_shape_does_not_fit(
    svd: StableVideoDiffusionPipeline, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_step = replace(find_model("animatelcm-svd-xt"), base="toy")
    monkeypatch.setattr(table, "MODELS", (few_step,))
    save_file({"conv_in.weight": torch.zeros(1)}, tmp_path / "few.safetensors")
    pull(few_step.name, store, tmp_path / "few.safetensors", silent)
    add_svd(svd, store)
    with pytest.raises(MissingCapability, match=r"few\.safetensors does not fit"):
        load_svd(few_step.name, store, dtype=torch.float32)


def add_image(pipeline: StableDiffusionPipeline, store: Path, name: str = "toy") -> Path:
    folder = store.parent / f"saved-{name}"
    pipeline.save_pretrained(folder)
    return add_folder(name, folder, store, kind="img2img", licence="Apache-2.0")


def restyled(pipeline: DiffusionPipeline, **options: object) -> np.ndarray:
    call = cast("Callable[..., Any]", pipeline)
    result = call(
        "a cup",
        image=STILL,
        strength=1.0,
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
        **options,
    )
    return np.asarray(result.images)


def test_a_text_to_image_folder_becomes_the_image_to_image_pipeline_of_its_family(
    image_pipeline: StableDiffusionPipeline, store: Path
) -> None:
    add_image(image_pipeline, store)
    loaded = load_image_to_image("toy", store, dtype=torch.float32)
    assert type(loaded) is StableDiffusionImg2ImgPipeline
    stock = StableDiffusionImg2ImgPipeline(**image_pipeline.components)
    stock.set_progress_bar_config(disable=True)
    np.testing.assert_array_equal(restyled(loaded), restyled(stock))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (make_tiny_sdxl, StableDiffusionXLImg2ImgPipeline),
        (make_tiny_sd3, StableDiffusion3Img2ImgPipeline),
    ],
)
def test_other_families_become_their_own(
    store: Path, make: Callable[[], DiffusionPipeline], kind: type[DiffusionPipeline]
) -> None:
    made = make()
    made.save_pretrained(store.parent / "saved")
    add_folder("toy", store.parent / "saved", store, kind="img2img")
    loaded = load_image_to_image("toy", store, dtype=torch.float32)
    assert type(loaded) is kind
    assert restyled(loaded).shape == (1, 64, 64, 3)


def test_a_controlnet_comes_along(image_pipeline: StableDiffusionPipeline, store: Path) -> None:
    add_image(image_pipeline, store)
    folder = store.parent / "canny"
    network = make_controlnet(image_pipeline)
    network.save_pretrained(folder)
    add_folder("toy-canny", folder, store, kind="controlnet")

    loaded = load_image_to_image("toy", store, dtype=torch.float32, controlnet="toy-canny")

    assert type(loaded) is StableDiffusionControlNetImg2ImgPipeline
    for name, value in (
        load_controlnet("toy-canny", store, dtype=torch.float32).state_dict().items()
    ):
        torch.testing.assert_close(value, network.state_dict()[name], rtol=0, atol=0)
    assert restyled(loaded, control_image=STILL).shape == (1, 64, 64, 3)


def test_a_safety_checker_that_was_left_out_is_not_missed(
    image_pipeline: StableDiffusionPipeline, store: Path
) -> None:
    folder = store.parent / "published"
    image_pipeline.save_pretrained(folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["requires_safety_checker"] = True
    (folder / "model_index.json").write_text(json.dumps(index))
    add_folder("published", folder, store, kind="img2img")
    loaded = load_image_to_image("published", store, dtype=torch.float32)
    assert isinstance(loaded, StableDiffusionImg2ImgPipeline)
    assert loaded.safety_checker is None
    assert restyled(loaded).shape == (1, 64, 64, 3)


def test_a_preview_decoder_is_loaded(store: Path, tmp_path: Path) -> None:
    vae = AutoencoderTiny(
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    ).eval()
    vae.save_pretrained(tmp_path / "vae")
    add_folder("toy-vae", tmp_path / "vae", store, kind="preview-vae")
    loaded = load_preview_vae("toy-vae", store, dtype=torch.float32)
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(loaded.decode(latents).sample, vae.decode(latents).sample)


def test_a_family_without_image_to_image_is_a_sentence(
    image_pipeline: StableDiffusionPipeline, store: Path, tmp_path: Path
) -> None:
    image_pipeline.save_pretrained(tmp_path / "odd")
    index = json.loads((tmp_path / "odd" / "model_index.json").read_text())
    index["_class_name"] = "SomeOtherPipeline"
    (tmp_path / "odd" / "model_index.json").write_text(json.dumps(index))
    add_folder("odd", tmp_path / "odd", store, kind="img2img")
    with pytest.raises(MissingCapability, match="SomeOtherPipeline"):
        load_image_to_image("odd", store, dtype=torch.float32)


@pytest.mark.parametrize("name", ["svd", "svd-xt", "svd-xt-1.1", "animatelcm-svd-xt"])
def test_a_model_that_is_not_here_says_how_to_get_it(store: Path, name: str) -> None:
    with pytest.raises(MissingModel, match=rf"run: stillwave models pull {name}") as caught:
        load_svd(name, store, dtype=torch.float32)
    assert caught.value.exit_code == 3


def test_a_missing_base_is_the_one_that_is_named(store: Path, tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "few.safetensors")
    pull("animatelcm-svd-xt", store, tmp_path / "few.safetensors", silent)
    with pytest.raises(MissingModel, match="run: stillwave models pull svd-xt"):
        load_svd("animatelcm-svd-xt", store, dtype=torch.float32)


def test_a_model_of_another_kind_is_refused(svd: StableVideoDiffusionPipeline, store: Path) -> None:
    add_svd(svd, store)
    with pytest.raises(InvalidInput, match="of kind 'svd', where 'img2img' is needed"):
        load_image_to_image("toy", store, dtype=torch.float32)


def disguise(path: Path) -> None:
    """Put a pickle of the same length in the place of safetensors."""
    state = {name: value.numpy() for name, value in load_file(path).items()}
    data = pickle.dumps(state)
    path.write_bytes(data[: path.stat().st_size].ljust(path.stat().st_size, b"."))


def break_header(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[8:40] = b"?" * 32
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (disguise, "is a pickle under the name of safetensors"),
        (break_header, "not a whole safetensors file"),
        (Path.unlink, r"diffusion_pytorch_model\.safetensors is missing"),
        (lambda path: path.with_suffix(".bin").write_bytes(b"\x80\x04"), "is a pickle"),
    ],
    ids=["pickle in disguise", "damaged", "missing", "pickle beside"],
)
def test_whatever_happened_in_the_store_is_seen_before_anything_is_read(
    svd: StableVideoDiffusionPipeline,
    store: Path,
    change: Callable[[Path], object],
    sentence: str,
) -> None:
    path = add_svd(svd, store)
    change(path / "unet" / "diffusion_pytorch_model.safetensors")
    with pytest.raises(MissingCapability, match=sentence) as caught:
        load_svd("toy", store, dtype=torch.float32)
    assert str(path / "unet") in str(caught.value)
    assert "stillwave models add toy --from DIR --kind svd" in str(caught.value)


def test_a_configuration_that_does_not_fit_its_weights_is_a_sentence(
    svd: StableVideoDiffusionPipeline, store: Path, tmp_path: Path
) -> None:
    svd.save_pretrained(tmp_path / "odd")
    config = tmp_path / "odd" / "unet" / "config.json"
    fields = json.loads(config.read_text())
    config.write_text(json.dumps({**fields, "block_out_channels": [64, 64]}))
    add_folder("odd", tmp_path / "odd", store, kind="svd")
    with pytest.raises(MissingCapability, match="odd cannot be loaded"):
        load_svd("odd", store, dtype=torch.float32)


def test_the_policy_refuses_by_licence(svd: StableVideoDiffusionPipeline, store: Path) -> None:
    svd.save_pretrained(store.parent / "saved")
    add_folder("forbidden", store.parent / "saved", store, kind="svd", licence="CC-BY-NC-4.0")
    assert load_svd("forbidden", store, dtype=torch.float32)
    with pytest.raises(MissingCapability, match=r"CC-BY-NC-4\.0") as caught:
        load_svd("forbidden", store, dtype=torch.float32, policy="commercial")
    assert "'commercial'" in str(caught.value)
    assert "STILLWAVE_LICENCE_POLICY=any" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("u2netp", True), ("sd-1.5", True), ("svd-xt", True), ("animatelcm-svd-xt", False)],
)
def test_the_policy_for_commercial_work(name: str, allowed: bool) -> None:
    model = find_model(name)
    assert require_licence(model, "any") is model
    if allowed:
        assert require_licence(model, "commercial") is model
    else:
        with pytest.raises(MissingCapability, match="not known to allow"):
            require_licence(model, "commercial")


def test_the_policy_refuses_to_fetch_too(store: Path) -> None:
    with pytest.raises(MissingCapability, match="licence policy"):
        pull("animatelcm-svd-xt", store, None, silent, policy="commercial")
    assert not store.exists()


def test_a_condition_is_told_as_a_sentence() -> None:
    assert licence_note(find_model("u2netp")) is None
    note = licence_note(find_model("svd-xt"))
    assert note is not None
    assert "1,000,000 USD" in note
