"""What one request comes to on one family: every choice made, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.errors import require_range
from pipelines.still.diffusion.family import Family
from pipelines.still.diffusion.passages import Passages, reads_on, split
from pipelines.still.diffusion.schedule import (
    Schedule,
    cut_consistency_schedule,
    cut_schedule,
)
from pipelines.still.diffusion.weights import Weights
from pipelines.still.diffusion.words import (
    Reader,
    Reading,
    find_readers,
    read,
    sentences,
)
from pipelines.still.engine import Request
from pipelines.still.look import join_words

if TYPE_CHECKING:
    from diffusers import SchedulerMixin


Readings = Mapping[str, Reading]
"""What each text encoder reads of one text, by the ending of its parameters."""


@dataclass(frozen=True)
class Habits:
    """How a model is usually run.

    Attributes:
        num_inference_steps: of the full schedule.
        guidance_scale: 1 and below is off.
        scheduler: a sampler's name; None is the model's own.
    """

    num_inference_steps: int
    guidance_scale: float
    scheduler: str | None = None


MODELS: Mapping[str, Habits] = {
    "sd-1.5": Habits(30, 7.5),
    "sdxl-1.0": Habits(30, 5.0),
    "sdxl-turbo": Habits(4, 0.0),
    "sd-3.5-medium": Habits(40, 4.5),
    "z-image-turbo": Habits(9, 0.0),
}
"""SD 3.5 and the distilled ones, which were trained without guidance, as their cards say; the older
two as they are commonly run."""

LORAS: Mapping[str, Habits] = {
    "lcm-lora-sd15": Habits(8, 1.0, "lcm"),
    "lcm-lora-sdxl": Habits(8, 1.0, "lcm"),
}
"""LoRAs that change how their model is run."""

FEW_STEPS: Mapping[str, Habits] = {
    "LCMScheduler": Habits(8, 1.0),
    "TCDScheduler": Habits(8, 1.0),
}
"""Models of one's own that come with the scheduler of a few-step method."""

UNKNOWN = Habits(30, 5.0)
"""Where neither we nor the library say."""

OFF = 1.0
"""Guidance up to which the model runs once a step, without the negative prompt."""

MANY_STEPS = 1000
"""Longest schedule where a scheduler does not say what it was trained on."""


@dataclass(frozen=True)
class Settings:
    """One request on one family.

    Attributes:
        prompt: what the model is told.
        negative_prompt: what it is told to avoid; None where that has no effect.
        guidance_scale: weight of the prompt.
        schedule: how many steps, and which share of them.
        seeds: one for each variation.
        words: what is said to each text encoder, by the pipeline's parameter.
        passages: the same in pieces, where it is longer than its encoders read at once; else empty.
        left_out: what no encoder reads, by ``prompt`` and ``negative_prompt``.
        warnings: sentences for the report.
    """

    prompt: str
    negative_prompt: str | None
    guidance_scale: float
    schedule: Schedule
    seeds: tuple[int, ...]
    words: Mapping[str, str]
    passages: Passages
    left_out: Mapping[str, str]
    warnings: tuple[str, ...]


def habits_of(weights: Weights, family: Family, scheduler: SchedulerMixin) -> Habits:
    """Return how these weights are usually run; LoRAs that change it come first."""
    for name in weights.loras:
        if name in LORAS:
            return LORAS[name]
    if weights.model in MODELS:
        return MODELS[weights.model]
    if not family.runs_every_step and type(scheduler).__name__ in FEW_STEPS:
        return FEW_STEPS[type(scheduler).__name__]
    steps = int(family.default("num_inference_steps", UNKNOWN.num_inference_steps))
    return Habits(steps, family.default(family.guidance_parameter, UNKNOWN.guidance_scale))


