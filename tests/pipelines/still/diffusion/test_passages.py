"""Long prompts are read in passages; short ones as the library reads them, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTokenizer

from pipelines.still import Guidance
from pipelines.still.diffusion.family import Family
from pipelines.still.diffusion.passages import MOST, encode, split
from pipelines.still.diffusion.words import Reader
from tests.pipelines.still.diffusion.studio import Studio
from tests.tiny.img2img import make_tiny_lcm, make_tiny_sd, make_tiny_sdxl, make_tokenizer

LONG = "a glass of tea on a slate table, morning light, " * 4 + "and at the end a silver spoon"
"""Some 180 letters, of which each is a token here: three passages."""

CLIP_FAMILIES = {"sd": make_tiny_sd, "sdxl": make_tiny_sdxl}


@pytest.fixture(scope="module")
def reader() -> Reader:
    tokenizer: CLIPTokenizer = make_tokenizer(77)
    return Reader("", tokenizer, 77)


@pytest.mark.parametrize("text", ["", "tea", LONG, "tea, " * 300, "a " + "x" * 500 + " b"])
def test_a_text_is_split_between_words_and_nothing_is_lost_but_commas(
    text: str, reader: Reader
) -> None:
    passages, reading = split([reader], text)
    assert all(len(reader.tokenizer(each).input_ids) <= 77 for each in passages)
    assert len(passages) <= MOST
    assert " ".join(passages).replace(",", "").split() == reading.kept.replace(",", "").split()
    assert (reading.kept + reading.left_out).replace(" ", "") == text.replace(" ", "").rstrip(",")


def test_a_text_that_fits_is_one_passage_as_it_is(reader: Reader) -> None:
    assert split([reader], " tea,, and a spoon ")[0] == (" tea,, and a spoon ",)


@pytest.mark.parametrize("name", CLIP_FAMILIES)
def test_one_passage_is_encoded_as_the_library_does(name: str) -> None:
    pipeline: Any = CLIP_FAMILIES[name](max_tokens=77)
    told = encode(
        Family(pipeline), {"prompt": ("tea",), "negative_prompt": ("spoon",)}, guided=True
    )
    with torch.no_grad():
        stock = pipeline.encode_prompt(
            prompt="tea",
            device=torch.device("cpu"),
            num_images_per_prompt=1,
            do_classifier_free_guidance=True,
            negative_prompt="spoon",
        )
    names = ("prompt_embeds", "negative_prompt_embeds")
    pooled = ("pooled_prompt_embeds", "negative_pooled_prompt_embeds")
    assert len(told) == len(stock)
    for parameter, expected in zip((*names, *pooled), stock, strict=False):
        assert torch.equal(told[parameter], expected)


def test_each_passage_is_what_the_text_encoder_makes_of_it_alone(reader: Reader) -> None:
    pipeline: Any = make_tiny_sd(max_tokens=77)
    passages, _ = split([reader], LONG)
    assert len(passages) == 3
    told = encode(Family(pipeline), {"prompt": passages, "negative_prompt": ("",)}, guided=True)
    for index, text in enumerate(passages):
        ids = pipeline.tokenizer(text, padding="max_length", return_tensors="pt").input_ids
        with torch.no_grad():
            expected = pipeline.text_encoder(ids)[0]
        assert torch.equal(told["prompt_embeds"][:, 77 * index : 77 * (index + 1)], expected)
    assert told["negative_prompt_embeds"].shape == told["prompt_embeds"].shape


def test_a_family_without_a_negative_prompt_is_told_none() -> None:
    told = encode(Family(make_tiny_lcm()), {"prompt": ("tea", "and a spoon")}, guided=False)
    assert set(told) == {"prompt_embeds"}


@pytest.mark.parametrize("name", ["tiny-sd-77", "tiny-sdxl-77"])
def test_the_last_word_of_a_long_prompt_is_heard(
    name: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[torch.Tensor] = []
    forward = UNet2DConditionModel.forward

    def watched(self: object, *given: object, **options: Any) -> object:  # noqa: ANN401
        heard.append(options["encoder_hidden_states"])
        return forward(self, *given, **options)

    monkeypatch.setattr(UNet2DConditionModel, "forward", watched)
    usual = Guidance(model=name, num_inference_steps=2, guidance_scale=4.0, seed=3)

    def listen(prompt: str) -> torch.Tensor:
        heard.clear()
        made = studio.render(replace(usual, prompt=prompt, variations=2))
        assert not made.warnings
        passages = made.details["passages"]
        assert isinstance(passages, dict)
        assert heard[0].shape[:2] == (4, 77 * max(passages.values()))  # two against, two for
        return heard[0]

    changed = (listen(LONG) != listen(LONG.replace("spoon", "fork"))).any(dim=2)
    assert not changed[:, : 2 * 77].any()
    assert not changed[:2].any()
    assert changed[2:, 2 * 77 : 3 * 77].any(dim=1).all()
