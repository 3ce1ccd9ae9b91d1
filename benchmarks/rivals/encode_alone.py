"""The floor: finished I420 frames from the page cache into x264, nothing else.

Run as ``python -m benchmarks.rivals.encode_alone FRAMES OUT [X264_PARAMS]``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np

from benchmarks.stills import FPS, FRAME

OPTIONS = {"preset": "veryfast", "crf": "20"}
"""Our final's."""


def encode(frames: Iterable[np.ndarray], out: Path, x264_params: str = "", crf: str = "") -> None:
    """Encode (height · 3/2, width) uint8 I420 frames; what is not said is as in `OPTIONS`."""
    said = {"x264-params": x264_params, "crf": crf}
    options = OPTIONS | {name: value for name, value in said.items() if value}
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height = FRAME
        stream.pix_fmt = "yuv420p"
        for planes in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode(None))


def main() -> None:
    """Encode the file named first into the file named second, as the third argument says."""
    frames = np.memmap(sys.argv[1], np.uint8, "r").reshape(-1, FRAME[1] * 3 // 2, FRAME[0])
    encode(frames, Path(sys.argv[2]), *sys.argv[3:])


if __name__ == "__main__":
    main()
