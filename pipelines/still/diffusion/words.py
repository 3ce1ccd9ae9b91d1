"""What a model is told in words, and which of them it does not read.

Text encoders take a number of tokens, CLIP 77 with its marks of start and end, and libraries cut
what is longer in the middle of a word. Here a text is cut before a word, and the rest is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.still.look import EDGES

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline
    from transformers import PreTrainedTokenizerBase

QUOTED = 240
"""Characters up to which words that are left out are quoted whole."""

ENCODERS = ("", "_2", "_3")
"""Endings by which a pipeline tells its text encoders, tokenizers and prompts apart."""


@dataclass(frozen=True, eq=False)
class Reader:
    """One text encoder, by what it takes in.

    Attributes:
        ending: of the parameters that are meant for it: ``prompt``, ``prompt_2`` …
        tokenizer: cuts text into tokens.
        limit: tokens that it takes, marks of start and end among them.
    """

    ending: str
    tokenizer: PreTrainedTokenizerBase
    limit: int


@dataclass(frozen=True)
class Reading:
    """What one encoder reads of a text.

    Attributes:
        kept: the words it reads.
        left_out: the words at the end that it does not.
        tokens: length of the whole text, marks among them.
        limit: tokens that it takes.
    """

    kept: str
    left_out: str
    tokens: int
    limit: int


def find_readers(pipeline: DiffusionPipeline, max_sequence_length: int) -> list[Reader]:
    """Return the text encoders of a pipeline.

    Args:
        pipeline: of any family.
        max_sequence_length: what its call allows encoders that could read more than CLIP; 0 where
            it says nothing.
    """
    parts = pipeline.components
    return [
        Reader(ending, tokenizer, _limit(tokenizer, max_sequence_length))
        for ending in ENCODERS
        if (tokenizer := parts.get(f"tokenizer{ending}")) is not None
        and parts.get(f"text_encoder{ending}") is not None
    ]


def read(reader: Reader, text: str) -> Reading:
    """Return what an encoder reads of ``text``, measured with its own tokenizer."""
    shown = _as_shown(reader.tokenizer, text)
    tokens = reader.tokenizer(shown, return_offsets_mapping=True, verbose=False)
    count = len(tokens["input_ids"])
    if count <= reader.limit:
        return Reading(text, "", count, reader.limit)
    start = shown.rindex(text)
    spans = [(first - start, last - start) for first, last in tokens["offset_mapping"]]
    inside = [first for first, last in spans if 0 <= first < last <= len(text)]  # marks are empty
    cut = _word_start(text, inside[reader.limit - (count - len(inside))])
    return Reading(text[:cut].rstrip(EDGES), text[cut:].strip(EDGES), count, reader.limit)


def sentences(readings: Mapping[str, Reading], what: str, model: str) -> Iterator[str]:
    """Say which words of the prompt, or of the negative one, which encoders do not read.

    Args:
        readings: of one text by all encoders.
        what: ``prompt`` or ``negative prompt``.
        model: its name.
    """
    ends = sorted(readings.values(), key=lambda reading: len(reading.left_out))
    if not ends:
        return
    best, least = ends[0], ends[-1]
    if best.left_out:
        words = quoted(best.left_out)
        yield f"{_measure(model, best, what)}: left out were the words {words}."
    if len(least.left_out) > len(best.left_out):
        partly = least.left_out[: len(least.left_out) - len(best.left_out)].strip(EDGES)
        reader = _measure(f"A text encoder of {model}", least, what)
        yield f"{reader}: only its largest one reads the words {quoted(partly)}."


def quoted(words: str) -> str:
    """Return words in quotes; of very many, the first and the last and their number."""
    if len(words) <= QUOTED:
        return f"“{words}”"
    first, last = words[: QUOTED // 2].rstrip(), words[-QUOTED // 4 :].lstrip()
    return f"“{first} … {last}” ({len(words.split())} words)"


def _measure(who: str, reading: Reading, what: str) -> str:
    return f"{who} reads {reading.limit} tokens of a {what}, and this one has {reading.tokens}"


def _limit(tokenizer: PreTrainedTokenizerBase, max_sequence_length: int) -> int:
    own = int(tokenizer.model_max_length)
    clip = type(tokenizer).__name__.startswith("CLIP")
    return own if clip or not max_sequence_length else max_sequence_length


def _as_shown(tokenizer: PreTrainedTokenizerBase, text: str) -> str:
    """Return the text as a language model is shown it, in a conversation; else as it is."""
    if not getattr(tokenizer, "chat_template", None):
        return text
    said = [{"role": "user", "content": text}]
    return str(tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True))


def _word_start(text: str, index: int) -> int:
    """Return where the word begins that ``index`` is in: half a word is a word left out."""
    while 0 < index < len(text) and text[index - 1].isalnum() and text[index].isalnum():
        index -= 1
    return index
