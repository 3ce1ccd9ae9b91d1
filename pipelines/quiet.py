"""Libraries that warn about what a person gave us: we have our own sentence for it."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_FILTERS = threading.RLock()  # Python's warning filters belong to the process, not to a thread


@contextmanager
def without_warnings() -> Iterator[None]:
    """Ignore Python warnings inside; one thread at a time, so that filters are put back right."""
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
