"""A still read beside the imports of whatever will use it: neither waits for the other."""

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
    """Start reading ``path``; what is given waits, develops it, and raises what went wrong.

    What opens a still is imported first and alone: two threads that import take turns, while one
    that reads leaves the interpreter to the other.
    """
    from pipelines.source.opening import open_still

    with ThreadPoolExecutor(1, thread_name_prefix="source") as beside:
        opened = beside.submit(open_still, path)

        def developed() -> Source:
            from pipelines.source.decoding import develop

            return develop(opened.result())

        yield developed
