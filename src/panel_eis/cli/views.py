"""The command that gives a table of the paper in another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from panel_eis.cli.options import ROOT, default_lang

if TYPE_CHECKING:
    from panel_eis.errors import Lang

_FORMATS = ("latex", "typst", "html", "markdown", "docx", "csv")


@click.command()
@ROOT
@click.option(
    "--lang",
    type=click.Choice(["fr", "en"]),
    default=default_lang,
    help="Language of the table and of messages.",
)
@click.option(
    "--format",
    "fmt",
    type=click.Choice(_FORMATS),
    default=None,
    help="Format; by default what the suffix of --output says, else markdown.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="File to write; the standard output by default.",
)
@click.option("--data", is_flag=True, help="The rows of the tidy file, not the table as the page shows it.")
@click.option("--standalone", is_flag=True, help="A whole document, not a piece to take into another.")
@click.argument("label")
@click.pass_context
def table(  # noqa: PLR0917  # click passes them by name
    ctx: click.Context, root: Path, lang: Lang, fmt: str | None, output: Path | None, data: bool,
    standalone: bool, label: str,
) -> None:  # fmt: skip
    """Give a table of the paper, or the data of a figure, as LaTeX, Typst, HTML, Markdown, Word or CSV.

    Caption and notes come with it. What was built last is given: see panel-eis why.
    """
    ctx.find_root().obj = lang
    from panel_eis.errors import UsageError
    from panel_eis.files import write_bytes
    from panel_eis.pieces import KINDS
    from panel_eis.views import view

    suffixes = {kind.suffix: name for name, kind in KINDS.items()} | {"csv": "csv"}
    fmt = fmt or suffixes.get(output.suffix[1:].lower() if output else "md")
    if fmt is None:
        raise UsageError(f"{output} does not say its format: give --format.")
    if fmt == "docx" and output is None:
        raise UsageError("A Word document is no text for a screen: say where it goes with --output.")
    content = view(root.resolve(), label, fmt, lang, data=data, standalone=standalone)
    if output is None:
        click.echo(content, nl=False)
    else:
        write_bytes(output, content)
        click.echo(output)
