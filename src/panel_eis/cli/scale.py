"""Commands whose work is worth several cores or a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panel_eis.cli.options import LANG, ROOT

if TYPE_CHECKING:
    import pandas as pd

    from panel_eis.errors import Lang

_HEADS = {
    "fr": (
        "vagues",
        "organisations",
        "changent",
        "puissance",
        "type S",
        "type M",
        "détectable",
        "couverture",
    ),
    "en": ("waves", "organisations", "switchers", "power", "type S", "type M", "detectable", "coverage"),
}
_SENTENCES = {
    "fr": {
        "true": "{term} : association vraie {true:.2f} ; {draws} panels simulés par plan, erreur de simulation (…).",
        "needed": "Pour une puissance de 80 % : {list}.", "one": "{n:.0f} organisations avec {w} vagues",
    },
    "en": {
        "true": "{term}: true association {true:.2f}; {draws} simulated panels a design, simulation error (…).",
        "needed": "For a power of 80%: {list}.", "one": "{n:.0f} organisations with {w} waves",
    },
}  # fmt: skip


def _whole(_: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(
            f"whole numbers separated by commas, not {value!r}", param=parameter
        ) from error


@click.command()
@ROOT
@LANG
@click.option(
    "--organisations",
    default="100,200,400",
    callback=_whole,
    help="Answers at the first wave, comma-separated.",
)
@click.option("--waves", default="2,3,4", callback=_whole, help="Numbers of waves, comma-separated.")
@click.option("--draws", type=int, default=200, help="Simulated panels of each design.")
@click.option(
    "--effect",
    type=float,
    default=None,
    help="True association, in points or logits; by default the truth's.",
)
@click.option("--outcome", type=click.Choice(["score", "ladder"]), default="score", help="What is explained.")
@click.option("--term", default="federated_service", help="Tie that is told; the file has them all.")
@click.option("--seed", type=int, default=20211, help="Where chance starts.")
@click.option("--jobs", type=int, default=-1, help="Processes; -1 takes all cores. The numbers are the same.")
@click.option(
    "--scheduler", default=None, help="Address of a Dask scheduler, tcp://host:8786; needs panel-eis[dask]."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="Also write the table as CSV.",
)
@click.pass_context
def power(ctx: click.Context, root: Path, lang: Lang, *, term: str, jobs: int, **options: Any) -> None:
    """Say how many organisations and waves would be needed, by simulation from data/truth.yml.

    A run that was stopped goes on where it stopped.
    """
    ctx.find_root().obj = lang
    from panel_eis.errors import UsageError, did_you_mean
    from panel_eis.files import write_csv
    from panel_eis.parallel import Workers, forget
    from panel_eis.power import TIES, needed
    from panel_eis.power import power as simulate
    from panel_eis.synthetic import read_truth

    if term not in TIES:
        raise UsageError(f"no tie is called {term!r}.{did_you_mean(term, TIES)}")
    root = root.resolve()
    store = root / "build" / "parallel-power"
    out, workers = options.pop("out"), Workers(jobs, options.pop("scheduler"), store, "panels")
    table = simulate(read_truth(root / "data" / "truth.yml"), **options, workers=workers)
    if out is not None:
        write_csv(out, table, header_note="DONNÉES SYNTHÉTIQUES / SYNTHETIC DATA")
    click.echo(_told(table[table["term"] == term], needed(table, term), lang))
    forget(store)


def _told(rows: pd.DataFrame, enough: pd.DataFrame, lang: Lang) -> str:
    """The table of one tie, and how many organisations would do."""
    import pandas as pd

    words, first = _SENTENCES[lang], rows.iloc[0]
    lines = [
        (
            row.waves, row.organisations, f"{row.switchers:.0f}", f"{row.power:.2f} ({row.power_error:.2f})",
            f"{row.type_s:.2f}", f"{row.type_m:.1f} ({row.type_m_error:.1f})", f"{row.detectable:.2f}", f"{row.covered:.2f}",
        )
        for row in rows.itertuples()
    ]  # fmt: skip
    table = pd.DataFrame(lines, columns=list(_HEADS[lang])).to_string(index=False)
    listed = ", ".join(
        words["one"].format(n=row.organisations, w=row.waves) for row in enough.dropna().itertuples()
    )
    about = words["true"].format(term=first["term"], true=first["true"], draws=int(first["draws"]))
    return "\n".join([about, table, *([words["needed"].format(list=listed)] if listed else [])])
