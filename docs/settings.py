"""The page of settings: every variable with its default, what it takes and what it does."""

from __future__ import annotations

from typing import Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo

from docs.markdown import code, page, prose, table
from pipelines.documented import descriptions
from service.settings import PREFIX, Settings

DATA_DIR = "~/.local/share/stillwave"
"""Default of the one setting that hangs on the environment, by the XDG rules."""


def settings_page() -> str:
    """Every variable that the program reads."""
    texts = descriptions(Settings)
    rows = (
        (code(PREFIX + name.upper()), _default(name, key), _taken(key), prose(texts[name]))
        for name, key in Settings.model_fields.items()
    )
    return page(
        "Settings",
        "What a machine decides, not a recipe: environment variables, read once when a program "
        "starts. A value that does not parse ends the program with a sentence that names its "
        "variable. A bucket's keys and address come from the `AWS_…` variables that all its "
        "clients know. `stillwave doctor` says what works with the settings as they are.",
        table(("variable", "default", "takes", "what it is"), rows),
    )


def _default(name: str, key: FieldInfo) -> str:
    if name == "data_dir":
        return code(DATA_DIR)
    value = key.default
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, tuple):
        return code(",".join(map(str, value)))
    if isinstance(value, float):
        return code(f"{value:g}")
    return code(str(value))


def _taken(key: FieldInfo) -> str:
    """Return the words or the range that a setting takes; others say it in their sentence."""
    if key.annotation is bool:
        return f"{code('true')} {code('false')}"
    if get_origin(key.annotation) is Literal:
        return " ".join(code(word) for word in get_args(key.annotation))
    bounds = (_bound(each) for each in key.metadata)
    return " ".join(bound for bound in bounds if bound)


def _bound(limit: object) -> str:
    match limit:
        case Ge(ge=low):
            return f"≥ {low}"
        case Gt(gt=low):
            return f"> {low}"
        case Le(le=high):
            return f"≤ {high}"
    return ""
