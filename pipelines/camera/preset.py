"""Names people may give a camera: every move, and each move with a direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipelines.camera.move import Move
from pipelines.errors import UnknownName
from pipelines.registry import Registry

MOVES: Registry[Move] = Registry("pipelines.camera.moves", "MOVE", "camera move")


class Cameras(Mapping[str, tuple[Move, int]]):
    """Camera name → (move, sign): ``"slide-left"`` is the slide with sign −1."""

    def __getitem__(self, name: str) -> tuple[Move, int]:
        """Find a move by its name, with or without a direction.

        Raises:
            UnknownName: names the nearest.
        """
        if name in MOVES.names:
            return MOVES[name], 1
        stem, _, direction = name.rpartition("-")
        if stem in MOVES.names and direction in MOVES[stem].directions:
            return MOVES[stem], MOVES[stem].directions[direction]
        raise UnknownName("camera", name, self)

    def __iter__(self) -> Iterator[str]:
        for name, move in MOVES.items():
            yield name
            yield from (f"{name}-{direction}" for direction in move.directions)

    def __len__(self) -> int:
        return sum(1 for _ in self)


CAMERAS = Cameras()
