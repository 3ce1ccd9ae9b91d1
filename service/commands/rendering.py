"""``stillwave render``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.commands.options import (
    changes,
    json_option,
    out_option,
    preview_option,
    recipe_options,
    refuse_with_server,
    server_option,
)
from service.previews import into_file
from service.reading import reading
from service.tuning import warm_memory

BYTES_A_PIXEL = 128
"""Of memory for a pixel of a frame: a reel of 3 s was seen to take half as much again."""

if TYPE_CHECKING:
    from pipelines.context import Context, PreviewListener
    from pipelines.media import Source
    from pipelines.spec import RenderSpec


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@out_option
@recipe_options()
@click.option(
    "--recipe",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A recipe as JSON, or a report.json; options given beside it win.",
)
@click.option("--keep-frames", is_flag=True, help="Also keep the first format's frames as PNG.")
@preview_option
@server_option
@json_option
def render(
    source: Path,
    out: Path,
    recipe: Path | None,
    keep_frames: bool,
    preview: Path | None,
    server: str | None,
    as_json: bool,
    **options: object,
) -> None:
    """Turn SOURCE into loops, one file for each format.

    \b
    stillwave render cup.jpg --look golden-hour --camera orbit --for instagram-reel,gif
    """  # noqa: D301 - click's mark for "do not wrap"
    if server is not None:
        refuse_with_server(keep_frames=keep_frames, preview=preview)
        report = _rendered_by(server, source, _spec(recipe, options), out)
    else:
        shown = None if preview is None else into_file(preview)
        with reading(source) as still:
            report = _rendered_here(still, _spec(recipe, options), out, keep_frames, shown)
    tell(report, out, as_json)


def _spec(recipe: Path | None, options: Mapping[str, object]) -> RenderSpec:
    from pipelines.spec import RenderSpec, load_recipe

    base = load_recipe(recipe) if recipe else RenderSpec()
    return base.revised(changes(options))


def _rendered_here(
    still: Callable[[], Source],
    spec: RenderSpec,
    out: Path,
    keep_frames: bool,
    preview: PreviewListener | None,
) -> str:
    warm_memory(_least_memory(spec))  # imports, which come next, leave a core idle

    from service.work import run

    def work(context: Context) -> str:
        from pipelines.render import get_ready
        from pipelines.render import render as render_job

        get_ready()
        with context.stage("source"):
            opened = still()
        return render_job(spec, opened, out, context, keep_frames).to_json()

    return run(work, preview=preview)


def _least_memory(spec: RenderSpec) -> int:
    """Return bytes that a recipe needs, at least, for frames whose size its format fixes."""
    from pipelines.encode import FORMATS

    if spec.quality == "draft":
        return 0
    sizes = [size for name in spec.formats if (size := FORMATS[name].size)]
    return BYTES_A_PIXEL * max(map(prod, sizes), default=0)


def _rendered_by(server: str, source: Path, spec: RenderSpec, out: Path) -> str:
    from service.commands.remotely import render_remotely

    return render_remotely(server, spec, source, out)


def tell(report: str, out: Path, as_json: bool) -> None:
    """Say what was made: the report's text as it is, or a line a file."""
    from service.console import say

    if as_json:
        click.echo(report)
        return
    said = json.loads(report)
    for warning in said["warnings"]:
        say(f"note: {warning}")
    for artifact in said["artifacts"]:
        size = "{width}×{height}, {fps:g} fps, {seconds:.2f} s".format(**artifact)
        weight = f"{artifact['bytes'] / 1e6:.2f} MB, seam {artifact['seam']['ratio']:.2f}"
        click.echo(f"{out / artifact['path']}  {size}, {weight}")
    click.echo(f"{out / 'report.json'}  what was done and measured")
