"""Commands of the build: check, build, why, prepare, trace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from panel_eis.cli.options import FORMAT, LANG, ROOT, STAGES, end_with

if TYPE_CHECKING:
    from pathlib import Path

    from panel_eis.errors import Lang


@click.command()
@ROOT
@LANG
@FORMAT
@click.pass_context
def check(ctx: click.Context, root: Path, lang: Lang, fmt: str) -> None:
    """Check all data files and say every problem and warning at once; write nothing."""
    ctx.find_root().obj = lang, fmt
    from panel_eis.checking import check_all
    from panel_eis.wording import agree

    waves, warnings = check_all(root.resolve())
    word = {"fr": "vagues en ordre :", "en": "waves in order:"}[lang]
    said = f"{len(waves)} {word} {', '.join(waves)}"
    if warnings:
        end = {
            "fr": f"{len(warnings)} avertissement(s) : à lire, aucun n'arrête la construction.",
            "en": f"{len(warnings)} warning(s): to be read, none stops the build.",
        }[lang]
        end = agree(end, lang)
        end_with(warnings, 0, lang, fmt, waves=waves, before=[said], after=[end])
    end_with((), 0, lang, fmt, waves=waves, before=[said])


@click.command()
@ROOT
@LANG
@click.option("--until", type=click.Choice(STAGES), default="render", help="Last stage to do.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, help="Steps at a time; 0 takes all cores.")
@click.pass_context
def build(ctx: click.Context, root: Path, lang: Lang, until: str, jobs: int) -> None:
    """Bring the panel, the models, the exhibits and the report up to date."""
    ctx.find_root().obj = lang
    root = root.resolve()
    start = time.perf_counter()
    from panel_eis import pipeline
    from panel_eis.progress import progress

    with progress() as say:
        outcome = pipeline.build(root, last=until, say=say, jobs=jobs)
    pipeline.write_log(root, outcome)
    rendered = until == STAGES[-1]
    told = _closing(outcome, time.perf_counter() - start, lang, rendered=rendered)
    if rendered:
        told += [
            f"  {name:<8} {path.relative_to(root)}" for name, path in pipeline.report_place(root).items()
        ]
    click.echo("\n".join(told))


_STAGES_FR = {
    "check": "contrôle",
    "panel": "panel",
    "models": "modèles",
    "exhibits": "figures et tableaux",
    "facts": "faits",
    "render": "mise en page",
}
_CLOSING: dict[Lang, dict[str, str]] = {
    "fr": {
        "fresh": "Tout est à jour ({total} étapes, {seconds}).",
        "done": "Étapes faites : {done} sur {total}, en {seconds} ({stages}).",
        "renderer": "Mise en page par {renderer}.",
    },
    "en": {
        "fresh": "Everything is up to date ({total} steps, {seconds}).",
        "done": "{done} of {total} steps done in {seconds}: {stages}.",
        "renderer": "Rendered with {renderer}.",
    },
}


def _closing(outcome: Any, seconds: float, lang: Lang, *, rendered: bool) -> list[str]:
    def length(spent: float) -> str:
        return f"{spent:.1f} s" if lang == "en" else f"{spent:.1f}\u00a0s".replace(".", ",")

    stages = ", ".join(
        f"{_STAGES_FR[stage] if lang == 'fr' else stage} {length(spent)}"
        for stage, spent in outcome.seconds.items()
    )
    words = {"done": str(len(outcome.done)), "total": str(outcome.total), "seconds": length(seconds)}
    words |= {"stages": stages, "renderer": outcome.renderer}
    told = ("done",) + ("renderer",) * rendered if outcome.done else ("fresh",)
    return [_CLOSING[lang][name].format_map(words) for name in told]


@click.command()
@ROOT
@LANG
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


@click.command()
@ROOT
def prepare(root: Path) -> None:
    """Write empty fragments where Quarto would miss them on a fresh clone."""
    from panel_eis.stages import prepare as write_missing

    write_missing(root.resolve())


@click.command()
@ROOT
@LANG
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


@click.command()
@ROOT
@LANG
@click.option("--edition", required=True, help="Name of the edition, such as 2027-03.")
@click.pass_context
def publish(ctx: click.Context, root: Path, lang: Lang, edition: str) -> None:
    """Keep this build's numbers as published, so that the next one says what moved."""
    ctx.find_root().obj = lang
    from panel_eis import pipeline, stages

    root = root.resolve()
    pipeline.build(root, last="facts", say=lambda *_: None)
    click.echo(stages.publish(root, edition).relative_to(root))
