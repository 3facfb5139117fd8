"""Commands about who is who: pseudonyms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panel_eis.cli.options import LANG, ROOT

if TYPE_CHECKING:
    from panel_eis.errors import Lang


@click.command()
@ROOT
@LANG
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The copy to write, such as data/waves/2027.csv; it must not exist.",
)
@click.option("--column", default="", help="Column of the SIREN or SIRET numbers; found when not given.")
@click.option(
    "--private",
    type=click.Path(file_okay=False, path_type=Path),
    default="private",
    help="Folder of the key and of the table of correspondence, which git must ignore.",
)
@click.option("--prefix", default="O", help="Letters before the pseudonym, one to four.")
@click.pass_context
def pseudonymise(  # noqa: PLR0917  # click passes them by name
    ctx: click.Context, root: Path, lang: Lang, file: Path, out: Path, column: str, private: Path, prefix: str
) -> None:
    """Write a copy of a wave FILE in which SIREN or SIRET numbers are stable pseudonyms; FILE is never changed.

    Columns of names, e-mail addresses and telephone numbers are left out of the copy. The key and the table that leads back
    from pseudonym to SIREN stay in a private folder, outside version control: save it, and give it to nobody.
    """
    ctx.find_root().obj = lang
    from panel_eis.errors import UsageError, report
    from panel_eis.pseudonyms import pseudonymise as make

    if (
        not (prefix.isascii() and prefix.isalpha() and prefix.isupper() and len(prefix) <= 4)
        or prefix == "SYN"
    ):
        raise UsageError("--prefix takes one to four capital letters, and SYN is kept for synthetic data.")
    root = root.resolve()
    done = make(file.resolve(), root / out, root / private, column=column, prefix=prefix)
    click.echo(_told(done, lang))
    if done.warnings:
        click.echo(report(done.warnings, lang), err=True)


_MENDED = {
    "float": ("« .0 » final retiré", "final “.0” removed"),
    "zero": ("zéro de tête rendu", "leading zero given back"),
    "scientific": ("notation scientifique développée", "scientific notation written out"),
}


def _told(done: Any, lang: Lang) -> str:
    french = lang == "fr"
    lines = [
        f"{done.path.name} : {done.rows} lignes, {done.organisations} organisations, dont {done.new} nouvelles"
        if french
        else f"{done.path.name}: {done.rows} rows, {done.organisations} organisations, {done.new} of them new"
    ]
    for state, count in done.mended.items():
        lines.append(f"  {count} × {_MENDED[state][0 if french else 1]}")
    if done.dropped:
        words = "colonnes retirées :" if french else "columns left out:"
        lines.append(f"  {words} {', '.join(done.dropped)}")
    return "\n".join(lines)
