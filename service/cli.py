"""The command line. Only click is imported here, so that ``--help`` is quick.

Each command lives in one module of `service.commands` and is imported when it is called.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

import click

from pipelines.errors import Cancelled, StillwaveError
from service.tuning import fit_to_one_job, leave_memory_to_the_system

COMMANDS = {
    "render": ("rendering", "Turn a still into loops, one file for each format."),
    "explore": ("exploring", "Render a grid of drafts to choose from."),
    "promote": ("exploring", "Render the final of a draft."),
    "remake": ("exploring", "Repeat the recipe found in an artifact."),
    "inspect": ("judging", "Give a still's figures, and advice."),
    "check": ("judging", "Judge a file by the rules of platforms."),
    "formats": ("catalogue", "List the formats."),
    "looks": ("catalogue", "List the looks."),
    "cameras": ("catalogue", "List the camera moves."),
    "models": ("models", "List, bring in, verify and add weights."),
    "keys": ("keys", "Create, list, revoke and rotate API keys."),
    "webhooks": ("webhooks", "Add, list, remove and replay webhooks."),
    "doctor": ("machine", "Say what works on this machine."),
    "serve": ("serving", "Serve HTTP, and do the jobs, on this machine."),
    "worker": ("serving", "Do the service's jobs."),
    "mcp": ("serving", "Offer tools to an agent."),
}
"""Command → the module that holds it, and its line in ``--help``."""


class LazyCommands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the journey."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"service.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or name the nearest."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}" if near else f"allowed: {', '.join(COMMANDS)}"
            raise click.UsageError(f"unknown command {name!r}; {hint}.", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stillwave", prog_name="stillwave")
def cli() -> None:
    """One product still in; a short, seamless, social-ready loop out.

    \b
    stillwave render cup.jpg --look golden-hour --camera orbit --for instagram-reel,gif

    Exit codes: 0 done, 1 a check fell short, 2 bad input, 3 something this machine lacks,
    130 cancelled.
    """  # noqa: D301 - click's mark for "do not wrap"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program; every expected error becomes one line and an exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    fit_to_one_job()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # spares a scan of what is installed
    try:
        code = cli.main(given, prog_name="stillwave", standalone_mode=False)
    except click.NoSuchOption as error:
        near = get_close_matches(error.option_name, error.possibilities or (), n=1)
        hint = f"did you mean {near[0]!r}" if near else "see --help for the options"
        code = _refuse(given, "UsageError", f"unknown option {error.option_name!r}; {hint}.", 2)
    except click.UsageError as error:
        code = _refuse(given, "UsageError", error.format_message(), 2)
    except StillwaveError as error:
        details = {"actual": error.actual, "allowed": error.allowed, "fix": error.fix}
        code = _refuse(given, type(error).__name__, str(error), error.exit_code, details)
    except (click.Abort, KeyboardInterrupt):
        code = _refuse(given, Cancelled.__name__, str(Cancelled()), Cancelled.exit_code)
    except BrokenPipeError:  # the reader of our output went away: nobody is left to tell
        os._exit(0)
    if code == Cancelled.exit_code:
        _leave_now(code)
    leave_memory_to_the_system()
    sys.exit(code or 0)


def emit(document: dict[str, object]) -> None:
    """Print the one JSON document of ``--json``."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def _refuse(
    given: Sequence[str],
    kind: str,
    sentence: str,
    code: int,
    details: dict[str, object] | None = None,
) -> int:
    click.echo(f"error: {sentence}", err=True)
    if "--json" in given:
        title = sentence.split(";")[0].rstrip(".")
        problem: dict[str, object] = {
            "type": kind,
            "title": title,
            "detail": sentence,
            "exit_code": code,
        }
        emit(problem | (details or {}))
    return code


def _leave_now(code: int) -> NoReturn:
    """Leave without waiting for threads that are deep in a library, nor for them to tidy up."""
    from pipelines.files import abandon

    abandon()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
