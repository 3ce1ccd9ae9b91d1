"""Stage one: the still, with its look and its backdrop.

The names are imported when they are first used: who reads a recipe loads nothing that paints.
"""

from typing import TYPE_CHECKING

from pipelines.lazily import lazily

if TYPE_CHECKING:
    from pipelines.still.apply import restyle
    from pipelines.still.backdrop import place_on_backdrop
    from pipelines.still.engine import STILL_ENGINES, Guidance
    from pipelines.still.look import join_words
    from pipelines.still.looks import LOOKS

_HOMES = {
    "Guidance": "engine",
    "LOOKS": "looks",
    "STILL_ENGINES": "engine",
    "join_words": "look",
    "place_on_backdrop": "backdrop",
    "restyle": "apply",
}

__all__ = ["LOOKS", "STILL_ENGINES", "Guidance", "join_words", "place_on_backdrop", "restyle"]

__getattr__ = lazily(__name__, _HOMES)
