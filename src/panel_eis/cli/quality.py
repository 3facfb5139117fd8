"""Command that sums up the quality of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from panel_eis.cli.options import LANG, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.errors import Lang


@click.command()
@ROOT
@LANG
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="Text or JSON.")
@click.pass_context
def quality(ctx: click.Context, root: Path, lang: Lang, shape: str) -> None:
    """Sum up the quality of the data: response, departures, gaps, modes, weights, warnings; reads the built panel."""
    ctx.find_root().obj = lang
    from panel_eis.errors import BuildError
    from panel_eis.quality.summary import as_json, as_text, summarise
    from panel_eis.study import Study
    from panel_eis.style import SYNTHETIC

    root = root.resolve()
    absent = {
        "fr": "Le panel n'est pas construit : lancez d'abord panel-eis build --until panel.",
        "en": "The panel is not built: run panel-eis build --until panel first.",
    }
    if not (root / "build" / "panel.parquet").exists():
        raise BuildError(absent[lang])
    study = Study(root)
    tables = summarise(study)
    if shape == "json":
        click.echo(as_json(tables, synthetic=study.synthetic), nl=False)
        return
    if study.synthetic:
        click.echo(f"{SYNTHETIC[lang]}\n")
    click.echo(as_text(tables, study, lang), nl=False)