def settle(
    request: Request, weights: Weights, family: Family, habits: Habits, scheduler: SchedulerMixin
) -> Settings:
    """Return every setting of a run.

    Args:
        request: what is asked for.
        weights: by name.
        family: what the pipeline takes.
        habits: its defaults.
        scheduler: the one that will run.

    Raises:
        OutOfRange: more steps than the scheduler can make.
    """
    asked, look = request.guidance, request.look
    guidance = habits.guidance_scale if asked.guidance_scale is None else asked.guidance_scale
    guided = guidance > OFF and family.takes_negative_prompt
    schedule = _cut(request, family, habits, scheduler)
    prompt = join_words(asked.prompt, look.prompt)
    negative = join_words(asked.negative_prompt, look.negative_prompt) if guided else None
    told = {"prompt": prompt} | ({} if negative is None else {"negative_prompt": negative})
    readers = find_readers(family.pipeline, int(family.default("max_sequence_length", 0)))
    if reads_on(family, readers):
        passages, readings = _in_passages(readers, told)
    else:
        passages = {}
        readings = {what: _at_once(readers, text) for what, text in told.items()}
    notes = [schedule.note, *_unheard(request, weights.model, family, guided)]
    for what, each in readings.items():
        notes += sentences(each, what.replace("_", " "), weights.model)
    return Settings(
        prompt=prompt,
        negative_prompt=negative,
        guidance_scale=guidance,
        schedule=schedule,
        seeds=tuple(asked.seed + index for index in range(asked.variations)),
        words=told | dict(_words(readings)),
        passages=passages,
        left_out=dict(_left_out(readings)),
        warnings=tuple(filter(None, notes)),
    )


def _cut(request: Request, family: Family, habits: Habits, scheduler: SchedulerMixin) -> Schedule:
    steps = request.guidance.num_inference_steps or habits.num_inference_steps
    longest = _longest(scheduler)
    require_range("num_inference_steps", steps, 1, longest)
    if not family.takes_strength:
        return Schedule(steps, 1.0)
    cut = cut_consistency_schedule if family.runs_every_step else cut_schedule
    return cut(steps, request.strength, longest)


def _longest(scheduler: SchedulerMixin) -> int:
    """Return the most steps a scheduler can make."""
    few = type(scheduler).__name__ in FEW_STEPS
    key = "original_inference_steps" if few else "num_train_timesteps"
    return int(scheduler.config.get(key, MANY_STEPS))


def _at_once(readers: Sequence[Reader], text: str) -> Readings:
    """Return what each text encoder reads of a text, by the ending of its parameters."""
    return {reader.ending: read(reader, text) for reader in readers}


def _in_passages(
    readers: Sequence[Reader], told: Mapping[str, str]
) -> tuple[Passages, Mapping[str, Readings]]:
    """Return every text in pieces, none where all fit in one, and what is read of each."""
    pieces = {what: split(readers, text) for what, text in told.items()}
    readings: dict[str, Readings] = {
        what: {reader.ending: reading for reader in readers}
        for what, (_, reading) in pieces.items()
    }
    long = any(len(passages) > 1 for passages, _ in pieces.values())
    return {what: passages for what, (passages, _) in pieces.items() if long}, readings


def _words(readings: Mapping[str, Readings]) -> Iterator[tuple[str, str]]:
    for what, each in readings.items():
        yield from ((f"{what}{ending}", reading.kept) for ending, reading in each.items())


def _left_out(readings: Mapping[str, Readings]) -> Iterator[tuple[str, str]]:
    for what, each in readings.items():
        shortest = min((reading.left_out for reading in each.values()), key=len, default="")
        if shortest:
            yield what, shortest


def _unheard(request: Request, model: str, family: Family, guided: bool) -> Iterator[str]:
    """Say what was asked for and has no effect on this family."""
    if request.guidance.negative_prompt and not family.takes_negative_prompt:
        yield f"{model} takes no negative prompt, so it was left out."
    elif request.guidance.negative_prompt and not guided:
        yield f"Guidance is off for {model}, so the negative prompt has no effect."
    if not family.takes_strength:
        yield f"{model} edits the whole picture at once: the strength has no effect on it."
