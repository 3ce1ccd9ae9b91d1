"""Arrays kept by content: a mask or a depth map is computed once per source."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pipelines.files import publish

Arrays = dict[str, NDArray[Any]]


def cached(folder: Path, key: tuple[object, ...], compute: Callable[[], Arrays]) -> Arrays:
    """Return the arrays of ``key``, computing and keeping them the first time.

    The key must name everything that the result depends on: source hash, version of the method,
    options. A file that cannot be read (an older numpy, a damaged disk) is made anew.
    """
    digest = hashlib.sha256(repr(key).encode()).hexdigest()[:32]
    path = folder / f"{digest}.npz"
    if path.exists():
        try:
            with np.load(path, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, ValueError, BadZipFile, EOFError):
            path.unlink(missing_ok=True)
    arrays = compute()
    with publish(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy's stub wants one kind of array
    return arrays
