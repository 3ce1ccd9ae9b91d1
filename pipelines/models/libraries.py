"""diffusers and transformers: imported when needed, and told to keep quiet."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from pipelines.errors import MissingExtra


def diffusers() -> ModuleType:
    """Return the library.

    Raises:
        MissingExtra: it, or what it stands on, is not installed.
    """
    try:
        with quietly():
            return importlib.import_module("diffusers")
    except ImportError as error:
        raise MissingExtra("loading a diffusion model", "diffusion") from error


@contextmanager
def quietly() -> Iterator[None]:
    """Keep the libraries' bars and remarks from the terminal inside; their errors still come."""
    import diffusers.utils.logging as first
    import transformers.utils.logging as second

    before = [(library, library.get_verbosity()) for library in (first, second)]
    for library, _ in before:
        library.set_verbosity_error()
        library.disable_progress_bar()
    try:
        yield
    finally:
        for library, verbosity in before:
            library.set_verbosity(verbosity)
            library.enable_progress_bar()
