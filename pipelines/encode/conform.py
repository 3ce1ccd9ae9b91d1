"""Would this platform take this file, and if not, why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.encode.format import Format
from pipelines.encode.formats import FORMATS
from pipelines.encode.probe import MediaFacts, probe
from pipelines.media import Check

Rule = tuple[str, str, str, bool]
"""Id, limit, value, whether it holds."""

_TOLERANCE = 1e-3
"""A length of 2.9997 s counts as 3 s, as it does on the platforms."""


def judge(path: Path, format_id: str) -> tuple[Check, ...]:
    """Judge any file, ours or not, by the rules of a format.

    Raises:
        UnknownName: there is no such format.
        InvalidInput: there is no such file, or it holds no moving picture.
    """
    return judge_facts(probe(path), FORMATS[format_id])


def judge_facts(facts: MediaFacts, format: Format) -> tuple[Check, ...]:
    """Judge facts already read."""
    rules = [*_container_rules(facts, format), *_limit_rules(facts, format)]
    if format.container == "mp4" and facts.container == "mp4":
        rules += _mp4_rules(facts, format)
    if format.container in ("gif", "webp"):
        loops = {0: "forever", None: "once"}.get(facts.loops, f"{facts.loops} times")
        rules.append(("loops", "forever", loops, facts.loops == 0))
    return tuple(Check(*rule, source=format.source, read_on=format.read_on) for rule in rules)


def _container_rules(facts: MediaFacts, format: Format) -> Iterator[Rule]:
    yield "container", format.container, facts.container, facts.container == format.container
    if format.container == "mp4":
        yield "codec", "h264", facts.codec, facts.codec == "h264"
        allowed = ("gbrp", "rgb24") if format.lossless else ("yuv420p",)
        yield "pixels", " or ".join(allowed), facts.pixels, facts.pixels in allowed


def _mp4_rules(facts: MediaFacts, format: Format) -> Iterator[Rule]:
    yield "index", "first in the file", "first" if facts.moov_first else "last", facts.moov_first
    yield "edit-list", "none", "present" if facts.edit_list else "none", not facts.edit_list
    rate = "constant" if facts.constant_rate else "variable"
    yield "frame-rate-mode", "constant", rate, facts.constant_rate
    yield "start", "0 s", f"{facts.start:.3f} s", abs(facts.start) < _TOLERANCE
    if not format.lossless:
        *codes, video_range = facts.colour
        value = "/".join(str(code) for code in codes) + (" video" if video_range else " full")
        yield "colour", "1/1/1 video", value, value == "1/1/1 video"


def _limit_rules(facts: MediaFacts, format: Format) -> Iterator[Rule]:
    limits = format.limits
    aspect = facts.width / facts.height
    yield from _between("duration", facts.seconds, limits.seconds, "{:.2f} s", _TOLERANCE)
    yield from _between("frame-rate", facts.fps, limits.fps, "{:.2f} fps", 0.01)
    yield from _between("width", facts.width, limits.side, "{:.0f} px")
    yield from _between("height", facts.height, limits.side, "{:.0f} px")
    yield from _between("aspect", aspect, limits.aspect, "{:.3f}", _TOLERANCE)
    yield from _between("bytes", facts.bytes, limits.bytes, "{:,.0f} bytes")
    yield from _between("bit-rate", facts.bit_rate, limits.bit_rate, "{:,.0f} bit/s")
    yield from _between("frames", facts.frames, (None, limits.frames), "{:.0f} frames")
    volume = facts.width * facts.height * facts.frames
    yield from _between("frame-pixels", volume, (None, limits.frame_pixels), "{:,.0f} px")


def _between(
    rule: str,
    value: float,
    limit: tuple[float | None, float | None],
    words: str,
    tolerance: float = 0.0,
) -> Iterator[Rule]:
    """Judge one number; says nothing when the platform says nothing."""
    low, high = limit
    if low is None and high is None:
        return
    ok = (low is None or value >= low - tolerance) and (high is None or value <= high + tolerance)
    bounds = [f"at least {words.format(low)}"] if low is not None else []
    bounds += [f"at most {words.format(high)}"] if high is not None else []
    yield rule, ", ".join(bounds), words.format(value), ok
