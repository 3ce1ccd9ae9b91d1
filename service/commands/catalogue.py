"""``stillwave formats``, ``looks`` and ``cameras``: the plug-ins, as they describe themselves."""

from __future__ import annotations

from collections.abc import Sequence

import click

from service.cli import emit
from service.commands.options import json_option


@click.command()
@json_option
def formats(as_json: bool) -> None:
    """List the formats and what their platforms take."""
    from pipelines.encode import FORMATS

    rows: list[dict[str, object]] = [
        {
            "name": name,
            "title": kind.title,
            "container": kind.container,
            "size": None if kind.size is None else list(kind.size),
            "fps": kind.fps,
            "limits": vars(kind.limits),
            "source": kind.source,
            "read_on": kind.read_on,
        }
        for name, kind in FORMATS.items()
    ]
    lines = [
        (
            name,
            "{}×{}".format(*kind.size) if kind.size else "still's own shape",
            f"{kind.fps:g} fps",
            kind.title,
        )
        for name, kind in FORMATS.items()
    ]
    _show("formats", rows, lines, as_json)


@click.command()
@json_option
def looks(as_json: bool) -> None:
    """List the looks."""
    from pipelines.still import LOOKS

    rows: list[dict[str, object]] = [
        {
            "name": name,
            "title": look.title,
            "description": look.description,
            "prompt": look.prompt,
            "negative_prompt": look.negative_prompt,
            "strength": look.strength,
        }
        for name, look in LOOKS.items()
    ]
    lines = [(name, look.description) for name, look in LOOKS.items()]
    _show("looks", rows, lines, as_json)


@click.command()
@json_option
def cameras(as_json: bool) -> None:
    """List the camera moves, their units and directions."""
    from pipelines.camera.preset import MOVES

    rows: list[dict[str, object]] = [
        {
            "name": name,
            "title": move.title,
            "description": move.description,
            "unit": move.unit,
            "default": move.default,
            "limits": list(move.limits),
            "directions": list(move.directions),
        }
        for name, move in MOVES.items()
    ]
    lines = [
        (
            " ".join((name, *(f"-{direction}" for direction in move.directions))),
            f"{move.default:g} {move.unit}",
            move.description,
        )
        for name, move in MOVES.items()
    ]
    _show("cameras", rows, lines, as_json)


def _show(
    key: str, rows: list[dict[str, object]], lines: Sequence[tuple[str, ...]], as_json: bool
) -> None:
    if as_json:
        emit({key: rows})
        return
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        cells = (f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
