"""Figures → sentences. Each one applies, says what it costs and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.protect import TextBox
from pipelines.source.figures import Figures

SHORT_SIDE = 1024
"""Pixels below which a still looks soft in full screen formats."""

_SOFT = 0.5
_NOISY = 6.0
_DARK, _BRIGHT = 0.15, 0.88
_CLIPPED = 0.04
_CLUTTERED = 0.07
_SMALL, _LARGE = 0.06, 0.75
_TIGHT = 0.02
_FINE_PRINT = 0.018


def advise(figures: Figures, text: Sequence[TextBox], too_large: Sequence[str]) -> tuple[str, ...]:
    """Return the sentences that apply, the most important first.

    Args:
        figures: of the still.
        text: lines read on it.
        too_large: formats the still can fill only by being enlarged.
    """
    parts = (_on_size(figures, too_large), _on_light(figures), _on_subject(figures))
    return tuple(sentence for part in (*parts, _on_text(figures, text)) for sentence in part)


def _on_size(figures: Figures, too_large: Sequence[str]) -> Iterator[str]:
    if figures.short_side < SHORT_SIDE:
        yield (
            f"The short side is {figures.short_side} px; below {SHORT_SIDE} px a loop looks soft "
            "on a phone: use the largest export you have."
        )
    elif too_large:
        yield f"It is too small for {_listed(too_large)} and will be enlarged or extended there."
    if figures.blur > _SOFT:
        yield (
            f"The subject is soft (blur {figures.blur:.2f}, crisp is below {_SOFT:.2f}): motion "
            "shows it more; use a sharper frame or steady the camera."
        )
    if figures.noise > _NOISY:
        yield (
            f"Noise is visible (about {figures.noise:.0f} levels): it swims when the camera moves "
            "and costs bits; shoot at a lower ISO or denoise first."
        )


def _on_light(figures: Figures) -> Iterator[str]:
    if figures.brightness < _DARK:
        yield "The subject is very dark: lift the exposure or add a fill light."
    elif figures.brightness > _BRIGHT:
        yield "The subject is very bright: lower the exposure so that its shape shows."
    if figures.clipped_highlights > _CLIPPED:
        yield (
            f"{figures.clipped_highlights:.0%} of the subject is blown out to white: looks cannot "
            "bring detail back there; diffuse the light or expose for the highlights."
        )
    if figures.clipped_shadows > _CLIPPED:
        yield (
            f"{figures.clipped_shadows:.0%} of the subject is plain black: a reflector on the dark "
            "side would keep its shape."
        )


def _on_subject(figures: Figures) -> Iterator[str]:
    if figures.subject_share == 0:
        yield "No subject stands out: a plainer background, or a mask, gives real parallax."
        return
    if figures.clutter > _CLUTTERED:
        yield (
            "The background is busy: it draws the eye and is harder to complete behind the "
            "subject; a plainer one, or a backdrop, gives a cleaner loop."
        )
    if figures.subject_share < _SMALL:
        yield f"The subject fills only {figures.subject_share:.0%} of the picture: move closer."
    if figures.subject_share > _LARGE or figures.margin < _TIGHT:
        yield (
            "The subject reaches the picture's edge: leave some room round it, so that the camera "
            "can move and tall or wide formats need not cut it."
        )


def _on_text(figures: Figures, text: Sequence[TextBox]) -> Iterator[str]:
    heights = [_height(box) for box in text]
    if heights and min(heights) < _FINE_PRINT * figures.short_side:
        yield (
            "Some of the text is too small to be read on a phone: keep the camera calm, or crop "
            "closer to the label."
        )


def _listed(names: Sequence[str]) -> str:
    shown, more = ", ".join(names[:3]), len(names) - 3
    return f"{shown} and {more} more" if more > 0 else shown


def _height(box: TextBox) -> float:
    (left, top), *_, (below_left, below_top) = box.polygon
    return float(((below_left - left) ** 2 + (below_top - top) ** 2) ** 0.5)
