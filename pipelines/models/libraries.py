"""diffusers and transformers: imported when needed, and told to keep quiet."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from pipelines.errors import MissingExtra
from pipelines.quiet import without_warnings

_TALK = threading.RLock()


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


def diffusers_class(name: str) -> Any:  # noqa: ANN401 - its own types are read where it is used
    """Return a class of the library, which imports what it needs only now; errors as above."""
    library = diffusers()
    with quietly():
        return getattr(library, name)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep the libraries' bars, remarks and warnings away inside; their errors still come.

    One thread at a time: how talkative they are belongs to the process.
    """
    import diffusers.utils.logging as first
    import transformers.utils.logging as second

    with _TALK, without_warnings(), ExitStack() as after:
        for library in (first, second):
            after.callback(library.set_verbosity, library.get_verbosity())
            if library.is_progress_bar_enabled():
                after.callback(library.enable_progress_bar)
            library.set_verbosity_error()
            library.disable_progress_bar()
        yield


@contextmanager
def without_empty_remark() -> Iterator[None]:
    """Drop what the library prints of an autoencoder that is cast: that no module is concerned."""
    talker = logging.getLogger("diffusers.models.modeling_utils")
    talker.addFilter(_is_news)
    try:
        yield
    finally:
        talker.removeFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return "should be kept in float32: []" not in record.getMessage()
