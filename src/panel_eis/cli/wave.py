"""Commands that take a wave in: add, check, diff."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panel_eis.cli.options import FORMAT, LANG, ROOT, end_with

if TYPE_CHECKING:
    from panel_eis.errors import Lang
    from panel_eis.intake import Added, WaveCheck, WaveChecks

_SOURCES = ("plain", "excel", "limesurvey", "kobo", "odk", "qualtrics", "sphinx")
_MOST_SHOWN = 12


@click.group()
def wave() -> None:
    """Take a wave in: add its file, check it alone, compare it with another."""


@wave.command()
@ROOT
@LANG
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--wave", "name", required=True, help="Name of the wave: a year, such as 2027 or 2027b.")
@click.option("--source", type=click.Choice(_SOURCES), default=None, help="Survey tool that wrote the file.")
@click.option(
    "--replace", "replace_file", is_flag=True, help="Replace the file of that wave, if there is one."
)
@click.pass_context
def add(
    ctx: click.Context,
    *,
    root: Path,
    lang: Lang,
    file: Path,
    name: str,
    source: str | None,
    replace_file: bool,
) -> None:
    """Copy FILE to data/waves and draft its sidecar from the codebook; FILE itself stays as it is."""
    ctx.find_root().obj = lang
    from panel_eis.intake import add_wave

    root = root.resolve()
    added = add_wave(root, file, name, source=source or "", replace_file=replace_file)
    click.echo(_what_was_added(added, root, name, lang))


def _what_was_added(added: Added, root: Path, name: str, lang: Lang) -> str:
    words = {
        "fr": {
            "copied": "copié", "there": "déjà en place, inchangé", "kept": "gardé tel quel",
            "none": "Pas de .yml : le fichier est comme le codebook le dit.", "draft": "brouillon, ligne(s) sûre(s) : {n}",
            "left": "À décider dans ce fichier : {n}", "more": "… et {n} autres", "next": "Suite : ",
        },
        "en": {
            "copied": "copied", "there": "there already, unchanged", "kept": "kept as it was",
            "none": "No .yml: the file is as the codebook says.", "draft": "draft, sure line(s): {n}",
            "left": "To decide in that file: {n}", "more": "… and {n} more", "next": "Next: ",
        },
    }[lang]  # fmt: skip
    lines = [f"{added.path.relative_to(root)}  ({words['copied' if added.copied else 'there']})"]
    guesses = added.draft.guesses
    left = [g for g in guesses if not g.certain]
    if added.sidecar is None:
        lines.append(words["none"])
    else:
        said = words["kept"] if added.kept else words["draft"].format(n=len(guesses) - len(left))
        lines.append(f"{added.sidecar.relative_to(root)}  ({said})")
    if left:
        lines.append(words["left"].format(n=len(left)))
        for g in left[:_MOST_SHOWN]:
            target = f" → {g.value}" if g.value not in ("", g.key) else ""
            shown = "".join(c if c.isprintable() else " " for c in f"{g.key}{target}: {g.why[lang]}")
            lines.append(f"  {shown if len(shown) <= 76 else shown[:75] + '…'}")
        if len(left) > _MOST_SHOWN:
            lines.append("  " + words["more"].format(n=len(left) - _MOST_SHOWN))
    lines.append(f"{words['next']}panel-eis wave check {name}")
    return "\n".join(lines)


@wave.command()
@ROOT
@LANG
@FORMAT
@click.argument("names", nargs=-1, metavar="[WAVE]...")
@click.option(
    "--annotate",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Write a copy of the wave as a workbook, faulty cells coloured and commented, such as problems.xlsx.",
)
@click.pass_context
def check(
    ctx: click.Context, *, root: Path, lang: Lang, fmt: str, names: tuple[str, ...], annotate: Path | None
) -> None:
    """Check one wave, several or all, without building anything."""
    ctx.find_root().obj = lang, fmt
    from panel_eis.errors import DataError
    from panel_eis.intake import check_waves

    root = root.resolve()
    found = check_waves(root, names, rules=True)
    checks, problems = list(found.waves), found.problems
    copies = _annotated(root, found, annotate, lang) if annotate else []
    faulty = [c for c in checks if c.errors]
    code = DataError(problems).exit_code if any(p.severity == "error" for p in problems) else 0
    fine = [c.wave for c in checks if not c.errors]
    if fmt == "text":
        said = {c.wave: _summary(c, lang) for c in checks}
        note = _copy_note(faulty, copies, lang)
        end_with(problems, code, lang, fmt, waves=fine, before=list(said.values()), after=note)
    else:
        end_with(problems, code, lang, fmt, waves=fine)


_COUNTED: dict[Lang, dict[str, str]] = {
    "fr": {"error": "erreur", "answer": "réponse", "correction": "correction", "warning": "avertissement"},
    "en": {"error": "error", "answer": "answer", "correction": "correction", "warning": "warning"},
}


def _summary(checked: WaveCheck, lang: Lang) -> str:
    answers = 0 if checked.answers is None else len(checked.answers)
    warnings = sum(p.severity == "warning" for p in checked.problems)

    def count(n: int, what: str) -> str:
        return f"{n} {_COUNTED[lang][what]}{'s' * (n > 1 or (n == 0 and lang == 'en'))}"

    order = {"fr": "en ordre", "en": "in order"}[lang]
    said = count(len(checked.errors), "error") if checked.errors else f"{order}, {count(answers, 'answer')}"
    more = f"{count(checked.corrections, 'correction')}, {count(warnings, 'warning')}"
    return f"{checked.wave}{' :' if lang == 'fr' else ':'} {said}, {more}"


def _copy_note(faulty: list[WaveCheck], copies: list[Path], lang: Lang) -> list[str]:
    if copies:
        word = {"fr": "Copie annotée : ", "en": "Annotated copy: "}[lang]
        return [f"{word}{path}" for path in copies]
    if not faulty or any(p.unreadable for c in faulty for p in c.errors):
        return []
    name = faulty[0].wave
    how = f"panel-eis wave check {name} --annotate build/problems/{name}.xlsx"
    return [
        {
            "fr": f"Pour une copie aux cellules colorées : {how}",
            "en": f"For a copy with coloured cells: {how}",
        }[lang]
    ]


def _annotated(root: Path, found: WaveChecks, out: Path, lang: Lang) -> list[Path]:
    """Copies of the waves that have problems and can be read; one place takes one wave."""
    from panel_eis.codebook import read_codebook
    from panel_eis.errors import Problem, RequestError
    from panel_eis.intake import annotated_copy

    marked = [c for c in found.waves if c.problems and not any(p.unreadable for p in c.problems)]
    if len(marked) > 1:
        raise RequestError([Problem("E-COPY-SEVERAL", str(out), value=", ".join(c.wave for c in marked))])
    codebook = read_codebook(root / "data" / "codebook")
    return [annotated_copy(c.path, (*c.problems, *found.shared), out, codebook, lang) for c in marked]


@wave.command()
@ROOT
@LANG
@FORMAT
@click.argument("a")
@click.argument("b")
@click.option(
    "--threshold",
    type=click.FloatRange(min=0),
    default=0.2,
    show_default=True,
    help="Least standardised difference that is listed.",
)
@click.pass_context
def diff(ctx: click.Context, *, root: Path, lang: Lang, fmt: str, a: str, b: str, threshold: float) -> None:
    """Show what changed from wave A to wave B: questions, answers, organisations."""
    ctx.find_root().obj = lang, fmt
    from panel_eis.codebook import read_codebook
    from panel_eis.intake import compare_waves
    from panel_eis.intake.diff_text import as_text

    root = root.resolve()
    found = compare_waves(root, a, b, threshold)
    if fmt == "json":
        json.dump(found.as_dict(), sys.stdout, ensure_ascii=False, indent=1)
        click.echo()
    else:
        click.echo(as_text(found, read_codebook(root / "data" / "codebook"), lang))
