"""Options that several commands share, and how they become a recipe."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.errors import InvalidInput

Command = TypeVar("Command", bound=Callable[..., Any])

PATHS: dict[str, tuple[str, ...]] = {
    "look": ("look", "name"),
    "strength": ("look", "strength"),
    "prompt": ("look", "prompt"),
    "negative_prompt": ("look", "negative_prompt"),
    "look_engine": ("look", "engine"),
    "look_model": ("look", "model"),
    "guidance_scale": ("look", "guidance_scale"),
    "variations": ("look", "variations"),
    "engine": ("motion", "engine"),
    "model": ("motion", "model"),
    "motion_bucket_id": ("motion", "motion_bucket_id"),
    "noise_aug_strength": ("motion", "noise_aug_strength"),
    "camera_strength": ("motion", "camera_strength"),
    "motion_mask": ("motion", "mask"),
    "num_frames": ("motion", "num_frames"),
    "num_inference_steps": ("motion", "num_inference_steps"),
    "formats": ("formats",),
    "fov": ("fov_deg",),
}
"""Option → its place in the recipe, where that is not its own name."""

_OPTIONS = {
    "look": click.option("--look", help="A look: golden-hour, winter … (see: stillwave looks)."),
    "strength": click.option(
        "--strength", type=float, help="Of the look: 0 the still as it is, 1 full."
    ),
    "prompt": click.option(
        "--prompt", help="Words for generative engines; they join the look's own, yours first."
    ),
    "negative_prompt": click.option("--negative-prompt", help="What generative engines avoid."),
    "look_engine": click.option(
        "--look-engine", help="grade (on the CPU), or img2img: the look by its prompt."
    ),
    "look_model": click.option("--look-model", help="img2img: weights (see: stillwave models)."),
    "guidance_scale": click.option(
        "--guidance-scale", type=float, help="img2img: weight of the prompt."
    ),
    "variations": click.option(
        "--variations", type=int, help="img2img: pictures in one batch; the first is animated."
    ),
    "backdrop": click.option(
        "--backdrop", help="Cut the product out and put it on this backdrop or plate."
    ),
    "camera": click.option(
        "--camera", help='"orbit", "orbit=6", "orbit=6,push-in=0.08" (see: cameras).'
    ),
    "intensity": click.option("--intensity", type=float, help="Scales the camera's moves, 0 to 2."),
    "ambient": click.option("--ambient", help='"steam", "snow=0.7,haze=0.3": what else moves.'),
    "engine": click.option(
        "--engine",
        help="Motion engine: parallax, svd, remote; auto takes the best this machine has. "
        "img2img, alone or before a comma, is the still engine.",
    ),
    "model": click.option("--model", help="Generative engines: weights, or the server's model."),
    "depth": click.option(
        "--depth", metavar="FILE", help="Depth map of the still's size, white is near."
    ),
    "mask": click.option(
        "--mask", metavar="FILE", help="Mask of the still's size, white is the product."
    ),
    "relief": click.option("--relief", type=float, help="Depth of the scene, 0 (flat) to 2."),
    "fov": click.option("--fov", type=float, help="Field of view along the longer side, degrees."),
    "protect": click.option("--protect", help="What is measured for harm: subject,text."),
    "motion_bucket_id": click.option(
        "--motion-bucket-id", type=int, help="Generative engines: 1 to 255."
    ),
    "noise_aug_strength": click.option(
        "--noise-aug-strength", type=float, help="Generative engines: 0 to 1."
    ),
    "camera_strength": click.option(
        "--camera-strength", type=float, help="svd: 0 leaves the motion to the model, 1 the path."
    ),
    "motion_mask": click.option(
        "--motion-mask", metavar="FILE", help="Mask: white is where things beside the camera move."
    ),
    "num_frames": click.option(
        "--num-frames", type=int, help="svd: frames the model makes; fewer take less memory."
    ),
    "num_inference_steps": click.option(
        "--num-inference-steps", type=int, help="svd: denoising steps."
    ),
    "seed": click.option("--seed", type=int, help="Seeds everything that has chance in it."),
    "seconds": click.option("--seconds", type=float, help="Length of one loop, 0.5 to 60 s."),
    "fps": click.option("--fps", type=float, help="Frames per second; default: the format's own."),
    "loop": click.option("--loop", metavar="MODE", help="closed, pingpong, crossfade or none."),
    "formats": click.option(
        "--for", "formats", metavar="FORMAT,…", help="Formats (see: stillwave formats)."
    ),
    "quality": click.option("--quality", help="draft (small, quick) or final."),
}
"""Options that end up in the recipe, by name."""


def recipe_options(*, without: Collection[str] = ()) -> Callable[[Command], Command]:
    """Give a command every option that ends up in the recipe, or all but a few."""

    def decorate(command: Command) -> Command:
        for name in reversed(_OPTIONS):
            if name not in without:
                command = _OPTIONS[name](command)
        return command

    return decorate


def json_option(command: Command) -> Command:
    """Give a command ``--json``."""
    help_text = "Print one JSON document on stdout and nothing else there."
    return click.option("--json", "as_json", is_flag=True, help=help_text)(command)


def out_option(command: Command) -> Command:
    """Give a command ``--out``."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path),
        default=Path("out"),
        show_default=True,
        metavar="DIR",
        help="Folder for the results.",
    )(command)


def preview_option(command: Command) -> Command:
    """Give a command ``--preview``."""
    return click.option(
        "--preview",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="img2img, svd: a .jpg or .png that shows the work every few steps.",
    )(command)


def refuse_with_server(**given: object) -> None:
    """Refuse options that a service has nothing for.

    Raises:
        InvalidInput: one of them was given.
    """
    for name, value in given.items():
        if value:
            option = f"--{name.replace('_', '-')}"
            raise InvalidInput(
                f"a service cannot do {option}",
                actual=option,
                fix=f"leave {option} out, or --server",
            )


def server_option(command: Command) -> Command:
    """Give a command ``--server``."""
    return click.option(
        "--server",
        metavar="URL",
        help="Have it done by the service at this address; its key: STILLWAVE_SERVER_KEY.",
    )(command)


def source_option(command: Command) -> Command:
    """Give a command ``--source``."""
    return click.option(
        "--source",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The still, where it is no longer at the place it was rendered from.",
    )(command)


def changes(options: Mapping[str, object]) -> dict[str, Any]:
    """Turn the options that were given into a part of a recipe.

    >>> changes({"look": "winter", "strength": 0.5, "seed": None})
    {'look': {'name': 'winter', 'strength': 0.5}}
    >>> changes({"engine": "grade,parallax"})
    {'motion': {'engine': 'parallax'}, 'look': {'engine': 'grade'}}
    """
    result: dict[str, Any] = {}
    for name, value in _by_stage(options).items():
        if value is None:
            continue
        *above, last = PATHS.get(name, (name,))
        place = result
        for key in above:
            place = place.setdefault(key, {})
        place[last] = value
    return result


def _by_stage(options: Mapping[str, object]) -> dict[str, object]:
    """Give each engine that ``--engine`` names to its own stage."""
    result, named = dict(options), options.get("engine")
    if not isinstance(named, str):
        return result
    from pipelines.still import STILL_ENGINES

    names = [part.strip() for part in named.split(",")]
    stills = [name for name in names if name in STILL_ENGINES.names]
    motions = [name for name in names if name not in stills]
    result["engine"] = ",".join(motions) or None
    if stills:
        result["look_engine"] = stills[-1]
    return result
