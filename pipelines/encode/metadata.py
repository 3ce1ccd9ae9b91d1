"""The recipe inside the file: written with it, read back from it.

MP4 keeps it in its ``comment`` tag, GIF in a comment extension, WebP in ``dc:description`` of its
XMP chunk.
"""

from __future__ import annotations

from pathlib import Path

import av

from pipelines.encode.blocks import gif_blocks, gif_comment, riff_chunks

_DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"
_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>'
    '<rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt>'
    "</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
)


def embed_gif(path: Path, text: str) -> None:
    """Put a comment extension before the trailer of the GIF at ``path``."""
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(gif_comment(text) + b"\x3b")


def xmp_packet(text: str) -> bytes:
    """Return an XMP packet whose description is ``text``."""
    from html import escape  # only WebP asks for it, and every render would wait for the import

    return _PACKET.format(escape(text, quote=False)).encode()


def embedded_text(path: Path) -> str | None:
    """Return the text kept in an artifact, or None when there is none or it cannot be read."""
    with path.open("rb") as file:
        magic = file.read(12)
    if magic[:4] == b"GIF8":
        return gif_blocks(path.read_bytes()).comment or None
    if magic[:4] == b"RIFF" and magic[8:] == b"WEBP":
        return _from_xmp(dict(riff_chunks(path.read_bytes())).get(b"XMP "))
    try:
        with av.open(str(path)) as container:
            return container.metadata.get("comment") or None
    except av.FFmpegError:
        return None


def _from_xmp(packet: bytes | None) -> str | None:
    from xml.etree import ElementTree  # as above

    if not packet:
        return None
    try:
        description = ElementTree.fromstring(packet).find(f".//{_DESCRIPTION}")
    except ElementTree.ParseError:
        return None
    return "".join(description.itertext()) or None if description is not None else None
