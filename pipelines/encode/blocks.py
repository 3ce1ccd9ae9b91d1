"""The bare structure of the containers: MP4 boxes, GIF blocks, RIFF chunks.

Sources: ISO/IEC 14496-12 §4.2 (boxes), GIF89a §12 to §27, the WebP container specification.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

_PARENTS = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl"}


Chunk = tuple[bytes, bytes]
"""Name and content of a RIFF chunk."""


class Box(NamedTuple):
    """One MP4 box: its path from the top (``"moov/trak/edts"``), where it starts, its length."""

    path: str
    start: int
    length: int


def mp4_boxes(path: Path) -> list[Box]:
    """List the boxes of an MP4 or MOV file in file order; stops where the file ends early."""
    with path.open("rb") as file:
        return list(_boxes(file, 0, path.stat().st_size, ""))


def _boxes(file: BinaryIO, start: int, end: int, parent: str) -> Iterator[Box]:
    while start + 8 <= end:
        file.seek(start)
        length, name = struct.unpack(">I4s", file.read(8))
        header = 8
        if length == 1:
            header, length = 16, struct.unpack(">Q", file.read(8).ljust(8, b"\0"))[0]
        length = length or end - start
        if length < header:
            return
        path = parent + name.decode("latin-1")
        yield Box(path, start, length)
        if name in _PARENTS:
            yield from _boxes(file, start + header, min(end, start + length), path + "/")
        start += length


class GifBlocks(NamedTuple):
    """What the blocks of a GIF say.

    Attributes:
        delays: of each frame, in centiseconds.
        loops: how often it repeats; 0 is forever, None when nothing is said (it plays once).
        comment: text of the comment extensions, joined.
    """

    delays: tuple[int, ...]
    loops: int | None
    comment: str


def gif_blocks(data: bytes) -> GifBlocks:
    """Read the blocks of a GIF, as far as it goes."""
    at = 13 + _table_length(data[10])
    delays: list[int] = []
    comments: list[bytes] = []
    loops: int | None = None
    while at < len(data) and data[at] != 0x3B:
        if data[at] == 0x2C:
            at, _ = _sub_blocks(data, at + 11 + _table_length(data[at + 9]))
            continue
        label = data[at + 1]
        at, parts = _sub_blocks(data, at + 2)
        if label == 0xF9:
            delays.append(int.from_bytes(parts[0][1:3], "little"))
        elif label == 0xFE:
            comments += parts
        elif label == 0xFF and parts[0] == b"NETSCAPE2.0":
            loops = int.from_bytes(parts[1][1:3], "little")
    return GifBlocks(tuple(delays), loops, b"".join(comments).decode("utf-8", "replace"))


def gif_comment(text: str) -> bytes:
    """Return a comment extension holding ``text`` in UTF-8."""
    data = text.encode()
    parts = [data[start : start + 255] for start in range(0, len(data), 255)]
    return b"\x21\xfe" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def riff_chunks(data: bytes) -> list[Chunk]:
    """List the (name, content) chunks of a RIFF file, as far as it goes."""
    chunks: list[Chunk] = []
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack("<4sI", data[at : at + 8])
        chunks.append((name, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return chunks


def riff(kind: bytes, chunks: list[Chunk]) -> bytes:
    """Return a RIFF file of ``chunks``."""
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + kind + body


def _table_length(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(data: bytes, at: int) -> tuple[int, list[bytes]]:
    """Read data sub-blocks; return where they end and what they hold."""
    parts: list[bytes] = []
    while at < len(data) and data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return at + 1, parts
