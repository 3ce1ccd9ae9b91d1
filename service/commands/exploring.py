"""``stillwave explore``, ``promote`` and ``remake``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.commands.options import (
    changes,
    json_option,
    out_option,
    recipe_options,
    source_option,
)
from service.commands.rendering import tell

if TYPE_CHECKING:
    from pipelines.context import Context
    from pipelines.report import ExplorationReport, RenderReport

FOLDER = "explore"
"""Where, below ``--out``, the drafts go."""

LOOKS = "golden-hour,studio-white,neon-night,watercolor"
CAMERAS = "orbit,push-in,rise"
"""Twelve directions that differ at first sight."""


@click.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--looks", default=LOOKS, show_default=True, metavar="LOOK,…", help="Looks to try.")
@click.option(
    "--cameras",
    default=CAMERAS,
    show_default=True,
    metavar="CAMERA,…",
    help='Cameras to try; combine moves with a plus: "orbit=6+push-in=0.08".',
)
@click.option("--seeds", metavar="SEED,…", help="Seeds to try; default: --seed alone.")
@out_option
@recipe_options(without=("look", "camera", "quality"))
@json_option
def explore(
    source: Path,
    looks: str,
    cameras: str,
    seeds: str | None,
    out: Path,
    as_json: bool,
    **options: object,
) -> None:
    """Render drafts of SOURCE, every look with every camera, into DIR/explore.

    \b
    stillwave explore cup.jpg --looks golden-hour,watercolor --cameras orbit,push-in
    """  # noqa: D301 - click's mark for "do not wrap"
    from pipelines.spec import RenderSpec
    from service.work import run

    spec = RenderSpec().revised(changes(options))

    def work(context: Context) -> ExplorationReport:
        from pipelines.explore import explore as explore_job
        from pipelines.variants import vary

        moves = [camera.replace("+", ",") for camera in _listed(cameras)]
        variants = vary(spec, _listed(looks), moves, _seeds(seeds, spec.seed))
        return explore_job(variants, source, out / FOLDER, context)

    _tell_drafts(run(work), out / FOLDER, as_json)


@click.command()
@click.argument("draft", type=click.Path(path_type=Path))
@source_option
@out_option
@recipe_options(without=("quality",))
@json_option
def promote(draft: Path, source: Path | None, out: Path, as_json: bool, **options: object) -> None:
    """Render the final of DRAFT: the same recipe, path and framing at full quality.

    Options given here win over the draft's recipe.
    """
    from service.work import run

    def work(context: Context) -> RenderReport:
        from pipelines.recall import promote as promote_job

        return promote_job(draft, out, context, source=source, changes=changes(options))

    tell(run(work), out, as_json)


@click.command()
@click.argument("artifact", type=click.Path(path_type=Path))
@source_option
@out_option
@json_option
def remake(artifact: Path, source: Path | None, out: Path, as_json: bool) -> None:
    """Repeat the recipe found in ARTIFACT."""
    from service.work import run

    def work(context: Context) -> RenderReport:
        from pipelines.recall import remake as remake_job

        return remake_job(artifact, out, context, source=source)

    tell(run(work), out, as_json)


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _seeds(text: str | None, default: int) -> list[int]:
    if text is None:
        return [default]
    from pipelines.errors import InvalidRecipe

    try:
        return [int(part) for part in _listed(text)]
    except ValueError as error:
        raise InvalidRecipe(
            f"the seeds {text!r} are not whole numbers",
            actual=text,
            allowed="numbers with commas between them",
            fix="write them as --seeds 0,1,2",
        ) from error


def _tell_drafts(report: ExplorationReport, folder: Path, as_json: bool) -> None:
    if as_json:
        click.echo(report.to_json())
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("draft", "what it is", "seam", "file", box=None, pad_edge=False)
    for draft in report.drafts:
        table.add_row(draft.id, draft.title, f"{draft.seam.ratio:.2f}", str(folder / draft.path))
    Console(soft_wrap=True).print(table)
    click.echo(f"{len(report.drafts)} drafts in {report.seconds:.1f} s")
    click.echo(f"{folder / report.page}  all of them, playing side by side")
    click.echo(f"{folder / report.contact_sheet}  all of them on one picture")
    click.echo(f"next: stillwave promote {folder / report.drafts[0].path}")
