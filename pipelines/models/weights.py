"""Which files may come into the store: safetensors and plain text, never code and never pickles.

A pickle runs whatever code its author put into it when it is read; a safetensors file is numbers
behind a JSON header (format: https://github.com/huggingface/safetensors). A file is judged by its
first bytes as well as by its name.
"""

from __future__ import annotations

import json
from pathlib import Path

PICKLES = frozenset({".bin", ".ckpt", ".joblib", ".pickle", ".pkl", ".pt", ".pt2", ".pth"})
"""Suffixes of files that are, or may be, pickles."""

CODE = frozenset({".py", ".pyc", ".so", ".dll", ".dylib"})

TAKEN = frozenset({".safetensors", ".json", ".txt", ".model", ".jinja"})
"""Suffixes of what a pipeline is made of: weights, configs, vocabularies, and how a language model
is shown a conversation (a template, which its library renders in a sandbox)."""

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_LONGEST_HEADER = 100_000_000


def is_refused(path: Path) -> bool:
    """Whether the mere presence of this file forbids the folder that holds it."""
    return path.suffix.lower() in PICKLES | CODE


def objection(path: Path) -> str | None:
    """Say in a clause why this file must not be used; None when nothing speaks against it.

    Reads a few bytes, and the header of a safetensors file; not the weights themselves.
    """
    suffix = path.suffix.lower()
    if suffix in PICKLES:
        return f"{path} is a pickle, which can run code when it is read"
    if suffix in CODE:
        return f"{path} is program code"
    if suffix == ".safetensors":
        return _safetensors_objection(path)
    return None


def _safetensors_objection(path: Path) -> str | None:
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        if start[:4] == _ZIP or (start[:1] == _PICKLE and start[1:2] in b"\x02\x03\x04\x05"):
            return f"{path} is a pickle under the name of safetensors, which can run code"
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > min(_LONGEST_HEADER, size - 8):
            return f"{path} is not a whole safetensors file"
        ends = _tensor_ends(file.read(length))
    if ends is None or max(ends, default=0) != size - 8 - length:
        return f"{path} is not a whole safetensors file"
    return None


def _tensor_ends(header: bytes) -> list[int] | None:
    """Return where each tensor ends, in bytes after the header; None when it is no header."""
    try:
        entries = json.loads(header)
        return [
            int(entry["data_offsets"][1]) for name, entry in entries.items() if name[:2] != "__"
        ]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
