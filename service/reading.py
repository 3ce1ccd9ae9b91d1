"""A still decoded beside the imports of whatever will use it: neither waits for the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.media import Source


@contextmanager
def reading(path: Path) -> Iterator[Callable[[], Source]]:
    """Start decoding ``path``; what is given waits for the result, or raises what went wrong.

    The decoder is imported first and alone: two threads that import take turns, while one that
    decodes leaves the interpreter to the other.
    """
    from pipelines.source.decoding import decode

    with ThreadPoolExecutor(1, thread_name_prefix="source") as beside:
        yield beside.submit(decode, path).result
