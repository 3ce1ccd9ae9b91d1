"""Writes the reference pages from the program itself: ``python -m docs.generate``.

Every name, option, default, limit and error comes from where it is defined, so a page can be out
of date only until this runs again; a test compares the pages with what this makes.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from docs.markdown import code, page, prose, table
from docs.models import describe_model
from docs.settings import settings_page
from pipelines import errors
from pipelines.camera.move import EASINGS, Move
from pipelines.camera.preset import MOVES
from pipelines.encode import FORMATS, MediaFacts
from pipelines.encode.conform import judge_facts
from pipelines.encode.format import Format
from pipelines.models import MODELS
from pipelines.models.entry import COMMIT
from pipelines.motion.ambient import AMBIENT
from pipelines.motion.engine import MOTION_ENGINES
from pipelines.report import ExplorationReport
from pipelines.report.model import report_schema
from pipelines.spec import RenderSpec
from pipelines.still import LOOKS, STILL_ENGINES
from service.cli import cli
from service.commands.options import PATHS

FOLDER = Path(__file__).parent / "reference"


def write_pages(folder: Path = FOLDER) -> None:
    """Write every page into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


def cli_page() -> str:
    """Every command with its arguments, options and defaults."""
    intro = (
        "Every command but `mcp` takes `--json`: one JSON document on stdout and nothing else "
        "there. "
        "Progress and words for people go to stderr. An option that is left out takes the default "
        "of its recipe key ([recipe](recipe.md)). Exit codes are listed with the "
        "[errors](errors.md), environment variables with the [settings](settings.md)."
    )
    context = click.Context(cli, info_name="stillwave")
    commands = _commands(cli, context)
    return page("Command line", intro, *commands)


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _commands(command, inner)
        else:
            yield from _command(command, inner)


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}"
    yield _help(command)
    yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```"
    options = [option for option in command.params if isinstance(option, click.Option)]
    columns = ("option", "value", "default", "recipe key", "what it does")
    yield table(columns, (_option(option, context) for option in options))


def _help(command: click.Command) -> str:
    """The help's sentences, without the example that stands behind click's mark."""
    paragraphs = (command.help or "").split("\n\n")
    return " ".join(" ".join(text.split()) for text in paragraphs if not text.startswith("\b"))


def _option(option: click.Option, context: click.Context) -> tuple[str, ...]:
    value = "" if option.is_flag else code(option.make_metavar(context))
    return (
        code(option.opts[0]),
        value,
        code(str(option.default)) if option.show_default else _recipe_default(option),
        code(".".join(_recipe_key(option))) if _recipe_key(option) else "",
        option.help or "",
    )


def _recipe_key(option: click.Option) -> tuple[str, ...]:
    name = option.name or ""
    return PATHS.get(name, (name,) if name in RenderSpec.model_fields else ())


def _recipe_default(option: click.Option) -> str:
    value: object = {**RenderSpec().model_dump(mode="json"), "camera": default_camera()}
    for key in _recipe_key(option) or [""]:
        value = value.get(key) if isinstance(value, dict) else None
    text = ",".join(map(str, value)) if isinstance(value, list) else value
    return "" if text in (None, "") else code(str(text))


def default_camera() -> str:
    """The recipe's own camera as a person would write it."""
    return ",".join(step.move for step in RenderSpec().camera)


def looks_page() -> str:
    """Every look, with the words that generative engines are given."""
    intro = (
        "`--look NAME`, `--strength 0..1`. Strength 0 returns the still bit for bit; 1 is the full "
        "look. The grade needs no weights; the prompt, negative prompt and denoising strength are "
        "what a generative engine is told to make of the same look."
    )
    overview = table(
        ("look", "title", "what you get"),
        ((code(name), look.title, look.description) for name, look in LOOKS.items()),
    )
    details = (
        f"## {name}\n\n- prompt: {look.prompt}\n- negative prompt: {look.negative_prompt}\n"
        f"- denoising strength: {look.strength:g}"
        for name, look in LOOKS.items()
    )
    return page("Looks", intro, overview, *details)


def cameras_page() -> str:
    """Every preset and axis with its unit, default, limits and directions."""
    intro = (
        '`--camera "orbit"`, `"orbit=6"`, `"orbit=6,push-in=0.08"`. The amount is in the unit '
        "named here; `--intensity 0..2` scales all amounts. A direction is a suffix "
        "(`slide-left`); the first one listed is the plain name's, and a negative amount turns it "
        "round. Conventions and matrices: [camera](../camera.md)."
    )
    presets = [(name, move) for name, move in MOVES.items() if move.preset]
    axes = [(name, move) for name, move in MOVES.items() if not move.preset]
    easings = ", ".join(code(name) for name in EASINGS)
    return page(
        "Cameras",
        intro,
        "## Presets",
        _moves(presets),
        "## Bare axes",
        _moves(axes),
        "## Easings",
        f"For one-way paths (`--loop pingpong`, `crossfade` or `none`), in a recipe's camera "
        f"step: {easings}. Closed paths are sines.",
    )


def _moves(moves: list[tuple[str, Move]]) -> str:
    columns = ("camera", "directions", "unit", "default", "limits", "what it does")
    return table(
        columns,
        (
            (
                code(name),
                " ".join(code(f"-{direction}") for direction in move.directions),
                move.unit,
                f"{move.default:g}",
                f"{move.limits[0]:g} to {move.limits[1]:g}",
                move.description,
            )
            for name, move in moves
        ),
    )


def ambient_page() -> str:
    """Every ambient effect."""
    intro = (
        '`--ambient "steam"`, `"snow=0.7,haze=0.3"`: the amount runs from 0 (nothing) to 1 '
        "(strong), 0.5 when left out. Every effect repeats with the loop, so the seam stays "
        "closed."
    )
    rows = (
        (
            code(name),
            effect.title,
            effect.description,
            "yes" if effect.over_subject else "never",
        )
        for name, effect in AMBIENT.items()
    )
    columns = ("effect", "title", "what you see", "on the product")
    return page("Ambient effects", intro, table(columns, rows))


def formats_page() -> str:
    """Every format: what is made, and every rule its files are judged by."""
    intro = (
        "`--for instagram-reel,gif`. Each file is read back after it is written and judged by "
        "the rules below; `stillwave check FILE --for FORMAT` judges any other file by the same "
        "rules. Platforms change their limits: the date says when each was read."
    )
    overview = table(
        ("format", "title", "file", "size", "frames per second"),
        (
            (code(name), kind.title, f"`.{kind.container}`", _size(kind), f"{kind.fps:g}")
            for name, kind in FORMATS.items()
        ),
    )
    rules = (part for name, kind in FORMATS.items() for part in _rules(name, kind))
    return page("Formats", intro, overview, *rules)


def _size(kind: Format) -> str:
    if kind.size is not None:
        return "{} × {}".format(*kind.size)
    return f"the still's shape, longest side at most {kind.longest}"


def _rules(name: str, kind: Format) -> Iterator[str]:
    yield f"## {name}"
    example = MediaFacts(kind.container, "h264", "yuv420p", 1080, 1920, 90, 30.0, 3.0, 1_000_000)
    columns = ("rule", "limit", "source", "read on")
    judged = judge_facts(example, kind)
    yield table(
        columns, ((code(rule.rule), rule.limit, rule.source, rule.read_on) for rule in judged)
    )


def engines_page() -> str:
    """Every engine, and every model whose weights can take part."""
    engines = [("motion", code(name), engine.title) for name, engine in MOTION_ENGINES.items()]
    engines += [("still", code(name), engine.title) for name, engine in STILL_ENGINES.items()]
    models = (
        (
            code(model.name),
            model.purpose,
            model.origin,
            code(model.revision[:12]) if COMMIT.fullmatch(model.revision) else model.revision,
            _bytes(model.size),
            model.licence,
            model.commercial,
            model.licence_note,
        )
        for model in MODELS
    )
    columns = ("model", "for", "from", "revision", "size", "licence", "commercial", "read where")
    conditions = {model.licence: model.terms.condition for model in MODELS if model.terms.condition}
    return page(
        "Engines and models",
        "A recipe says what; an engine says how.",
        table(("stage", "engine", "what it is"), engines),
        "## Models",
        "Weights are never part of this repository. `stillwave models pull NAME` brings them into "
        "the model store and checks their digest; without them a stand-in works and says so.",
        "[Where they come from, and a machine without a network.](../models.md)",
        table(columns, models),
        table(("licence", "on what condition it allows commercial use"), conditions.items()),
    )


def _bytes(count: int | None) -> str:
    if count is None:
        return ""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def errors_page() -> str:
    """The tree of errors, what each means, and the exit codes."""
    tree = inspect.cleandoc(errors.__doc__ or "").partition("::")[2].strip("\n")
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.StillwaveError)
    ]
    rows = (
        (
            code(kind.__name__),
            " ".join(code(base.__name__) for base in kind.__bases__),
            str(kind.exit_code),
            prose((kind.__doc__ or "").split("\n\n")[0]),
        )
        for kind in kinds
    )
    codes = (
        ("0", "done"),
        ("1", "`stillwave check`: a platform would refuse the file"),
        ("2", "bad input, or wrong usage of the command line"),
        ("3", "something the machine lacks"),
        ("130", "cancelled"),
    )
    return page(
        "Errors and exit codes",
        "Every expected error is one sentence on stderr: what was wrong, what is allowed, how to "
        "mend it. With `--json`, stdout holds `type`, `title`, `detail`, `exit_code`, `allowed` "
        "and `fix`. In Python each is an exception with `problem`, `actual`, `allowed` and `fix`.",
        f"```text\n{inspect.cleandoc(tree)}\n```",
        table(("error", "is a", "exit code", "when"), rows),
        "## Exit codes",
        table(("code", "meaning"), codes),
    )


def recipe_page() -> str:
    """Every key of the recipe."""
    shortest = json.dumps({"look": "winter", "camera": "orbit=6", "formats": "gif"})
    intro = (
        "A recipe is JSON: `stillwave render STILL --recipe FILE`, and the `recipe` key of every "
        "report. Every key may be left out. Short words and full objects both parse: "
        f"`{shortest}`. An unknown key is an error that names the nearest known one."
    )
    schema = RenderSpec.model_json_schema()
    schema["properties"]["camera"]["default"] = default_camera()
    return page("Recipe", intro, *describe_model("RenderSpec", schema))


def report_page() -> str:
    """Every key of the two reports."""
    exploration = ExplorationReport.model_json_schema(mode="serialization")
    parts = exploration["$defs"]
    shared = report_schema()["$defs"]
    exploration["$defs"] = {name: part for name, part in parts.items() if name not in shared}
    return page(
        "Report",
        "`report.json` lies beside the files of every render, and `--json` prints the same "
        "document. Keys are only ever added; `schema_version` rises when the meaning of one "
        "changes. For machines: [report.schema.json](../report.schema.json).",
        *describe_model("RenderReport", report_schema()),
        "# Exploration\n\n`explore.json` lies beside the drafts of `stillwave explore`.",
        *describe_model("ExplorationReport", exploration),
    )


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "looks.md": looks_page,
    "cameras.md": cameras_page,
    "ambient.md": ambient_page,
    "formats.md": formats_page,
    "engines.md": engines_page,
    "errors.md": errors_page,
    "recipe.md": recipe_page,
    "report.md": report_page,
    "settings.md": settings_page,
}

if __name__ == "__main__":
    write_pages()
