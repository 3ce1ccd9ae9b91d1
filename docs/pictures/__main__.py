"""Measure everything on docs/motion.md again: ``python -m docs.pictures [NAME …]``.

Writes ``docs/images/motion-NAME.png`` and the tables between the page's marks. A few minutes.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import cv2
import torch

from docs.markdown import table
from docs.pictures.draw import draw
from docs.pictures.experiments import EXPERIMENTS, Found, Lab

DOCS = Path(__file__).parents[1]
PAGE = DOCS / "motion.md"
COLOURS = 256
"""Of a picture: a page loads a third of the bytes, and the eye sees no difference."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(EXPERIMENTS)))
def main(names: tuple[str, ...]) -> None:
    """Run the experiments named, or all."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with TemporaryDirectory() as folder:
        lab = Lab.open(Path(folder))
        for name in names or EXPERIMENTS:
            found = EXPERIMENTS[name](lab)
            if found.strips:
                sheet = draw(found.strips, found.plot).quantize(COLOURS)
                sheet.save(DOCS / "images" / f"motion-{name}.png", optimize=True)
            PAGE.write_text(with_table(PAGE.read_text("utf-8"), name, found), "utf-8")
            click.echo(f"{name}\n{table(found.columns, found.rows)}\n")


def with_table(page: str, name: str, found: Found) -> str:
    """Return the page with what was found between the marks of that name."""
    begin, end = (f"<!-- {word} {name} -->" for word in ("begin", "end"))
    inner = table(found.columns, found.rows)
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    changed, count = pattern.subn(lambda _: f"{begin}\n{inner}\n{end}", page)
    if count != 1:
        raise click.ClickException(f"{PAGE} has no marks for {name}: write {begin} and {end}")
    return changed


if __name__ == "__main__":
    main()
