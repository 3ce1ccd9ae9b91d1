"""Whether a machine's owner allows weights of a licence."""

from __future__ import annotations

from pipelines.errors import MissingCapability
from pipelines.machine import LicencePolicy
from pipelines.models.entry import Model


def require_licence(model: Model, policy: LicencePolicy) -> Model:
    """Return ``model`` when ``policy`` allows its licence.

    ``any`` allows every licence. ``commercial`` allows those under which weights may earn money,
    be it on a condition: see :func:`licence_note`.

    Raises:
        MissingCapability: the policy refuses the licence.
    """
    if is_allowed(model, policy):
        return model
    known = "forbids" if model.commercial == "no" else "is not known to allow"
    raise MissingCapability(
        f"the licence {model.licence!r} of {model.name!r} {known} commercial use, and the licence "
        f"policy here is {policy!r}",
        actual=model.licence,
        allowed="weights that may be used commercially",
        fix="choose another model (stillwave models list), or set STILLWAVE_LICENCE_POLICY=any "
        "for work that earns nothing",
    )


def is_allowed(model: Model, policy: LicencePolicy) -> bool:
    """Whether ``policy`` allows the licence of ``model``."""
    return policy == "any" or model.commercial in ("yes", "conditional")


def licence_note(model: Model) -> str | None:
    """Return the condition under which the weights may earn money, as a sentence, if there is one.

    >>> from pipelines.models.table import find_model
    >>> licence_note(find_model("u2netp")) is None
    True
    """
    if not model.terms.condition:
        return None
    return f"{model.name} ({model.licence}): {model.terms.condition}"
