"""``panel-eis case``: start a new case study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from panel_eis.cli.options import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def case() -> None:
    """Case studies of the library."""


@case.command()
@ROOT
@click.option("--id", "name", required=True, help="Identifier of the case, such as CASE-12.")
@click.option("--unit", default="", help="Its unit in data/register.csv, if it is in the panel.")
def new(root: Path, name: str, unit: str) -> None:
    """Write the skeleton of a case: data/cases/case-12.md, with every key and its codes, and its page in both languages.

    Nothing is overwritten. The case is shown once its text says ``consent: yes``; run ``panel-eis prepare`` if you render
    with Quarto alone.
    """
    from panel_eis.case_skeleton import write_new_case
    from panel_eis.codebook import read_codebook
    from panel_eis.register import read_register

    root = root.resolve()
    codebook = read_codebook(root / "data" / "codebook")
    for path in write_new_case(root, name, unit, codebook, read_register(root / "data", codebook)):
        click.echo(path.relative_to(root))
