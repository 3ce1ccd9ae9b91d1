"""A loop becomes a file: written whole or not at all, then read back and judged."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import av

from pipelines.context import Context
from pipelines.encode.conform import judge_facts
from pipelines.encode.format import Format
from pipelines.encode.formats import FORMATS
from pipelines.encode.gif import write_gif
from pipelines.encode.metadata import embed_gif
from pipelines.encode.probe import MediaFacts, probe
from pipelines.encode.readback import Gauge, measure_file
from pipelines.encode.video import write_video
from pipelines.encode.watch import Watch
from pipelines.encode.webp import write_webp
from pipelines.errors import EncodingFailed
from pipelines.files import publish
from pipelines.media import Artifact, Loop, Seam


def encode_loop(
    loop: Loop,
    format_id: str,
    path: Path,
    *,
    repeats: int,
    context: Context,
    draft: bool = False,
    metadata: str = "",
) -> Artifact:
    """Encode ``loop`` for a format, publish it as ``path``, and report what is in the file.

    Args:
        loop: its frames have the output's size, even sides.
        format_id: a name of `FORMATS`.
        path: the final name; nothing stands under it until the file is whole.
        repeats: how often a video plays the loop; GIF and WebP loop by themselves.
        context: told about each frame as stage ``"encode"``.
        draft: smaller and coarser.
        metadata: text kept in the file; `embedded_text` reads it.

    Raises:
        UnknownName, OutputRefused, NoSpace, Cancelled: as they say.
        EncodingFailed: the codec library refused the frames.
    """
    format, clip = FORMATS[format_id], loop.clip
    gauge = Gauge(clip.count, clip.fps)
    with Watch(gauge.wanted, gauge.take) as watch:
        with publish(path) as temporary, _codec_errors(format_id):
            if format.container == "gif":
                write_gif(loop, temporary, context=context)
                embed_gif(temporary, metadata)
            elif format.container == "webp":
                write_webp(loop, temporary, context=context, metadata=metadata)
            else:
                write_video(
                    loop,
                    format,
                    temporary,
                    repeats=repeats,
                    context=context,
                    draft=draft,
                    metadata=metadata,
                    watch=watch,
                )
        with ThreadPoolExecutor(1, "probe") as beside:
            facts = beside.submit(probe, path)
            measured = gauge.read() if watch.finish() else measure_file(path, facts.result())
    return _artifact(path, format_id, format, facts.result(), measured)


def _artifact(
    path: Path,
    format_id: str,
    format: Format,
    facts: MediaFacts,
    measured: tuple[Seam, float],
) -> Artifact:
    seam, flow = measured
    return Artifact(
        format=format_id,
        path=path,
        width=facts.width,
        height=facts.height,
        fps=facts.fps,
        frames=facts.frames,
        seconds=facts.seconds,
        bytes=facts.bytes,
        seam=seam,
        mean_flow_percent_per_second=flow,
        conformance=judge_facts(facts, format),
    )


@contextmanager
def _codec_errors(format_id: str) -> Iterator[None]:
    """Turn libav's refusals into ours; a full disk or a closed folder is left to `publish`."""
    try:
        yield
    except av.FFmpegError as error:
        if error.errno in errno.errorcode and isinstance(error, OSError):
            raise OSError(error.errno, str(error.strerror)) from error
        raise EncodingFailed(
            f"the encoder refused this clip for {format_id} ({error.strerror})",
            fix="try another format, or fewer pixels",
        ) from error
