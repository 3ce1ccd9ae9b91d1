"""The tree of errors. Each leaf says what was wrong, what is allowed and how to mend it.

::

    StillwaveError
    ├── InvalidInput (ValueError)        the request cannot be done as asked     exit 2
    │   ├── InvalidSource                the still cannot be read or used
    │   ├── InvalidMask                  a mask file does not fit
    │   ├── InvalidDepth                 a depth map does not fit
    │   ├── InvalidRecipe                a recipe or an option does not parse
    │   ├── UnknownName (LookupError)    no look, move, format … of that name
    │   ├── OutOfRange                   a number outside its range
    │   └── OutputRefused (OSError)      the output folder cannot be written
    ├── MissingCapability (RuntimeError) the machine lacks something             exit 3
    │   ├── MissingExtra                 an optional part is not installed
    │   ├── MissingModel                 weights are not in the model store
    │   ├── RemoteFailed                 a video server is not there, or does not deliver
    │   └── NoSpace (OSError)            the disk is full
    ├── EncodingFailed (RuntimeError)    libav refused what we handed it         exit 3
    └── Cancelled                        the person or the service stopped it    exit 130
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class StillwaveError(Exception):
    """Base of every error a caller may meet.

    Args:
        problem: one clause, what was wrong, without a full stop.
        actual: the value met.
        allowed: what would have been accepted, in words.
        fix: what to do, in the imperative.
    """

    exit_code = 1

    def __init__(
        self, problem: str, *, actual: object = None, allowed: str = "", fix: str = ""
    ) -> None:
        self.problem = problem
        self.actual = actual
        self.allowed = allowed
        self.fix = fix
        super().__init__(problem, allowed, fix)

    def __str__(self) -> str:
        parts = [self.problem]
        if self.allowed:
            parts.append(f"allowed: {self.allowed}")
        if self.fix:
            parts.append(self.fix)
        return "; ".join(parts) + "."


class InvalidInput(StillwaveError, ValueError):
    """The request cannot be done as asked."""

    exit_code = 2


class InvalidSource(InvalidInput):
    """The still cannot be read, or is too large, too small or empty."""


class InvalidMask(InvalidInput):
    """A mask does not fit its still."""


class InvalidDepth(InvalidInput):
    """A depth map does not fit its still, or holds values that are not numbers."""


class InvalidRecipe(InvalidInput):
    """A recipe, a spec or an option does not parse."""


class UnknownName(InvalidInput, LookupError):
    """No plug-in of that name; names the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        self.kind = kind
        super().__init__(
            f"unknown {kind} {name!r}",
            actual=name,
            allowed=", ".join(names),
            fix=f"did you mean {near[0]!r}" if near else f"choose a {kind} from that list",
        )


class OutOfRange(InvalidInput):
    """A number lies outside its range (bounds included)."""

    def __init__(self, name: str, actual: float, low: float, high: float, unit: str = "") -> None:
        unit = f" {unit}" if unit else ""
        super().__init__(
            f"{name} is {actual:.10g}{unit}",
            actual=actual,
            allowed=f"{low:.10g} to {high:.10g}{unit}",
            fix=f"give {name} within that range",
        )


class OutputRefused(InvalidInput, OSError):
    """The output folder cannot be made or written."""


class MissingCapability(StillwaveError, RuntimeError):
    """The machine lacks something the request needs."""

    exit_code = 3


class MissingExtra(MissingCapability):
    """An optional part is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the optional part {extra!r}, which is not installed",
            actual=extra,
            fix=f"run: pip install 'stillwave[{extra}]'",
        )


class MissingModel(MissingCapability):
    """Weights are not in the model store."""

    def __init__(self, model: str) -> None:
        super().__init__(
            f"the weights of {model!r} are not in the model store",
            actual=model,
            fix=f"run: stillwave models pull {model}",
        )


class RemoteFailed(MissingCapability):
    """A video server is not there, refuses, fails, takes too long or delivers something else."""


class NoSpace(MissingCapability, OSError):
    """The disk is full."""


class EncodingFailed(StillwaveError, RuntimeError):
    """The codec library refused the frames or the options."""

    exit_code = 3


class Cancelled(StillwaveError):
    """The work was stopped on request; nothing is left under a final name."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("cancelled", fix="run the same command again to start over")


def require_range(name: str, value: float, low: float, high: float, unit: str = "") -> float:
    """Return ``value`` when low <= value <= high, else raise :class:`OutOfRange`.

    >>> require_range("strength", 0.5, 0, 1)
    0.5
    """
    if not low <= value <= high:  # also catches NaN
        raise OutOfRange(name, value, low, high, unit)
    return value
