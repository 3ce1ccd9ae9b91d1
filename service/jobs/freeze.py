"""The pipelines' nouns ↔ one file, so that a later stage, or another process, takes over.

A file is a NumPy archive: the arrays, and a JSON text that says where they belong. What has no
arrays is told as that text alone. Only the classes named here come out again; nothing is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from pipelines.describe import Examination
from pipelines.media import (
    Artifact,
    CameraTrack,
    Check,
    Clip,
    DepthMap,
    Framing,
    Loop,
    Seam,
    Showing,
    Source,
    Still,
    Subject,
)
from pipelines.prepare import Scene
from pipelines.report import FidelityReport, TextReport

Array = NDArray[Any]

_CLASSES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Artifact,
        CameraTrack,
        Check,
        Clip,
        DepthMap,
        Examination,
        FidelityReport,
        Framing,
        Loop,
        Scene,
        Seam,
        Showing,
        Source,
        Still,
        Subject,
        TextReport,
    )
}

_CLASS, _ARRAY, _TUPLE, _PATH, _MAP = "class", "array", "tuple", "path", "map"
_TEXT = "document"

UNTOLD = ("render", "paper")
"""Fields that draw. A clip's frames are told instead; a still that is framed needs no paper."""


def freeze(noun: object, path: Path) -> None:
    """Write a noun; a clip is written with all its frames, so it should be a small one."""
    arrays: list[Array] = []
    document = json.dumps(_told(noun, arrays))
    parts = {str(index): array for index, array in enumerate(arrays)}
    np.savez(path, allow_pickle=False, **{_TEXT: np.array(document)}, **parts)


def thaw(path: Path) -> Any:  # noqa: ANN401 - whatever was frozen
    """Read a noun back.

    Raises:
        ValueError: not such a file, or of another version.
    """
    with np.load(path, allow_pickle=False) as archive:
        return _made(json.loads(str(archive[_TEXT])), archive)


def tell(noun: object) -> object:
    """Return a noun without arrays as a JSON document.

    Raises:
        ValueError: it has some.
    """
    arrays: list[Array] = []
    document = _told(noun, arrays)
    if arrays:
        raise ValueError("a noun with arrays is frozen into a file")
    return document


def understand(document: object) -> Any:  # noqa: ANN401 - whatever was told
    """Return the noun of a document that `tell` wrote.

    Raises:
        ValueError: of another version.
    """
    return _made(document, {})


def _told(value: Any, arrays: list[Array]) -> object:  # noqa: ANN401
    if isinstance(value, np.ndarray):
        return {_ARRAY: _place(value, arrays)}
    if isinstance(value, Path):
        return {_PATH: str(value)}
    if isinstance(value, tuple | list):
        return {_TUPLE: [_told(item, arrays) for item in value]}
    if isinstance(value, Mapping):
        return {_MAP: {str(key): _told(item, arrays) for key, item in value.items()}}
    if isinstance(value, BaseModel):
        return {_CLASS: type(value).__name__, _MAP: value.model_dump(mode="json")}
    if is_dataclass(value):
        return {_CLASS: type(value).__name__, _MAP: _parts(value, arrays)}
    return value.item() if isinstance(value, np.generic) else value


def _place(array: Array, arrays: list[Array]) -> int:
    """Return where an array stands among ``arrays``; nouns share many, and each is kept once."""
    for index, known in enumerate(arrays):
        if known is array:
            return index
    arrays.append(array)
    return len(arrays) - 1


def _parts(value: Any, arrays: list[Array]) -> dict[str, object]:  # noqa: ANN401
    names = [field.name for field in fields(value) if field.name not in UNTOLD]
    parts = {name: _told(getattr(value, name), arrays) for name in names}
    if isinstance(value, Clip):
        parts["render"] = _told(value.stack(), arrays)
    return parts


def _made(told: Any, arrays: Mapping[str, Array]) -> Any:  # noqa: ANN401
    if not isinstance(told, dict):
        return told
    if _CLASS in told:
        return _noun(told, arrays)
    if _ARRAY in told:
        return arrays[str(told[_ARRAY])]
    if _PATH in told:
        return Path(told[_PATH])
    if _TUPLE in told:
        return tuple(_made(item, arrays) for item in told[_TUPLE])
    return {key: _made(item, arrays) for key, item in told[_MAP].items()}


def _noun(told: Mapping[str, Any], arrays: Mapping[str, Array]) -> object:
    kind = _CLASSES.get(told[_CLASS])
    if kind is None:
        raise ValueError(f"no noun is called {told[_CLASS]!r}")
    if issubclass(kind, BaseModel):
        return kind.model_validate(told[_MAP])
    parts = {name: _made(part, arrays) for name, part in told[_MAP].items()}
    if kind is Clip:
        frames = parts["render"]
        parts["render"] = lambda index: frames[index]
    return kind(**parts)
