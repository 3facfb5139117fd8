"""Commands that make files people start from: synthetic data, questionnaires."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from panel_eis.cli.options import LANG, ROOT

if TYPE_CHECKING:
    from panel_eis.errors import Lang


@click.command()
@ROOT
@click.option(
    "--seed", type=int, default=None, help="Seed of the simulation; the one of data/truth.yml by default."
)
@click.option(
    "--organisations", type=int, default=240, help="Organisations answering at the first wave, about."
)
@click.option("--waves", default="2021,2023,2025", help="Names of the waves, comma-separated.")
def simulate(root: Path, seed: int | None, organisations: int, waves: str) -> None:
    """Make the synthetic demonstration data from the codebook and data/truth.yml."""
    from panel_eis.synthetic import read_truth
    from panel_eis.synthetic import simulate as make

    root = root.resolve()
    seed = read_truth(root / "data" / "truth.yml").seed if seed is None else seed
    for path in make(root, seed=seed, organisations=organisations, waves=tuple(waves.split(","))):
        click.echo(path.relative_to(root))


@click.command()
@ROOT
@LANG
@click.option("--wave", required=True, help="Name of the wave to come, such as 2027.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("xlsform", "limesurvey")),
    default="xlsform",
    help="Workbook for KoboToolbox and ODK, or LimeSurvey's survey structure (.txt).",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="build/questionnaire",
    help="Folder of the file, inside the project unless absolute.",
)
@click.pass_context
def questionnaire(  # noqa: PLR0917  # click passes them by name
    ctx: click.Context, root: Path, lang: Lang, wave: str, form: str, out: Path
) -> None:
    """Write the questionnaire of a wave from the codebook, in French and English, for Kobo, ODK or LimeSurvey."""
    ctx.find_root().obj = lang
    from panel_eis.questionnaire import write_questionnaire

    root = root.resolve()
    click.echo(write_questionnaire(root / "data" / "codebook", root / out, wave, form))
