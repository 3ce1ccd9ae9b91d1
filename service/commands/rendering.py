"""``stillwave render``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.commands.options import changes, json_option, out_option, recipe_options
from service.reading import reading

if TYPE_CHECKING:
    from pipelines.context import Context
    from pipelines.report import RenderReport


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
@json_option
def render(
    source: Path,
    out: Path,
    recipe: Path | None,
    keep_frames: bool,
    as_json: bool,
    **options: object,
) -> None:
    """Turn SOURCE into loops, one file for each format.

    \b
    stillwave render cup.jpg --look golden-hour --camera orbit --for instagram-reel,gif
    """  # noqa: D301 - click's mark for "do not wrap"
    with reading(source) as still:
        from pipelines.spec import RenderSpec, load_recipe
        from service.work import run

        base = load_recipe(recipe) if recipe else RenderSpec()
        spec = base.revised(changes(options))

        def work(context: Context) -> RenderReport:
            from pipelines.render import render as render_job

            with context.stage("source"):
                opened = still()
            return render_job(spec, opened, out, context, keep_frames)

        report = run(work)
    tell(report, out, as_json)


def tell(report: RenderReport, out: Path, as_json: bool) -> None:
    """Say what was made: the report as JSON, or a line a file."""
    from service.console import say

    if as_json:
        click.echo(report.to_json())
        return
    for warning in report.warnings:
        say(f"note: {warning}")
    for artifact in report.artifacts:
        size = f"{artifact.width}×{artifact.height}, {artifact.fps:g} fps, {artifact.seconds:.2f} s"
        weight = f"{artifact.bytes / 1e6:.2f} MB, seam {artifact.seam.ratio:.2f}"
        click.echo(f"{out / artifact.path}  {size}, {weight}")
    click.echo(f"{out / 'report.json'}  what was done and measured")
