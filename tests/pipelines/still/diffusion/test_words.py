"""What a model does not read is cut before a word, and said."""

from __future__ import annotations

import pytest
from transformers import CLIPTokenizer

from pipelines.still import Guidance
from pipelines.still.diffusion.words import Reader, Reading, quoted, read, sentences
from tests.pipelines.still.diffusion.studio import Studio
from tests.tiny.img2img import make_tokenizer

PROMPT = (
    "a glass of tea on a slate table, morning light, steam rising, soft shadows, 85mm lens, grain"
)


@pytest.fixture(scope="module")
def clip() -> CLIPTokenizer:
    """CLIP's tokenizer with its own length; each letter is a token here."""
    return make_tokenizer(77)


def test_a_text_that_fits_is_read_whole(clip: CLIPTokenizer) -> None:
    reading = read(Reader("", clip, 77), "a glass of tea")
    assert (reading.kept, reading.left_out) == ("a glass of tea", "")


@pytest.mark.parametrize("limit", range(12, 77, 5))
def test_no_word_is_cut_in_two_and_none_too_many_is_left_out(
    clip: CLIPTokenizer, limit: int
) -> None:
    """The words kept fit; with the next one they would not. Counted by the tokenizer alone."""
    reading = read(Reader("", clip, limit), PROMPT)
    assert PROMPT.startswith(reading.kept)
    assert PROMPT.endswith(reading.left_out)
    between = PROMPT[len(reading.kept) : len(PROMPT) - len(reading.left_out)]
    assert between.strip(" ,") == "", "nothing is lost but commas"
    assert len(clip(reading.kept).input_ids) <= limit
    one_more = reading.kept + between + reading.left_out.split()[0].strip(",")
    assert len(clip(one_more).input_ids) > limit
    assert reading.tokens == len(clip(PROMPT).input_ids)


@pytest.mark.parametrize(
    "text",
    ["<|endoftext|>" * 90, "a <|startoftext|> cup " * 30, "\x00" * 300, "🫖" * 100, "," * 200],
)
def test_odd_texts_are_cut_too(clip: CLIPTokenizer, text: str) -> None:
    reading = read(Reader("", clip, 77), text)
    assert len(clip(reading.kept).input_ids) <= 77
    assert text.startswith(reading.kept)


def test_letters_of_other_alphabets_take_several_tokens_and_are_not_split(
    clip: CLIPTokenizer,
) -> None:
    text = "шёлковый чай " * 6
    reading = read(Reader("", clip, 77), text.strip())
    assert reading.kept.split() + reading.left_out.split() == text.split()
    assert len(clip(reading.kept).input_ids) <= 77


def test_what_only_one_encoder_reads_is_told_apart() -> None:
    readings = {
        "": Reading("a glass", "of tea, on slate, at dawn", 40, 9),
        "_3": Reading("a glass of tea, on slate", "at dawn", 40, 25),
    }
    first, second = sentences(readings, "prompt", "sd-3")
    assert first == (
        "sd-3 reads 25 tokens of a prompt, and this one has 40: left out were the words “at dawn”."
    )
    assert second == (
        "A text encoder of sd-3 reads 9 tokens of a prompt, and this one has 40: "
        "only its largest one reads the words “of tea, on slate”."
    )


def test_very_many_words_are_quoted_by_their_ends() -> None:
    words = " ".join(f"word{index}" for index in range(2000))
    assert quoted(words).startswith("“word0 word1")
    assert quoted(words).endswith("word1999” (2000 words)")
    assert len(quoted(words)) < 250


def test_the_engine_says_which_words_it_left_out(studio: Studio) -> None:
    """A transformer's encoders read once, so the rest is lost."""
    made = studio.render(Guidance(model="tiny-sd3-77", num_inference_steps=2, prompt=PROMPT))
    prompt, negative = made.warnings
    assert "tiny-sd3-77 reads 77 tokens of a prompt" in prompt
    assert "tiny-sd3-77 reads 77 tokens of a negative prompt" in negative
    left_out = made.details["left_out"]
    assert isinstance(left_out, dict)
    assert left_out["prompt"].endswith(studio.request.look.prompt)
    assert left_out["prompt"].startswith("grain, watercolor painting")


def test_a_prompt_of_ten_thousand_letters_is_one_sentence(studio: Studio) -> None:
    made = studio.render(
        Guidance(model="tiny-sd-77", num_inference_steps=2, guidance_scale=1, prompt="tea " * 2500)
    )
    (sentence,) = made.warnings
    assert len(sentence) < 400
    assert "words)." in sentence
