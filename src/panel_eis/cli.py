"""The command ``panel-eis``. Imports stand inside commands, so that ``--help`` answers at once."""

from __future__ import annotations

import locale
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panel_eis import __version__

if TYPE_CHECKING:
    from panel_eis.errors import Lang

STAGES = ("check", "panel", "models", "exhibits", "facts", "render")


def default_lang() -> Lang:
    """French where the locale is French, English elsewhere."""
    name = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if (name or (locale.getlocale()[0] or "")).startswith("fr") else "en"


_ROOT = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="Folder of the project.",
)
_LANG = click.option(
    "--lang", type=click.Choice(["fr", "en"]), default=default_lang, help="Language of messages."
)


class _Group(click.Group):
    """Turns our own errors into a message and an exit code; anything else is a bug and shows its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from panel_eis.errors import DataError, PanelEisError

        try:
            return super().invoke(ctx)
        except DataError as error:
            lang = ctx.obj or default_lang()
            last = {"fr": "Rien n'a été modifié.", "en": "Nothing was changed."}[lang]
            click.echo(f"{error.report(lang)}\n{last}", err=True)
            sys.exit(error.exit_code)
        except PanelEisError as error:
            click.echo(f"{type(error).__name__}: {error}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Survey waves in, white paper out: the panel on the appropriation of social impact evaluation.

    Exit codes: 0 fine, 1 data, 2 usage, 3 model, 5 rendering, 6 build.
    """


@main.command()
@_ROOT
@_LANG
@click.pass_context
def check(ctx: click.Context, root: Path, lang: Lang) -> None:
    """Check all data files and say every problem at once; write nothing."""
    ctx.find_root().obj = lang
    from panel_eis.stages import check_all

    waves = check_all(root.resolve())
    word = {"fr": "vagues en ordre", "en": "waves in order"}[lang]
    click.echo(f"{len(waves)} {word}: {', '.join(waves)}")


@main.command()
@_ROOT
@_LANG
@click.option("--until", type=click.Choice(STAGES), default="render", help="Last stage to do.")
@click.pass_context
def build(ctx: click.Context, root: Path, lang: Lang, until: str) -> None:
    """Bring the panel, the models, the exhibits and the report up to date."""
    ctx.find_root().obj = lang
    root = root.resolve()
    start = time.perf_counter()
    from panel_eis import pipeline
    from panel_eis.progress import progress

    with progress() as say:
        outcome = pipeline.build(root, last=until, say=say)
    pipeline.write_log(root, outcome)
    click.echo(_closing(root, outcome, time.perf_counter() - start, lang))


def _closing(root: Path, outcome: Any, seconds: float, lang: Lang) -> str:
    from panel_eis.pipeline import report_place

    if not outcome.done:
        fresh = {"fr": "Tout est à jour", "en": "Everything is up to date"}[lang]
        lines = [f"{fresh} ({outcome.total} steps, {seconds:.1f} s)."]
    else:
        stages = ", ".join(f"{stage} {spent:.1f} s" for stage, spent in outcome.seconds.items())
        lines = [f"{len(outcome.done)} of {outcome.total} steps done in {seconds:.1f} s: {stages}."]
        lines.append(f"Rendered with {outcome.renderer}.")
    lines += [f"  {name:<8} {path.relative_to(root)}" for name, path in report_place(root).items()]
    return "\n".join(lines)


@main.command()
@_ROOT
@_LANG
def why(root: Path, lang: Lang) -> None:
    """Say what is stale, and why, in words."""
    from panel_eis.pipeline import why as stale_steps

    stale = stale_steps(root.resolve())
    words = {
        "fr": {
            "changed": "a changé", "missing": "manque", "not_in_db": "n'a jamais été fait",
            "first_run": "n'a jamais été fait", "cascade": "va être refait",
        },
        "en": {
            "changed": "has changed", "missing": "is missing", "not_in_db": "was never made",
            "first_run": "was never made", "cascade": "will be redone",
        },
    }[lang]  # fmt: skip
    if not stale:
        click.echo({"fr": "Tout est à jour.", "en": "Everything is up to date."}[lang])
    for name, reasons in stale:
        said = "; ".join(f"{what} {words.get(kind, kind)}" for what, kind in reasons[:4])
        click.echo(f"{name}: {said}{' …' if len(reasons) > 4 else ''}")


@main.command()
@_ROOT
def prepare(root: Path) -> None:
    """Write empty fragments where Quarto would miss them on a fresh clone."""
    from panel_eis.stages import prepare as write_missing

    write_missing(root.resolve())


@main.command()
@_ROOT
@_LANG
@click.argument("label")
def trace(root: Path, lang: Lang, label: str) -> None:
    """Show the trail behind an exhibit: page, file, models, variables, questions, waves."""
    from panel_eis.codebook import read_codebook
    from panel_eis.provenance import trace as follow
    from panel_eis.waves import find_waves, read_sidecar

    root = root.resolve()
    waves = find_waves(root / "data" / "waves")
    sidecars = {name: read_sidecar(path.with_suffix(".yml")) for name, path in waves.items()}
    click.echo(follow(root, label, read_codebook(root / "data" / "codebook"), sidecars, lang))


@main.command()
@_ROOT
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


@main.command()
@_ROOT
@_LANG
@click.option("--wave", required=True, help="Name of the wave to come, such as 2027.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="build/questionnaire",
    help="Folder of the workbook, inside the project unless absolute.",
)
@click.pass_context
def questionnaire(ctx: click.Context, root: Path, lang: Lang, wave: str, out: Path) -> None:
    """Write the questionnaire of a wave from the codebook, as XLSForm (KoboToolbox, ODK), in French and English."""
    ctx.find_root().obj = lang
    from panel_eis.questionnaire import write_questionnaire

    root = root.resolve()
    click.echo(write_questionnaire(root / "data" / "codebook", root / out, wave))
