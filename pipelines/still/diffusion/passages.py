"""A text longer than CLIP reads at once, read in passages.

CLIP takes 77 tokens; the networks that it tells about the text take any number of its words. So
each passage is encoded by itself, by the library, and the encodings stand one after the other, as
is the custom for SD 1.5 and SDXL. What SDXL takes for the whole text is that of the first passage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import torch

from pipelines.still.diffusion.family import Family
from pipelines.still.diffusion.words import Reader, Reading, read
from pipelines.still.look import EDGES

MOST = 8
"""Passages of one text: some 400 words. Past that a text is no description of a picture."""

MARKS = 2
"""Tokens of each passage that are no words: start and end."""

Passages = Mapping[str, tuple[str, ...]]
"""Texts in pieces, by ``prompt`` and ``negative_prompt``."""


def reads_on(family: Family, readers: Sequence[Reader]) -> bool:
    """Whether a family takes encodings of any length, and all its readers are CLIP."""
    clip = all(type(reader.tokenizer).__name__.startswith("CLIP") for reader in readers)
    convolves = "unet" in family.pipeline.components
    return bool(readers) and clip and convolves and family.takes("prompt_embeds")


def split(readers: Sequence[Reader], text: str) -> tuple[tuple[str, ...], Reading]:
    """Return a text in passages that every reader takes whole, and what is read of all of it.

    A text that fits is one passage, as it is. A word longer than a passage ends the reading.
    """
    passages: list[str] = []
    whole = max((read(reader, text) for reader in readers), key=lambda reading: reading.tokens)
    limit = min(reader.limit for reader in readers) - MARKS
    left = text
    while not passages or (left and len(passages) < MOST):
        reading = min((read(reader, left) for reader in readers), key=lambda each: len(each.kept))
        if passages and not reading.kept:
            break
        passages.append(reading.kept)
        left = reading.left_out
    kept = text.rstrip(EDGES)[: -len(left)] if left else text
    return tuple(passages), Reading(kept, left, whole.tokens, MOST * limit + MARKS)


@torch.no_grad()
def encode(family: Family, passages: Passages, *, guided: bool) -> dict[str, torch.Tensor]:
    """Return what a pipeline in its place is told instead of texts: their encodings.

    Args:
        family: of the pipeline.
        passages: of the prompt, and of the negative one where it has an effect; the shorter of
            the two goes on with nothing said.
        guided: whether the negative one has an effect.
    """
    pipeline: Any = family.pipeline
    parts = [
        pipeline.encode_prompt(
            prompt=prompt,
            device=pipeline._execution_device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=guided,
            negative_prompt=negative if "negative_prompt" in passages else None,
        )
        for prompt, negative in zip_longest(
            passages["prompt"], passages.get("negative_prompt", ()), fillvalue=""
        )
    ]
    words, against, *pooled = zip(*parts, strict=True)
    names = ("pooled_prompt_embeds", "negative_pooled_prompt_embeds")
    told = {name: every[0] for name, every in zip(names, pooled, strict=False)}
    told["prompt_embeds"] = torch.cat(words, dim=1)
    if guided:
        told["negative_prompt_embeds"] = torch.cat(against, dim=1)
    return {name: value for name, value in told.items() if value is not None}
