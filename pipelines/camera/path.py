"""A camera path: one or several moves with amounts, combined, as a pure function of phase."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines.camera.move import EASINGS, Beat
from pipelines.camera.pose import Pose
from pipelines.camera.preset import CAMERAS
from pipelines.errors import InvalidRecipe, UnknownName, require_range

Pivot = tuple[float, float, float]


@dataclass(frozen=True)
class Step:
    """One move of a path.

    Attributes:
        move: a name from `CAMERAS`, e.g. ``"orbit"`` or ``"slide-left"``.
        amount: in the move's unit; None is its calm default.
        easing: a name from `EASINGS`; shapes one-way paths only, closed ones are sines.
    """

    move: str
    amount: float | None = None
    easing: str | None = None

    @property
    def signed_amount(self) -> float:
        """The amount with the direction's sign applied about the move's neutral."""
        move, sign = CAMERAS[self.move]
        amount = move.default if self.amount is None else self.amount
        return move.scaled(amount, sign)


@dataclass(frozen=True)
class CameraPath:
    """Moves combined.

    Attributes:
        steps: applied in order, each in the frame the last one left.
        intensity: scales every amount about its neutral.
        closed: whether position and velocity match at the seam.
        seed: for moves with chance in them.
    """

    steps: tuple[Step, ...]
    intensity: float = 1.0
    closed: bool = True
    seed: int = 0

    def at(self, phase: float, pivot: Pivot = (0.0, 0.0, 1.0)) -> Pose:
        """Return the pose at ``phase`` in [0, 1]; identity at 0.

        Args:
            phase: position in the loop.
            pivot: (x, y, z) of the subject in the world, what orbits turn about.
        """
        pose = Pose()
        for step in self.steps:
            beat = Beat(phase, self.closed, step.easing or "smooth", pivot, self.seed)
            move, _ = CAMERAS[step.move]
            amount = move.scaled(step.signed_amount, self.intensity)
            pose = _then(pose, move.pose(beat, amount))
        return pose

    def phases(self, count: int) -> list[float]:
        """Return the phase of each of ``count`` frames.

        A closed path divides the circle, so that frame ``count`` would be frame 0; a one-way path
        ends exactly at 1.
        """
        last = count if self.closed else max(count - 1, 1)
        return [index / last for index in range(count)]

    def scaled(self, factor: float) -> CameraPath:
        """Return the same path with its intensity multiplied by ``factor``."""
        return replace(self, intensity=self.intensity * factor)

    @property
    def moves_subject(self) -> bool:
        """Whether any step moves the product itself."""
        return any(CAMERAS[step.move][0].moves_subject for step in self.steps)


def _then(first: Pose, second: Pose) -> Pose:
    return Pose(
        camera=second.camera @ first.camera,
        subject=second.subject @ first.subject,
        zoom=first.zoom * second.zoom,
        shift=(first.shift[0] + second.shift[0], first.shift[1] + second.shift[1]),
        focus=second.focus if second.blur else first.focus,
        blur=max(first.blur, second.blur),
        veil=second.veil or first.veil,
    )


def parse_camera(camera: str | Sequence[Mapping[str, object]]) -> tuple[Step, ...]:
    """Read a camera: ``"orbit"``, ``"orbit=6,push-in=0.08"`` or a list of objects.

    Raises:
        UnknownName: no such camera or easing; names the nearest.
        OutOfRange: an amount outside the move's limits.
        InvalidRecipe: an amount that is no number, an empty camera, an unknown key.

    >>> parse_camera("orbit=6,push-in=0.08")[0]
    Step(move='orbit', amount=6.0, easing=None)
    """
    if isinstance(camera, str):
        steps = tuple(_parse_part(part) for part in camera.split(",") if part.strip())
    else:
        steps = tuple(_parse_object(item) for item in camera)
    if not steps:
        raise InvalidRecipe(
            "the camera is empty", actual=camera, allowed="a name such as orbit", fix="name a move"
        )
    for step in steps:
        _check(step)
    return steps


def build_path(
    steps: Iterable[Step], *, intensity: float = 1.0, closed: bool = True, seed: int = 0
) -> CameraPath:
    """Combine steps into a path.

    Args:
        steps: from :func:`parse_camera`.
        intensity: 0..2; 0 moves nothing.
        closed: close the path in position and velocity; else run one way, eased.
        seed: for moves with chance in them.

    Raises:
        OutOfRange: intensity outside 0..2.
    """
    require_range("intensity", intensity, 0.0, 2.0)
    return CameraPath(tuple(steps), intensity, closed, seed)


def _parse_part(part: str) -> Step:
    name, _, amount = part.partition("=")
    return Step(name.strip(), _number(amount.strip()) if amount else None)


def _parse_object(item: Mapping[str, object]) -> Step:
    unknown = set(item) - {"move", "amount", "easing"}
    if unknown or "move" not in item:
        raise InvalidRecipe(
            f"a camera step is {dict(item)!r}",
            actual=dict(item),
            allowed="the keys move, amount, easing",
            fix='write it as {"move": "orbit", "amount": 6}',
        )
    amount, easing = item.get("amount"), item.get("easing")
    return Step(
        str(item["move"]),
        None if amount is None else _number(amount),
        None if easing is None else str(easing),
    )


def _number(text: object) -> float:
    try:
        number = float(str(text))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidRecipe(
            f"the camera amount {text!r} is not a number",
            actual=text,
            allowed="a number in the move's unit",
            fix="write it as orbit=6",
        )
    return number


def _check(step: Step) -> None:
    move, _ = CAMERAS[step.move]
    if step.amount is not None:
        require_range(f"camera {step.move}", step.amount, *move.limits, move.unit)
    if step.easing is not None and step.easing not in EASINGS:
        raise UnknownName("easing", step.easing, EASINGS)
