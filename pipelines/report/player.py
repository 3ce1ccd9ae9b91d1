"""One self-contained page on which all drafts of an exploration play in step."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import cv2

from pipelines.files import output_errors
from pipelines.report.exploration import DraftReport, Tile

PLACE = "/*DRAFTS*/[]"
"""Where the page takes its data from."""


def write_player(path: Path, tiles: Sequence[Tile], drafts: Sequence[DraftReport]) -> None:
    """Write the page; the drafts' files lie beside it and are copied into it.

    Args:
        path: of the page.
        tiles: posters come from their first frames.
        drafts: the same drafts, in the same order.
    """
    entries = [
        {
            "id": draft.id,
            "title": draft.title,
            "width": draft.width,
            "height": draft.height,
            "fps": draft.fps,
            "seam": round(draft.seam.ratio, 2),
            "recipe": draft.recipe,
            "poster": _poster(tile),
            "video": _data("video/mp4", (path.parent / draft.path).read_bytes()),
        }
        for tile, draft in zip(tiles, drafts, strict=True)
    ]
    template = (files("pipelines.report") / "player.html").read_text(encoding="utf-8")
    data = json.dumps(entries, ensure_ascii=False).replace("</", "<\\/")
    with output_errors(path.parent):
        path.write_text(template.replace(PLACE, data), encoding="utf-8")


def _poster(tile: Tile) -> str:
    picture = cv2.cvtColor(tile.frames[0], cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return _data("image/jpeg", encoded.tobytes())


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
