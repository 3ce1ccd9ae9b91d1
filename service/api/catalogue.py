"""``/v1/looks`` and its siblings: the plug-ins, as they describe themselves."""

from __future__ import annotations

import ast
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from service.api.desk import AtDesk, Desk, Reader, in_thread
from service.api.schemas import CatalogueResource

router = APIRouter(prefix="/v1", tags=["catalogue"])


@router.get("/looks")
async def list_looks(caller: Reader) -> CatalogueResource:
    """List what a still can be turned into."""
    return await in_thread(_looks)


@router.get("/cameras")
async def list_cameras(caller: Reader) -> CatalogueResource:
    """List the camera moves with their units and directions."""
    return await in_thread(_cameras)


@router.get("/ambient")
async def list_ambient(caller: Reader) -> CatalogueResource:
    """List what can be alive in a scene beside the camera."""
    return await in_thread(_ambient)


@router.get("/formats")
async def list_formats(caller: Reader) -> CatalogueResource:
    """List the platforms' formats with their limits, and where those were read."""
    return await in_thread(_formats)


@router.get("/engines")
async def list_engines(caller: Reader) -> CatalogueResource:
    """List who restyles the still and who puts it in motion."""
    return await in_thread(_engines)


@router.get("/models")
async def list_models(desk: AtDesk, caller: Reader) -> CatalogueResource:
    """List the weights that are known, and which are here."""
    return await in_thread(_models, desk)


@cache
def _looks() -> CatalogueResource:
    from pipelines.still import LOOKS

    keys = ("title", "description", "prompt", "negative_prompt", "strength")
    return _listed({name: _said(look, keys) for name, look in LOOKS.items()})


@cache
def _cameras() -> CatalogueResource:
    from pipelines.camera.preset import MOVES

    keys = ("title", "description", "unit", "default", "limits", "directions")
    return _listed({name: _said(move, keys) for name, move in MOVES.items()})


@cache
def _ambient() -> CatalogueResource:
    from pipelines.motion.ambient import AMBIENT

    return _listed(
        {name: _said(effect, ("title", "description")) for name, effect in AMBIENT.items()}
    )


@cache
def _formats() -> CatalogueResource:
    from pipelines.encode import FORMATS

    keys = ("title", "container", "size", "fps", "source", "read_on")
    return _listed(
        {
            name: _said(kind, keys) | {"limits": asdict(kind.limits)}
            for name, kind in FORMATS.items()
        }
    )


@cache
def _engines() -> CatalogueResource:
    """Describe engines by their files: importing some would load torch into this process."""
    from pipelines.motion.engine import MOTION_ENGINES
    from pipelines.still import STILL_ENGINES

    rooms = {"still": STILL_ENGINES.names, "motion": MOTION_ENGINES.names}
    return _listed(
        {
            name: {"stage": stage, "description": _headline(f"pipelines.{stage}.engines", name)}
            for stage, names in rooms.items()
            for name in names
        }
    )


def _models(desk: Desk) -> CatalogueResource:
    from pipelines.models import installed, known_models

    store = desk.settings.data_dir / "models"
    here = installed(store)
    return _listed(
        {
            model.name: {
                "object": "model",
                "kind": model.kind,
                "purpose": model.purpose,
                "bytes": model.size,
                "licence": model.licence,
                "installed": model.name in here,
            }
            for model in known_models(store)
        }
    )


def _listed(entries: dict[str, dict[str, Any]]) -> CatalogueResource:
    return CatalogueResource(data=tuple({"id": name, **said} for name, said in entries.items()))


def _said(plugin: object, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: getattr(plugin, key) for key in keys}


def _headline(room: str, name: str) -> str:
    """Return the first line of a plug-in's docstring without running its file."""
    spec = find_spec(f"{room}.{name.replace('-', '_')}")
    assert spec is not None
    assert spec.origin is not None
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_text("utf-8"))) or ""
    return text.splitlines()[0]
