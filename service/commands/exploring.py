"""``stillwave explore``, ``promote`` and ``remake``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from service.commands.options import (
    changes,
    json_option,
    out_option,
    preview_option,
    recipe_options,
    refuse_with_server,
    server_option,
    source_option,
)
from service.commands.rendering import tell
from service.previews import into_file

if TYPE_CHECKING:
    from pipelines.context import Context, PreviewListener
    from pipelines.report import RenderReport
    from pipelines.spec import RenderSpec

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
@server_option
@json_option
def explore(
    source: Path,
    looks: str,
    cameras: str,
    seeds: str | None,
    out: Path,
    server: str | None,
    as_json: bool,
    **options: object,
) -> None:
    """Render drafts of SOURCE, every look with every camera, into DIR/explore.

    \b
    stillwave explore cup.jpg --looks golden-hour,watercolor --cameras orbit,push-in
    """  # noqa: D301 - click's mark for "do not wrap"
    from pipelines.spec import RenderSpec

    spec = RenderSpec().revised(changes(options))
    moves = [camera.replace("+", ",") for camera in _listed(cameras)]
    axes = Axes(_listed(looks), moves, _seeds(seeds, spec.seed))
    folder = out / FOLDER
    if server is None:
        report = _explored_here(spec, source, folder, axes)
    else:
        from service.commands.remotely import explore_remotely

        report = explore_remotely(server, spec, source, folder, axes._asdict())
    _tell_drafts(report, folder, as_json)


class Axes(NamedTuple):
    """What the drafts differ in."""

    looks: list[str]
    cameras: list[str]
    seeds: list[int]


def _explored_here(spec: RenderSpec, source: Path, folder: Path, axes: Axes) -> str:
    from service.work import run

    def work(context: Context) -> str:
        from pipelines.explore import explore as explore_job
        from pipelines.variants import vary

        return explore_job(vary(spec, *axes), source, folder, context).to_json()

    return run(work)


@click.command()
@click.argument("draft", type=click.Path(path_type=Path))
@source_option
@out_option
@recipe_options(without=("quality",))
@preview_option
@server_option
@json_option
def promote(
    draft: Path,
    source: Path | None,
    out: Path,
    preview: Path | None,
    server: str | None,
    as_json: bool,
    **options: object,
) -> None:
    """Render the final of DRAFT: the same recipe, path and framing at full quality.

    Options given here win over the draft's recipe.
    """
    wanted = changes(options)
    if server is not None:
        refuse_with_server(preview=preview)
        report = _again_by(server, draft, source, out, {"quality": "final", **wanted})
    else:
        from pipelines.recall import promote as promote_job

        report = _again_here(
            lambda job: promote_job(draft, out, job, source=source, changes=wanted),
            None if preview is None else into_file(preview),
        )
    tell(report, out, as_json)


@click.command()
@click.argument("artifact", type=click.Path(path_type=Path))
@source_option
@out_option
@server_option
@json_option
def remake(
    artifact: Path, source: Path | None, out: Path, server: str | None, as_json: bool
) -> None:
    """Repeat the recipe found in ARTIFACT."""
    if server is not None:
        report = _again_by(server, artifact, source, out, {})
    else:
        from pipelines.recall import remake as remake_job

        report = _again_here(lambda job: remake_job(artifact, out, job, source=source))
    tell(report, out, as_json)


def _again_here(
    render: Callable[[Context], RenderReport], preview: PreviewListener | None = None
) -> str:
    from service.work import run

    return run(lambda context: render(context).to_json(), preview=preview)


def _again_by(
    server: str, artifact: Path, source: Path | None, out: Path, wanted: Mapping[str, object]
) -> str:
    """Have a service render an artifact's recipe, with what is wanted otherwise."""
    from pipelines.recall import find_source, recall
    from service.commands.remotely import render_remotely

    spec, found = recall(artifact)
    still = find_source(found, artifact, source)
    return render_remotely(server, spec.revised(wanted), still, out)


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


def _tell_drafts(report: str, folder: Path, as_json: bool) -> None:
    if as_json:
        click.echo(report)
        return
    said = json.loads(report)
    from rich.console import Console
    from rich.table import Table

    table = Table("draft", "what it is", "seam", "file", box=None, pad_edge=False)
    for draft in said["drafts"]:
        seam = f"{draft['seam']['ratio']:.2f}"
        table.add_row(draft["id"], draft["title"], seam, str(folder / draft["path"]))
    Console(soft_wrap=True).print(table)
    click.echo(f"{len(said['drafts'])} drafts in {said['seconds']:.1f} s")
    click.echo(f"{folder / said['page']}  all of them, playing side by side")
    click.echo(f"{folder / said['contact_sheet']}  all of them on one picture")
    click.echo(f"next: stillwave promote {folder / said['drafts'][0]['path']}")
