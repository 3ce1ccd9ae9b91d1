"""Time spans as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

import click

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Duration(click.ParamType[timedelta]):
    """A time span: ``12h``, ``90d``, ``4w``; ``0h`` is none at all."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read a span, or refuse it with an example."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,5})([hdw])", str(value))
        if found is None:
            self.fail(f"{value!r} is no time span; write it like 12h, 90d or 4w", param, ctx)
        return int(found[1]) * UNITS[found[2]]
